"""One table of answers in, every statistic that applies out; `python -m instruments analyse`."""
