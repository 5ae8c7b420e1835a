"""Whether answers were given with care: one sheet at submit, a whole campaign afterwards."""
