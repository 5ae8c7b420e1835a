"""Pages of campaigns, consents and sittings."""
