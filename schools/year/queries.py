"""A school before its next year: its grades with what would become of them, and who would go."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation import clock
from schools import klass_names
from schools.models import Grade, Klass, Organisation, SchoolYearStart, Student, StudentStatus
from schools.year import rules


@dataclass(frozen=True)
class Line:
    """One grade: its active classes with how many sit in each, and what is proposed for it."""

    grade: Grade
    klasses: tuple[tuple[Klass, int], ...]
    fate: rules.Fate
    leaving: frozenset[int] = frozenset()  # classes of a department whose years are over

    @property
    def students(self) -> int:
        return sum(size for _klass, size in self.klasses)


def plan(session: Session, school: Organisation, year: int) -> list[Line]:
    """Every grade with active classes, in the order of the ladder."""
    size = (
        select(func.count())
        .where(Student.klass_id == Klass.id, Student.status == StudentStatus.ENROLLED.value)
        .correlate(Klass)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Klass, size).where(Klass.school_id == school.id, Klass.active).order_by(Klass.id)
    ).all()
    by_grade: dict[int, list[tuple[Klass, int]]] = {}
    for klass, number in rows:
        by_grade.setdefault(klass.grade_id, []).append((klass, number))
    lines = [_line(klasses, str(school.stage), year) for klasses in by_grade.values()]
    return sorted(lines, key=lambda line: klass_names.grade_place(line.grade.name))


def _line(klasses: list[tuple[Klass, int]], stage: str, year: int) -> Line:
    grade = klasses[0][0].grade
    if grade.department:
        done = frozenset(k.id for k, _size in klasses if rules.over(k.name, stage, year))
        return Line(grade, tuple(klasses), rules.Fate(rules.STAY), done)
    return Line(grade, tuple(klasses), rules.fate(grade.name, stage, year))


def standing(session: Session, school_id: int, year: int) -> SchoolYearStart | None:
    """The start of this year, if the school has made it and not taken it back."""
    return session.scalars(
        select(SchoolYearStart).where(
            SchoolYearStart.school_id == school_id,
            SchoolYearStart.school_year == rules.label(year),
            SchoolYearStart.undone_at.is_(None),
        )
    ).first()


def is_due(session: Session, school_id: int, year: int) -> bool:
    """Whether its classes are still those of the year before: students older than this June."""
    if standing(session, school_id, year) is not None:
        return False
    first = session.scalar(
        select(func.min(Student.created_at)).where(
            Student.school_id == school_id, Student.status == StudentStatus.ENROLLED.value
        )
    )
    return first is not None and first < _june(year)


def _june(year: int) -> datetime:
    return datetime(year, rules.FIRST_MONTH, 1, tzinfo=clock.SHANGHAI)
