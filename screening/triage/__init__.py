"""Alerts and cases: raised, owned, reviewed, levelled, handed over, cleared."""
