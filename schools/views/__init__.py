"""Pages of rosters, students, classes, staff, terms and organisations."""

from schools.views import organisations, roster, staff, students
from schools.views.blueprint import bp

__all__ = ["bp", "organisations", "roster", "staff", "students"]
