"""What an actor may fetch of organisations, classes, students and staff."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from accounts.models import User
from accounts.policy import GRANTS, Actor, Held, Permission, Role
from schools.models import (
    Branch,
    Grade,
    Klass,
    Organisation,
    OrganisationKind,
    StaffRole,
    Student,
)


def within(actor: Actor, permission: Permission) -> ColumnElement[bool]:
    """Organisations in which he holds the permission, as a condition on Organisation."""
    paths = {held.path for held in actor.holding(permission)}
    if not paths:
        return false()
    return or_(*(Organisation.path.startswith(path) for path in sorted(paths)))


def schools_within(actor: Actor, permission: Permission) -> Select[int]:
    """Ids of the organisations in which he holds the permission for the whole organisation."""
    paths = actor.paths(permission)
    if not paths:
        return select(Organisation.id).where(false())
    return select(Organisation.id).where(or_(*(Organisation.path.startswith(p) for p in paths)))


def in_scope(
    actor: Actor,
    permission: Permission,
    *,
    school: InstrumentedAttribute[int],
    klass: InstrumentedAttribute[int] | None = None,
) -> ColumnElement[bool]:
    """Condition on a table with a school (and class) column: rows that he may fetch.

    A role held for a whole organisation reaches all below it; one narrowed to a class or a branch
    reaches that class, and nothing where the table has no class column.
    """
    conditions: list[ColumnElement[bool]] = []
    if actor.paths(permission):
        conditions.append(school.in_(schools_within(actor, permission)))
    if klass is not None:
        conditions.append(klass.in_(_narrow_klasses(actor, permission)))
    return or_(*conditions) if conditions else false()


def _narrow_klasses(actor: Actor, permission: Permission) -> Select[int]:
    ids, branches = actor.klass_ids(permission), actor.branch_ids(permission)
    return select(Klass.id).where(or_(Klass.id.in_(ids), Klass.branch_id.in_(branches)))


def _not_himself(actor: Actor) -> ColumnElement[bool]:
    return Student.id.not_in(actor.own_student_ids)


def organisations_visible_to(
    actor: Actor, permission: Permission = Permission.ORGANISATION_VIEW
) -> Select[Organisation]:
    """Organisations of his subtree, in tree order."""
    return select(Organisation).where(within(actor, permission)).order_by(Organisation.path)


def schools_visible_to(actor: Actor, permission: Permission) -> Select[Organisation]:
    """Schools in which he holds the permission, by name."""
    return (
        select(Organisation)
        .where(Organisation.kind == OrganisationKind.SCHOOL, within(actor, permission))
        .order_by(Organisation.name)
    )


def klasses_visible_to(actor: Actor, permission: Permission) -> Select[Klass]:
    """Classes that he reaches with the permission, in grade order."""
    return (
        select(Klass)
        .join(Grade)
        .where(in_scope(actor, permission, school=Klass.school_id, klass=Klass.id))
        .order_by(Klass.school_id, Grade.id, Klass.id)
    )


def students_visible_to(
    actor: Actor, permission: Permission = Permission.STUDENT_VIEW
) -> Select[Student]:
    """Students that he reaches with the permission, never himself."""
    return (
        select(Student)
        .options(joinedload(Student.klass))
        .where(
            in_scope(actor, permission, school=Student.school_id, klass=Student.klass_id),
            _not_himself(actor),
        )
    )


def staff_visible_to(actor: Actor) -> Select[StaffRole]:
    """Current staff roles of the organisations whose staff he may see."""
    return (
        select(StaffRole)
        .join(Organisation, Organisation.id == StaffRole.organisation_id)
        .where(StaffRole.ended_at.is_(None), within(actor, Permission.STAFF_VIEW))
        .order_by(Organisation.path, StaffRole.role, StaffRole.id)
    )


def held_by(session: Session, user_id: int) -> tuple[Held, ...]:
    """The roles that a user holds now."""
    rows = session.execute(
        select(StaffRole, Organisation.path)
        .join(Organisation, Organisation.id == StaffRole.organisation_id)
        .where(StaffRole.user_id == user_id, StaffRole.ended_at.is_(None))
        .order_by(StaffRole.id)
    ).all()
    return tuple(_held(role, path) for role, path in rows)


def _held(role: StaffRole, path: str) -> Held:
    return Held(
        role=Role(role.role),
        organisation_id=role.organisation_id,
        path=path,
        klass_id=role.klass_id,
        branch_id=role.branch_id,
        student_id=role.student_id,
    )


def actor_of(session: Session, user: User) -> Actor:
    """The actor that a signed-in user is, with everything he holds."""
    return Actor.person(user.id, user.name, held_by(session, user.id))


def able_to(
    session: Session, organisation_id: int, permission: Permission, *, but: Actor
) -> list[int]:
    """Who else may do it there: those to tell when one person opens what another has to decide."""
    roles = [role.value for role in Role if permission in GRANTS[role]]
    found = staff_of(session, organisation_id, roles)
    return [user.id for user in found if user.id != but.user_id]


def staff_of(
    session: Session,
    organisation_id: int,
    roles: Sequence[str],
    *,
    klass_id: int | None = None,
    branch_id: int | None = None,
) -> list[User]:
    """Active users who hold one of the roles there; narrowed roles only for their class or branch."""
    narrow = and_(
        or_(StaffRole.klass_id.is_(None), StaffRole.klass_id == klass_id),
        or_(StaffRole.branch_id.is_(None), StaffRole.branch_id == branch_id),
    )
    return list(
        session.scalars(
            select(User)
            .join(StaffRole, StaffRole.user_id == User.id)
            .where(
                StaffRole.organisation_id == organisation_id,
                StaffRole.role.in_(roles),
                StaffRole.ended_at.is_(None),
                User.active,
                narrow,
            )
            .order_by(User.id)
            .distinct()
        )
    )


def ancestors(session: Session, organisation_id: int) -> list[Organisation]:
    """The organisation and everything above it, nearest first."""
    path = session.scalar(select(Organisation.path).where(Organisation.id == organisation_id))
    ids = [int(part) for part in (path or "").strip("/").split("/") if part]
    rows = session.scalars(select(Organisation).where(Organisation.id.in_(ids))).all()
    return sorted(rows, key=lambda organisation: -len(organisation.path))


def able(
    session: Session, school_id: int, roles: Sequence[str], users: Iterable[int | None]
) -> set[int]:
    """Those of the users who hold one of the roles today, at the school or above it."""
    above = [organisation.id for organisation in ancestors(session, school_id)]
    found = select(StaffRole.user_id).where(
        StaffRole.user_id.in_([user for user in users if user is not None]),
        StaffRole.organisation_id.in_(above),
        StaffRole.role.in_(roles),
        StaffRole.ended_at.is_(None),
    )
    return set(session.scalars(found))


def branches_of(school_id: int) -> Select[Branch]:
    """The branches of a school, by name."""
    return select(Branch).where(Branch.school_id == school_id).order_by(Branch.name)
