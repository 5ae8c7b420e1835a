"""Reports and exports: figures, words, PDF, tables."""
