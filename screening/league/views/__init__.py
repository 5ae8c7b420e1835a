"""Pages of branch contacts and the League secretary."""
