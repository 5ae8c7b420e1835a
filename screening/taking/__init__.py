"""Answering: drafts, the crisis rule, submit, scoring, the pages of the phone."""
