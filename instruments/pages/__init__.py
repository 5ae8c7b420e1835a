"""The catalogue as static pages, written from the data."""
