"""Beginning a school year: classes go up with their people, the last ones graduate; and back."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from accounts import actions as account_actions
from accounts.policy import Actor
from foundation import audit, clock
from foundation.database import hold
from foundation.i18n import _
from foundation.problems import Refused, WrongState
from schools import actions
from schools.models import (
    Grade,
    Klass,
    Organisation,
    SchoolYearStart,
    StaffRole,
    Student,
    StudentStatus,
)
from schools.year import queries, rules

ENROLLED, GRADUATED = StudentStatus.ENROLLED.value, StudentStatus.GRADUATED.value


def start(
    session: Session,
    *,
    by: Actor,
    school: Organisation,
    year: int,
    grades: Mapping[int, str],
    klasses: Collection[int],
) -> SchoolYearStart:
    """Move every class up as chosen; whoever sat in a graduating one has graduated.

    `grades` gives each grade its next name, rules.STAY or rules.GRADUATE; `klasses` are classes
    of departments that graduate. Everything that hangs on a class goes with it: homeroom teacher,
    branch, pairings, campaigns. Nothing is deleted, and no case or alert is closed.
    """
    school = hold(session, Organisation, school.id)
    if not queries.is_due(session, school.id, year):
        raise WrongState(_("本校不用升级：这个学年已经升过，或者学生都是这个学年录入的。"), ())
    lines = queries.plan(session, school, year)
    chosen = [(line, grades.get(line.grade.id, rules.STAY)) for line in lines]
    _check(session, school, chosen, year)
    gone = _graduating(chosen, klasses)
    changes = {
        "grades": _rename(session, chosen, year),
        "klasses": sorted(gone),
        "students": _graduate(session, gone),
        "roles": _end_roles(session, by, gone),
    }
    made = SchoolYearStart(
        school_id=school.id,
        school_year=rules.label(year),
        changes=changes,
        done_by=by.ref,
        done_at=clock.now(),
    )
    session.add(made)
    session.flush()
    _audited(session, by, made, "school_year.started")
    return made


Chosen = Sequence[tuple[queries.Line, str]]


def _check(session: Session, school: Organisation, chosen: Chosen, year: int) -> None:
    for line, choice in chosen:
        if choice not in {rules.STAY, rules.GRADUATE, line.fate.next_name}:
            raise Refused(_("请为每个年级选择升级、不变或毕业。"), f"grade-{line.grade.id}")
    moving = {line.grade.id for line, _choice in chosen}
    others = session.scalars(
        select(Grade.name).where(Grade.school_id == school.id, Grade.id.not_in(moving))
    )
    names = [_new_name(line.grade.name, choice, year) for line, choice in chosen]
    twice = rules.clashes([*others, *names])
    if twice:
        raise Refused(
            _("升级后会有两个年级都叫“%(name)s”，请改选。", name="、".join(sorted(twice))), "grades"
        )


def _new_name(name: str, choice: str, year: int) -> str:
    if choice == rules.GRADUATE:
        return rules.graduated_name(name, year)
    return name if choice == rules.STAY else choice


def _graduating(chosen: Chosen, klasses: Collection[int]) -> set[int]:
    return {
        klass.id
        for line, choice in chosen
        for klass, _size in line.klasses
        if choice == rules.GRADUATE or (line.grade.department and klass.id in klasses)
    }


def _rename(session: Session, chosen: Chosen, year: int) -> list[list[Any]]:
    """Two grades never bear one name, not even in between: each takes a name of its own first."""
    changed: list[list[Any]] = [
        [line.grade.id, line.grade.name, _new_name(line.grade.name, choice, year)]
        for line, choice in chosen
    ]
    changed = [each for each in changed if each[1] != each[2]]
    _put_names(session, [(grade_id, after) for grade_id, _before, after in changed])
    return changed


def _put_names(session: Session, names: Sequence[tuple[int, str]]) -> None:
    for interim in (True, False):
        for grade_id, name in names:
            grade = session.get_one(Grade, grade_id)
            grade.name = f"\x1f{grade_id}" if interim else name
        session.flush()


def _graduate(session: Session, klasses: Collection[int]) -> list[int]:
    session.execute(update(Klass).where(Klass.id.in_(klasses)).values(active=False))
    ids = session.scalars(
        select(Student.id)
        .where(Student.klass_id.in_(klasses), Student.status == ENROLLED)
        .order_by(Student.id)
    ).all()
    session.execute(
        update(Student)
        .where(Student.klass_id.in_(klasses), Student.status == ENROLLED)
        .values(status=GRADUATED, version=Student.version + 1)
    )
    return list(ids)


def _end_roles(session: Session, by: Actor, klasses: Collection[int]) -> list[int]:
    """Roles for a class that graduated, for a branch without a class, or held by a graduate."""
    left = select(Klass.branch_id).where(Klass.active, Klass.branch_id.is_not(None))
    branches = select(Klass.branch_id).where(Klass.id.in_(klasses), Klass.branch_id.not_in(left))
    graduates = select(Student.id).where(Student.klass_id.in_(klasses), Student.status == GRADUATED)
    held = session.scalars(
        select(StaffRole).where(
            StaffRole.ended_at.is_(None),
            or_(
                StaffRole.klass_id.in_(klasses),
                StaffRole.branch_id.in_(branches),
                StaffRole.student_id.in_(graduates),
            ),
        )
    ).unique()
    ended = []
    for role in held:
        actions.end_role(session, by=by, held=role)
        account_actions.end_sessions(session, by=by, user_id=role.user_id)
        ended.append(role.id)
    return ended


def take_back(session: Session, *, by: Actor, made: SchoolYearStart) -> None:
    """Everything as it was, while no class of the new year has taken a name that comes back."""
    made = hold(session, SchoolYearStart, made.id)
    if made.undone_at is not None or clock.now() > made.done_at + rules.UNDO_FOR:
        raise WrongState(_("升级只能在 7 天内撤销一次。"), ())
    _check_names_are_free(session, made)
    _put_names(session, [(grade_id, before) for grade_id, before, _after in made.changes["grades"]])
    session.execute(update(Klass).where(Klass.id.in_(made.changes["klasses"])).values(active=True))
    session.execute(
        update(Student)
        .where(
            Student.klass_id.in_(made.changes["klasses"]),
            Student.status == GRADUATED,
            Student.id.in_(made.changes["students"]),
        )
        .values(status=ENROLLED, version=Student.version + 1)
    )
    for role in session.scalars(
        select(StaffRole).where(StaffRole.id.in_(made.changes["roles"]))
    ).unique():
        role.ended_at = None
        account_actions.end_sessions(session, by=by, user_id=role.user_id)
    made.undone_at, made.undone_by = clock.now(), by.ref
    _audited(session, by, made, "school_year.taken_back")


def _check_names_are_free(session: Session, made: SchoolYearStart) -> None:
    before = {name for _grade, name, _after in made.changes["grades"]}
    moved = [grade_id for grade_id, _name, _after in made.changes["grades"]]
    taken = session.scalars(
        select(Grade.name).where(
            Grade.school_id == made.school_id, Grade.name.in_(before), Grade.id.not_in(moved)
        )
    ).all()
    if taken:
        raise Refused(
            _(
                "不能撤销：新学年的“%(name)s”已经建立。请先撤销那次名单导入。",
                name="、".join(sorted(taken)),
            )
        )


def _audited(session: Session, by: Actor, made: SchoolYearStart, event: str) -> None:
    audit.record(
        session,
        event,
        by=by.ref,
        organisation_id=made.school_id,
        subject=f"school_year_start:{made.id}",
        details={
            "year": made.school_year,
            "classes": len(made.changes["klasses"]),
            "students": len(made.changes["students"]),
            "roles": len(made.changes["roles"]),
        },
    )
