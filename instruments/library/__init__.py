"""What a scale is, how its files are read, found and checked, and whose text may be shown."""
