"""Pages of the screening domain, one blueprint per area."""
