"""Pages of reports, regions and exports."""
