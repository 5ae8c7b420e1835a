"""Pages of alerts, cases and handovers."""
