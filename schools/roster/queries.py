"""What the roster import reads: the students there are, and the imports that were made."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, defer

from accounts.policy import Actor, Permission
from schools import klass_names
from schools.models import (
    Grade,
    Guardian,
    Klass,
    Organisation,
    OrganisationKind,
    RosterImport,
    RosterRow,
    Student,
    StudentIdentifier,
    StudentStatus,
)
from schools.queries import within
from schools.roster.rules import Kind, Known, Place

IMPORTERS = (OrganisationKind.SCHOOL, OrganisationKind.COUNTY)


def organisations_to_import_for(actor: Actor) -> Select[Organisation]:
    """Schools, and counties with their schools, whose roster he may import."""
    return (
        select(Organisation)
        .where(
            Organisation.kind.in_([kind.value for kind in IMPORTERS]),
            Organisation.active,
            within(actor, Permission.ROSTER_IMPORT),
        )
        .order_by(Organisation.path)
    )


def imports_visible_to(actor: Actor) -> Select[RosterImport, Organisation]:
    """Imports of his own organisations, newest first: a county never reads a school's own file."""
    return (
        select(RosterImport, Organisation)
        .join(Organisation, Organisation.id == RosterImport.organisation_id)
        .where(RosterImport.organisation_id.in_(actor.organisations(Permission.ROSTER_IMPORT)))
        .order_by(RosterImport.id.desc())
    )


def schools_of(session: Session, organisation: Organisation) -> list[Organisation]:
    """The school itself, or the schools below a county."""
    return list(
        session.scalars(
            select(Organisation)
            .where(
                Organisation.kind == OrganisationKind.SCHOOL.value,
                Organisation.active,
                Organisation.path.startswith(organisation.path),
            )
            .order_by(Organisation.id)
        )
    )


def known_students(session: Session, school_ids: Collection[int]) -> dict[int, list[Known]]:
    """Every student of the schools, also those who left, by school."""
    numbers = _identifiers(session, school_ids)
    guardians = _guardians(session, school_ids)
    rows = session.execute(
        select(
            Student.id,
            Student.school_id,
            Student.version,
            Student.name,
            Student.sex,
            Student.birth_date,
            Student.student_number,
            Student.boarding,
            Student.status,
            Grade.name,
            Klass.name,
        )
        .join(Klass, Klass.id == Student.klass_id)
        .join(Grade, Grade.id == Klass.grade_id)
        .where(Student.school_id.in_(school_ids))
        .order_by(Student.id)
    )
    found: dict[int, list[Known]] = defaultdict(list)
    for (
        identity,
        school_id,
        version,
        name,
        sex,
        born,
        number,
        boarding,
        status,
        grade,
        klass,
    ) in rows:
        found[school_id].append(
            Known(
                id=identity,
                version=version,
                place=klass_names.split(grade, klass),
                name=name,
                sex=sex,
                birth_date=born.isoformat() if born else None,
                student_number=number,
                boarding=boarding,
                enrolled=status == StudentStatus.ENROLLED.value,
                identifiers=numbers.get(identity, {}),
                guardians=tuple(guardians.get(identity, ())),
                place_name=f"{grade} {klass}",
            )
        )
    return found


def _identifiers(session: Session, school_ids: Collection[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    rows = session.execute(
        select(StudentIdentifier.student_id, StudentIdentifier.kind, StudentIdentifier.value)
        .join(Student, Student.id == StudentIdentifier.student_id)
        .where(Student.school_id.in_(school_ids))
    )
    for student_id, kind, value in rows:
        found[student_id][kind] = value
    return found


def _guardians(
    session: Session, school_ids: Collection[int]
) -> dict[int, list[tuple[str, str, str]]]:
    found: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    rows = session.execute(
        select(Guardian.student_id, Guardian.name, Guardian.relation, Guardian.phone)
        .join(Student, Student.id == Guardian.student_id)
        .where(Student.school_id.in_(school_ids))
        .order_by(Guardian.id)
    )
    for student_id, name, relation, phone in rows:
        found[student_id].append((name, relation, phone or ""))
    return found


def klass_ids(session: Session, school_ids: Collection[int]) -> dict[tuple[int, Place], int]:
    """Class ids by school and by how klass_names compares them; an active class wins."""
    rows = session.execute(
        select(Klass.id, Klass.school_id, Grade.name, Klass.name)
        .join(Grade, Grade.id == Klass.grade_id)
        .where(Klass.school_id.in_(school_ids))
        .order_by(Klass.active, Klass.id)
    )
    return {
        (school_id, klass_names.split(grade, klass)): identity
        for identity, school_id, grade, klass in rows
    }


def rows_of(import_id: int, kind: str = "", school_id: int | None = None) -> Select[RosterRow]:
    """The rows of an import, of one kind or of all, in file order."""
    query = select(RosterRow).where(RosterRow.import_id == import_id)
    if kind:
        query = query.where(RosterRow.kind == kind)
    if school_id:
        query = query.where(RosterRow.school_id == school_id)
    return query.order_by(RosterRow.row_number, RosterRow.id)


def problems_first(rows: Select[RosterRow]) -> Select[RosterRow]:
    """For a person to look through: what he must act on, then what happens, then who is missing."""
    turn = {Kind.REFUSED.value: 0, Kind.DUPLICATE.value: 1, Kind.LEAVING.value: 3}
    return rows.order_by(None).order_by(case(turn, value=RosterRow.kind, else_=2), RosterRow.id)


def row_ids(
    session: Session, import_id: int, kinds: Sequence[str], done: str | None
) -> Sequence[int]:
    """Ids of the rows of these kinds that ended so (None: wait), as they were stored.

    They were stored school by school, so that a slice of them touches few schools.
    """
    return session.scalars(
        select(RosterRow.id)
        .where(
            RosterRow.import_id == import_id,
            RosterRow.kind.in_(kinds),
            RosterRow.done.is_(done) if done is None else RosterRow.done == done,
        )
        .order_by(RosterRow.id)
    ).all()


def rows_with(ids: Sequence[int], done: str | None) -> Select[RosterRow]:
    """The rows of a slice, those that still ended so, locked against a second run."""
    return (
        select(RosterRow)
        .options(defer(RosterRow.cells))
        .where(
            RosterRow.id.in_(ids),
            RosterRow.done.is_(done) if done is None else RosterRow.done == done,
        )
        .order_by(RosterRow.id)
        .with_for_update()
    )


def new_students(import_id: int) -> Select[int | None]:
    """Ids of the students that an import added."""
    return select(RosterRow.student_id).where(
        RosterRow.import_id == import_id,
        RosterRow.kind == Kind.NEW.value,
        RosterRow.done == "done",
    )


def done_counts(session: Session, import_id: int) -> dict[str, int]:
    """How many rows ended how: done, review, undone, kept; None counts as waiting."""
    rows: Any = session.execute(
        select(RosterRow.done, func.count())
        .where(RosterRow.import_id == import_id)
        .group_by(RosterRow.done)
    ).all()
    return {done or "waiting": number for done, number in rows}
