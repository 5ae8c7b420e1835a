"""What people can do to the organisation tree, terms, classes, roles and duty."""

from datetime import date, time

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.policy import EXCLUSIVE_ADMINS, Actor, Role
from foundation import audit, clock
from foundation.i18n import _
from foundation.problems import Refused
from schools.models import (
    Branch,
    DutySlot,
    Grade,
    Klass,
    Organisation,
    OrganisationKind,
    StaffRole,
    Stage,
    Term,
)


def add_organisation(
    session: Session,
    *,
    by: Actor,
    parent: Organisation | None,
    kind: OrganisationKind,
    name: str,
    code: str,
    stage: Stage | None = None,
    phone: str | None = None,
) -> Organisation:
    """Hang a new organisation under its parent; its path is its place in the tree."""
    if session.scalar(select(Organisation.id).where(Organisation.code == code)):
        raise Refused(_("代码 %(code)s 已经有机构在用，请核对。", code=code), "code")
    organisation = Organisation(
        parent_id=parent.id if parent else None,
        kind=kind.value,
        path=f"new:{code}",
        code=code,
        name=name,
        stage=stage.value if stage else None,
        phone=phone,
    )
    session.add(organisation)
    session.flush()
    organisation.path = f"{parent.path if parent else '/'}{organisation.id}/"
    session.flush()
    audit.record(
        session,
        "organisation.added",
        by=by.ref,
        organisation_id=organisation.id,
        subject=f"organisation:{organisation.id}",
    )
    return organisation


def add_term(
    session: Session,
    *,
    by: Actor,
    organisation: Organisation,
    school_year: str,
    number: int,
    starts_on: date,
    ends_on: date,
) -> Term:
    """Set one term of a school year for an organisation and all below it."""
    if starts_on >= ends_on:
        raise Refused(_("学期的结束日期要在开始日期之后。"), "ends_on")
    same = select(Term.id).where(
        Term.organisation_id == organisation.id,
        Term.school_year == school_year,
        Term.number == number,
    )
    if session.scalar(same):
        raise Refused(_("这个学期已经有了。"), "number")
    term = Term(
        organisation_id=organisation.id,
        school_year=school_year,
        number=number,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    session.add(term)
    session.flush()
    audit.record(
        session,
        "term.added",
        by=by.ref,
        organisation_id=organisation.id,
        subject=f"term:{term.id}",
    )
    return term


def add_klass(
    session: Session,
    *,
    by: Actor,
    school: Organisation,
    grade_name: str,
    name: str,
    entry_year: int | None = None,
    department: bool = False,
    branch_name: str | None = None,
) -> Klass:
    """Open a class, its grade or department and its League branch where they are new."""
    grade = _grade(session, school, grade_name, entry_year, department=department)
    branch = _branch(session, school, branch_name) if branch_name else None
    klass = Klass(
        school_id=school.id,
        grade_id=grade.id,
        name=name,
        branch_id=branch.id if branch else None,
    )
    session.add(klass)
    session.flush()
    audit.record(
        session, "klass.added", by=by.ref, organisation_id=school.id, subject=f"klass:{klass.id}"
    )
    return klass


def _grade(
    session: Session,
    school: Organisation,
    name: str,
    entry_year: int | None,
    *,
    department: bool,
) -> Grade:
    found = session.scalars(
        select(Grade).where(Grade.school_id == school.id, Grade.name == name)
    ).first()
    if found:
        return found
    grade = Grade(school_id=school.id, name=name, entry_year=entry_year, department=department)
    session.add(grade)
    session.flush()
    return grade


def _branch(session: Session, school: Organisation, name: str) -> Branch:
    found = session.scalars(
        select(Branch).where(Branch.school_id == school.id, Branch.name == name)
    ).first()
    if found:
        return found
    branch = Branch(school_id=school.id, name=name)
    session.add(branch)
    session.flush()
    return branch


def grant_role(
    session: Session,
    *,
    by: Actor,
    user: User,
    organisation: Organisation,
    role: Role,
    klass_id: int | None = None,
    branch_id: int | None = None,
    student_id: int | None = None,
) -> StaffRole:
    """Let a person hold a role; nobody grants one to himself, and one person is one administrator."""
    if by.user_id == user.id:
        raise Refused(_("不能给自己授予角色，请由另一位管理员办理。"), "user")
    if role in EXCLUSIVE_ADMINS and _is_an_admin(session, user.id):
        raise Refused(_("系统、安全、审计三种管理员不能由同一个人担任。"), "role")
    held = StaffRole(
        user_id=user.id,
        organisation_id=organisation.id,
        role=role.value,
        klass_id=klass_id,
        branch_id=branch_id,
        student_id=student_id,
        granted_by=by.ref,
        granted_at=clock.now(),
    )
    session.add(held)
    try:
        session.flush()
    except IntegrityError as error:
        raise Refused(_("系统、安全、审计三种管理员不能由同一个人担任。"), "role") from error
    audit.record(
        session,
        "role.granted",
        by=by.ref,
        organisation_id=organisation.id,
        subject=f"user:{user.id}",
        details={"role": role.value},
    )
    return held


def _is_an_admin(session: Session, user_id: int) -> bool:
    admins = [role.value for role in EXCLUSIVE_ADMINS]
    held = select(StaffRole.id).where(
        StaffRole.user_id == user_id, StaffRole.role.in_(admins), StaffRole.ended_at.is_(None)
    )
    return session.scalar(held.limit(1)) is not None


def end_role(session: Session, *, by: Actor, held: StaffRole) -> None:
    """End a role today; the person's sessions are ended by the caller's sign-out of that user."""
    if held.ended_at is not None:
        raise Refused(_("这个角色已经结束。"))
    held.ended_at = clock.now()
    audit.record(
        session,
        "role.ended",
        by=by.ref,
        organisation_id=held.organisation_id,
        subject=f"user:{held.user_id}",
        details={"role": held.role},
    )


def add_duty(
    session: Session,
    *,
    by: Actor,
    organisation: Organisation,
    user: User,
    position: int,
    starts_at: time,
    ends_at: time,
    weekdays: int = 127,
) -> DutySlot:
    """Put a person on an organisation's weekly duty; equal hours mean the whole day."""
    slot = DutySlot(
        organisation_id=organisation.id,
        user_id=user.id,
        position=position,
        weekdays=weekdays,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    session.add(slot)
    session.flush()
    audit.record(
        session,
        "duty.added",
        by=by.ref,
        organisation_id=organisation.id,
        subject=f"duty:{slot.id}",
    )
    return slot


def end_duty(session: Session, *, by: Actor, slot: DutySlot) -> None:
    """Take a slot off the weekly duty."""
    audit.record(
        session,
        "duty.ended",
        by=by.ref,
        organisation_id=slot.organisation_id,
        subject=f"duty:{slot.id}",
    )
    session.delete(slot)
