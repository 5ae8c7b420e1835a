"""Taking a carried-out roster back within seven days, unless students already have answers."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Column, Table, delete, select
from sqlalchemy.orm import Session

from accounts.models import Invitation
from accounts.policy import Actor
from foundation import audit, clock
from foundation.database import Model, hold, reading, writing
from foundation.i18n import _
from foundation.problems import Refused, WrongState
from schools.models import (
    Branch,
    Grade,
    Guardian,
    Klass,
    RosterImport,
    RosterRow,
    Student,
    StudentIdentifier,
)
from schools.roster import commit as roster_commit
from schools.roster import queries as roster_queries
from schools.roster.actions import sliced
from schools.roster.rules import Kind

UNDO_FOR = timedelta(days=7)
OWN_TABLES = frozenset({"student_identifier", "guardian"})


def undo(*, by: Actor, import_id: int) -> None:
    """Take back a whole import.

    New students are removed, the others get back what they had; a student changed since stays
    as he is now. Raises WrongState when it is too late, Refused when a new student already has
    answers, alerts or any other record.
    """
    with writing() as session:
        made = hold(session, RosterImport, import_id)
        _check_time(made)
        found = session.scalars(roster_queries.new_students(import_id))
        new = [student_id for student_id in found if student_id]
        held = sum(len(with_records(session, part)) for part in sliced(new, 500))
        if held:
            raise Refused(_("不能撤销：有 %(n)s 名新学生已经有问卷、关注或其他记录。", n=held))
    _take_back(by, import_id)


def _check_time(made: RosterImport) -> None:
    if made.state != "committed" or made.committed_at is None:
        raise WrongState(_("只有已经执行的导入可以撤销。"), ())
    if clock.now() > made.committed_at + UNDO_FOR:
        raise WrongState(_("已经超过 7 天，不能撤销了。"), ())


def _references(target: str) -> Iterator[tuple[Table, Column[Any]]]:
    """Every column that points to a row of this kind, asked of the tables themselves."""
    for table in Model.metadata.sorted_tables:
        for column in table.columns:
            if any(key.target_fullname == target for key in column.foreign_keys):
                yield table, column


def with_records(session: Session, student_ids: Collection[int]) -> set[int]:
    """The students who already have a record of any kind beyond the roster."""
    found: set[int] = set()
    for table, column in _references("student.id"):
        if table.name in OWN_TABLES:
            continue
        found.update(session.scalars(select(column).where(column.in_(student_ids)).distinct()))
    return found


def _take_back(by: Actor, import_id: int) -> None:
    with reading() as session:
        ids = roster_queries.row_ids(session, import_id, roster_commit.ACTING, "done")
    for part in sliced(ids, roster_commit.SLICE):
        with writing() as session:
            rows = session.scalars(roster_queries.rows_with(part, "done")).all()
            _remove(session, [row for row in rows if row.kind == Kind.NEW])
            for row in rows:
                if row.kind != Kind.NEW:
                    row.done = _restore(session, row)
    with writing() as session:
        _finish(session, by=by, import_id=import_id)


def _remove(session: Session, rows: Sequence[RosterRow]) -> None:
    ids = [row.student_id for row in rows if row.student_id]
    untouched = select(Student.id).where(Student.id.in_(ids), Student.version == 1)
    free = set(session.scalars(untouched)) - with_records(session, ids)
    session.execute(delete(Student).where(Student.id.in_(free)))
    for row in rows:
        row.done = "undone" if row.student_id in free else "kept"


def _restore(session: Session, row: RosterRow) -> str:
    student = session.get(Student, row.student_id)
    if student is None or student.version != row.student_version:
        return "kept"
    before = row.before
    student.klass_id, student.status = before["klass_id"], before["status"]
    for name in roster_commit.PLAIN:
        setattr(student, name, before[name])
    born = before["birth_date"]
    student.birth_date = date.fromisoformat(born) if born else None
    if student.name != before["name"]:
        roster_commit.rename(student, before["name"])
    _restore_numbers(session, row)
    if "guardians" in before:
        _restore_guardians(session, student.id, before["guardians"])
    student.version += 1
    return "undone"


def _restore_numbers(session: Session, row: RosterRow) -> None:
    for kind in roster_commit.IDENTIFIERS:
        if kind not in row.wanted.get("changes", ()):
            continue
        if row.before.get(kind):
            roster_commit.put_identifier(session, row.student_id or 0, kind, row.before[kind])
        else:
            session.execute(
                delete(StudentIdentifier).where(
                    StudentIdentifier.student_id == row.student_id, StudentIdentifier.kind == kind
                )
            )


def _restore_guardians(session: Session, student_id: int, before: list[dict[str, Any]]) -> None:
    old = {person["id"]: person for person in before}
    for guardian in session.scalars(select(Guardian).where(Guardian.student_id == student_id)):
        person = old.get(guardian.id)
        if person is None:
            session.delete(guardian)
        else:
            guardian.relation, guardian.phone = person["relation"], person["phone"]


def _close(session: Session, klass_id: int) -> None:
    """Remove a class that the import opened, its branch and its grade, where nothing needs them."""
    klass = session.get(Klass, klass_id)
    if klass is None or in_use(session, "klass.id", klass_id):
        return
    grade_id, branch_id = klass.grade_id, klass.branch_id
    session.delete(klass)
    session.flush()
    if branch_id is not None and not in_use(session, "branch.id", branch_id):
        session.execute(delete(Branch).where(Branch.id == branch_id))
    if not in_use(session, "grade.id", grade_id):
        session.execute(delete(Grade).where(Grade.id == grade_id))


def in_use(session: Session, target: str, number: int) -> set[str]:
    """The tables with a row that points to this one."""
    found = {
        table.name
        for table, column in _references(target)
        if session.scalar(select(column).where(column == number).limit(1)) is not None
    }
    # an invitation names its class or branch without a key: accounts knows nothing of schools
    named = {"klass.id": Invitation.klass_id, "branch.id": Invitation.branch_id}
    if target in named:
        asked = select(Invitation.id).where(named[target] == number).limit(1)
        found |= {"staff_role"} if session.scalar(asked) is not None else set()
    return found


def klasses_kept(session: Session, made: RosterImport) -> list[tuple[Klass, set[str]]]:
    """Classes that an import which was taken back had opened and that stay, with who needs them."""
    if made.state != "undone":
        return []
    ids = roster_commit.opened_by(made)
    klasses = session.scalars(select(Klass).where(Klass.id.in_(ids)).order_by(Klass.id))
    return [(klass, in_use(session, "klass.id", klass.id)) for klass in klasses]


def _finish(session: Session, *, by: Actor, import_id: int) -> None:
    made = hold(session, RosterImport, import_id)
    if made.state == "undone":
        return
    for klass_id in roster_commit.opened_by(made):
        _close(session, klass_id)
    made.state, made.undone_at = "undone", clock.now()
    audit.record(
        session,
        "roster.undone",
        by=by.ref,
        organisation_id=made.organisation_id,
        subject=f"roster_import:{made.id}",
    )
