"""Who is on duty: rotas, hours, and the way upward when nobody is."""
