"""Campaigns, sittings, taking, responses, triage, alerts, concerns, cases and plans, reports."""
