"""Staff, open invitations and the places a role can be narrowed to."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from accounts.models import Invitation
from accounts.policy import Actor, Permission
from foundation import clock
from schools.models import Branch, Grade, Klass, Organisation, StaffRole, Student
from schools.queries import staff_visible_to, within


def organisations_to_staff(actor: Actor) -> Select[Organisation]:
    """Organisations in which he may appoint people, in tree order."""
    return (
        select(Organisation)
        .where(Organisation.active, within(actor, Permission.STAFF_GRANT))
        .order_by(Organisation.path)
    )


def staff(actor: Actor, organisation_id: int | None = None) -> Select[StaffRole]:
    """Current roles of the organisations whose staff he may see, or of one of them."""
    query = staff_visible_to(actor)
    if organisation_id:
        query = query.where(StaffRole.organisation_id == organisation_id)
    return query


def role_to_end(actor: Actor, role_id: int) -> Select[StaffRole]:
    """A current role that he may end."""
    return staff_visible_to(actor).where(
        StaffRole.id == role_id, within(actor, Permission.STAFF_GRANT)
    )


def open_invitations(actor: Actor) -> Select[Invitation]:
    """Invitations of his organisations that can still be used."""
    places = select(Organisation.id).where(within(actor, Permission.STAFF_GRANT))
    return (
        select(Invitation)
        .where(
            Invitation.organisation_id.in_(places),
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.expires_at > clock.now(),
        )
        .order_by(Invitation.id.desc())
    )


def places_of(session: Session, school_ids: list[int]) -> list[tuple[str, str]]:
    """Classes and branches as choices: ("klass:3", "七年级 1班"), ("branch:5", "…团支部")."""
    klasses = session.execute(
        select(Klass.id, Grade.name, Klass.name)
        .join(Grade, Grade.id == Klass.grade_id)
        .where(Klass.school_id.in_(school_ids), Klass.active)
        .order_by(Grade.name, Klass.name)
    )
    branches = session.execute(
        select(Branch.id, Branch.name).where(Branch.school_id.in_(school_ids)).order_by(Branch.name)
    )
    return [(f"klass:{identity}", f"{grade} {name}") for identity, grade, name in klasses] + [
        (f"branch:{identity}", name) for identity, name in branches
    ]


def place_names(
    session: Session, klass_ids: set[int], branch_ids: set[int]
) -> tuple[dict[int, str], dict[int, str]]:
    """Names of classes and of branches, by id."""
    klasses = session.execute(
        select(Klass.id, Grade.name, Klass.name)
        .join(Grade, Grade.id == Klass.grade_id)
        .where(Klass.id.in_(klass_ids))
    )
    branches = session.execute(select(Branch.id, Branch.name).where(Branch.id.in_(branch_ids)))
    return (
        {identity: f"{grade} {name}" for identity, grade, name in klasses},
        {row.id: row.name for row in branches},
    )


def student_numbered(session: Session, school_id: int, number: str) -> Student | None:
    """The student of a school with that number."""
    return session.scalars(
        select(Student).where(Student.school_id == school_id, Student.student_number == number)
    ).first()
