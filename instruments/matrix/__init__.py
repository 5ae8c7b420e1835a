"""Many sheets at once, item by item; equal to the single sheet row by row."""
