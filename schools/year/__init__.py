"""The new school year: classes go up with their people, the last ones graduate."""
