"""A school's own list of students: read, compared, previewed, carried out, undone."""
