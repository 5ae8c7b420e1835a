"""Pages of rosters, students, classes, staff, terms and organisations."""

from schools.views import organisations, roster, staff, student_edit, students, year
from schools.views import settings as rules
from schools.views.blueprint import bp

__all__ = ["bp", "organisations", "roster", "rules", "staff", "student_edit", "students", "year"]
