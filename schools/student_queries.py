"""Finding students by name, pinyin or number, and what stands on a student's page."""

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission
from schools.models import (
    Guardian,
    Klass,
    Organisation,
    StaffRole,
    Student,
    StudentIdentifier,
    StudentStatus,
)
from schools.names import normalised
from schools.queries import klasses_visible_to, students_visible_to


def fits(words: str) -> ColumnElement[bool]:
    """Students whose name, pinyin, initials or number fit what was typed."""
    name = normalised(words)
    plain = name.lower().replace(" ", "")
    return or_(
        Student.name.contains(name, autoescape=True),
        Student.pinyin.startswith(plain, autoescape=True),
        Student.initials.startswith(plain, autoescape=True),
        Student.student_number.startswith(name.upper(), autoescape=True),
    )


def search(
    actor: Actor, words: str = "", klass_id: int | None = None, *, left: bool = False
) -> Select[Student]:
    """Students he may see whose name, pinyin, initials or number fit; enrolled ones unless `left`."""
    query = students_visible_to(actor)
    enrolled = Student.status == StudentStatus.ENROLLED.value
    query = query.where(~enrolled if left else enrolled)
    if words.strip():
        query = query.where(fits(words))
    if klass_id:
        query = query.where(Student.klass_id == klass_id)
    return query.order_by(Student.school_id, Student.klass_id, Student.student_number, Student.id)


def klasses_with_sizes(actor: Actor) -> Select[Klass, int]:
    """Classes he may see, each with the number of its enrolled students."""
    size = (
        select(func.count())
        .select_from(Student)
        .where(Student.klass_id == Klass.id, Student.status == StudentStatus.ENROLLED.value)
        .correlate(Klass)
        .scalar_subquery()
    )
    return klasses_visible_to(actor, Permission.STUDENT_VIEW).add_columns(size)


def school_names(session: Session, school_ids: set[int]) -> dict[int, str]:
    """Names of the schools, by id."""
    rows = session.execute(
        select(Organisation.id, Organisation.name).where(Organisation.id.in_(school_ids))
    )
    return {row.id: row.name for row in rows}


def school_path(session: Session, school_id: int) -> str:
    """Where a school hangs in the tree."""
    return session.get_one(Organisation, school_id).path


def guardians_of(student_id: int) -> Select[Guardian]:
    """The guardians of a student, in the order they were entered."""
    return select(Guardian).where(Guardian.student_id == student_id).order_by(Guardian.id)


def student_numbers(session: Session, student_id: int) -> dict[str, str]:
    """His official numbers in full."""
    rows = session.scalars(
        select(StudentIdentifier).where(StudentIdentifier.student_id == student_id)
    )
    return {row.kind: row.value for row in rows}


def identifiers_of(session: Session, student_id: int) -> dict[str, str]:
    """His official numbers, of which only the ends are shown."""
    numbers = student_numbers(session, student_id)
    return {kind: value[:3] + "…" + value[-4:] for kind, value in numbers.items()}


def staff_of_klass(klass: Klass) -> Select[StaffRole]:
    """The current roles that are narrowed to the class or to its branch."""
    narrowed = StaffRole.klass_id == klass.id
    if klass.branch_id is not None:
        narrowed = or_(narrowed, StaffRole.branch_id == klass.branch_id)
    return (
        select(StaffRole)
        .where(StaffRole.organisation_id == klass.school_id, StaffRole.ended_at.is_(None), narrowed)
        .order_by(StaffRole.role, StaffRole.id)
    )
