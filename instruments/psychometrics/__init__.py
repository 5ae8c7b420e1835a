"""Statistics for a district analyst, from reliability to small cells: arrays in, values out."""
