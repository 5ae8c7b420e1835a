"""Organisation tree, schools, terms, classes, branches, students, guardians, staff, roster."""
