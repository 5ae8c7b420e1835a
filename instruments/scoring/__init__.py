"""One sheet: its scores, bands and flags with reasons, and the crisis rule of one saved answer."""
