"""Pairings and contact logs as an actor may fetch them."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from accounts.policy import Actor, Permission, Role
from schools.models import Guardian, Klass, StaffRole, Student, StudentStatus
from schools.queries import schools_within
from screening.league.queries import CONTACTS
from screening.models import ContactLog, ContactPairing


def pairings_visible_to(actor: Actor) -> Select[ContactPairing]:
    """Pairings of the schools whose pairings he makes, branch by branch."""
    return (
        select(ContactPairing)
        .options(joinedload(ContactPairing.student).joinedload(Student.klass))
        .where(
            ContactPairing.school_id.in_(schools_within(actor, Permission.PAIRING_EDIT)),
            ContactPairing.ended_at.is_(None),
        )
        .order_by(ContactPairing.branch_id, ContactPairing.id)
    )


def contacts_visible_to(actor: Actor) -> Select[StaffRole]:
    """Branch contacts, grown up or not, of the schools whose pairings he makes."""
    return (
        select(StaffRole)
        .where(
            StaffRole.organisation_id.in_(schools_within(actor, Permission.PAIRING_EDIT)),
            StaffRole.role.in_(CONTACTS),
            StaffRole.branch_id.is_not(None),
            StaffRole.ended_at.is_(None),
        )
        .order_by(StaffRole.organisation_id, StaffRole.branch_id, StaffRole.id)
    )


def members_visible_to(actor: Actor) -> Select[StaffRole]:
    """Committee members of these schools: the contacts who are fellow students."""
    return contacts_visible_to(actor).where(StaffRole.role == Role.BRANCH_CONTACT.value)


def own_pairings(actor: Actor) -> Select[ContactPairing]:
    """Those with whom this person keeps company, as long as he is a contact of the branch."""
    branches = actor.branch_ids(Permission.CARE_TASK_DO)
    return (
        select(ContactPairing)
        .options(joinedload(ContactPairing.student).joinedload(Student.klass))
        .where(
            ContactPairing.member_user_id == actor.user_id,
            ContactPairing.branch_id.in_(branches),
            ContactPairing.ended_at.is_(None),
        )
        .order_by(ContactPairing.id)
    )


def own_logs(actor: Actor) -> Select[ContactLog]:
    """His own last entries."""
    return (
        select(ContactLog)
        .where(ContactLog.by_user_id == actor.user_id)
        .order_by(ContactLog.id.desc())
        .limit(20)
    )


def students_of_branch(branch_id: int | None) -> Select[Student]:
    """Enrolled students of the classes of a branch, by name."""
    return (
        select(Student)
        .join(Klass, Klass.id == Student.klass_id)
        .options(joinedload(Student.klass))
        .where(Klass.branch_id == branch_id, Student.status == StudentStatus.ENROLLED.value)
        .order_by(Student.name, Student.id)
    )


def share_a_guardian(session: Session, one: int, other: int) -> bool:
    """Whether two students seem to be siblings: a guardian's number stands with both."""
    rows = session.scalars(select(Guardian).where(Guardian.student_id.in_([one, other]))).all()
    phones: dict[int, set[str]] = {one: set(), other: set()}
    for guardian in rows:
        if guardian.phone:
            phones[guardian.student_id].add(guardian.phone)
    return bool(phones[one] & phones[other])
