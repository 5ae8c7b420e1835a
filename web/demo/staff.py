"""The people of the demo with their roles, duty hours and passwords."""

from dataclasses import dataclass
from datetime import time
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import passwords
from accounts.actions import add_user
from accounts.models import User
from accounts.policy import Role
from foundation import push
from schools.actions import add_duty, grant_role
from schools.models import Klass, Organisation, OrganisationKind, Student
from web.demo.district import BY, SCHOOLS
from web.demo.names import generator, person

PASSWORD = "demo-heart-bridge-2026"  # noqa: S105 - printed at every start of a demo
PER_SCHOOL = (
    Role.COUNSELOR,
    Role.SCHOOL_LEAD,
    Role.SCHOOL_ADMIN,
    Role.LEAGUE_SECRETARY,
    Role.DUTY_PERSON,
)
PER_PLACE: tuple[tuple[str, Role], ...] = (
    ("990101", Role.COUNTY_VIEWER),
    ("990102", Role.COUNTY_VIEWER),
    ("990201", Role.COUNTY_VIEWER),
    ("990202", Role.COUNTY_VIEWER),
    ("990100", Role.CITY_VIEWER),
    ("990200", Role.CITY_VIEWER),
    ("990000", Role.PROVINCE_VIEWER),
    ("990000", Role.SYSTEM_ADMIN),
    ("990000", Role.SECURITY_ADMIN),
    ("990000", Role.AUDIT_ADMIN),
    ("H990101", Role.HOSPITAL_CONTACT),
    ("H990201", Role.HOSPITAL_CONTACT),
)

# One click leads to the first account of a role: to the desk that has the calls of the demo.
FIRST_DESK = "D990100"


@dataclass(frozen=True)
class Account:
    """One line of demo-accounts.tsv."""

    role: Role
    username: str
    organisation: str


def hire(session: Session, places: dict[str, Organisation]) -> list[Account]:
    """Everybody who needs no class: per school, per region, per hospital and desk."""
    accounts = []
    for school in SCHOOLS:
        accounts += [_account(session, places[school.code], role) for role in PER_SCHOOL]
    # a second counselor where there is most to do, so that work can be handed over
    accounts.append(_account(session, places["9901010002"], Role.COUNSELOR, suffix="2"))
    accounts.append(_account(session, places["9901010002"], Role.SUPERVISING_COUNSELOR))
    accounts += [_account(session, places[code], role) for code, role in PER_PLACE]
    desks = [place for place in places.values() if place.kind == OrganisationKind.DESK]
    for place in sorted(desks, key=lambda desk: desk.code != FIRST_DESK):
        accounts.append(_account(session, place, Role.OPERATOR))
        accounts.append(_account(session, place, Role.SUPERVISOR))
    _duty(session, places)
    return accounts


def _account(
    session: Session, place: Organisation, role: Role, *, suffix: str = "", **narrow: int | None
) -> Account:
    username = f"{role.value}-{place.code}{suffix}".lower()
    user = add_user(
        session,
        by=BY,
        username=username,
        name=person(generator(username)),
        password=None,
        demo=True,
    )
    user.password_hash = _hash()
    grant_role(session, by=BY, user=user, organisation=place, role=role, **narrow)
    return Account(role, username, place.name)


@cache
def _hash() -> str:
    """One hash for all: they share a printed password, and each hash costs half a second."""
    return passwords.hashed(PASSWORD)


def _duty(session: Session, places: dict[str, Organisation]) -> None:
    for school in SCHOOLS:
        place = places[school.code]
        for position, role in enumerate((Role.COUNSELOR, Role.DUTY_PERSON), start=1):
            _on_duty(session, place, role, position, time(7), time(22))
    for place in places.values():
        if place.kind == OrganisationKind.DESK:
            for position, role in enumerate((Role.OPERATOR, Role.SUPERVISOR), start=1):
                _on_duty(session, place, role, position, time(0), time(0))
    # at night the county's desk backs every school of the county
    for code in ("990101", "990102", "990201", "990202"):
        desk = places[f"D{code}"]
        for position, role in enumerate((Role.OPERATOR, Role.SUPERVISOR), start=1):
            _on_duty(session, desk, role, position, time(0), time(0), at=places[code])


def _on_duty(
    session: Session,
    place: Organisation,
    role: Role,
    position: int,
    starts_at: time,
    ends_at: time,
    *,
    at: Organisation | None = None,
) -> None:
    username = f"{role.value}-{place.code}".lower()
    user = session.scalars(select(User).where(User.username == username)).one()
    if not push.reached(session, [user.id]):
        address = f"{username}@demo.invalid"  # a demo sends nothing to anybody
        push.add_channel(session, by=BY.ref, user_id=user.id, kind=push.EMAIL, address=address)
    add_duty(
        session,
        by=BY,
        organisation=at or place,
        user=user,
        position=position,
        starts_at=starts_at,
        ends_at=ends_at,
    )


def appoint(session: Session, places: dict[str, Organisation]) -> list[Account]:
    """Homeroom teachers and branch contacts of the first classes of every school.

    A university's branch has an adult adviser, the other schools' a fellow student.
    """
    accounts = []
    for school in SCHOOLS:
        place = places[school.code]
        klasses = session.scalars(
            select(Klass).where(Klass.school_id == place.id).order_by(Klass.id).limit(3)
        ).all()
        for number, klass in enumerate(klasses, start=1):
            accounts.append(
                _account(session, place, Role.HOMEROOM, suffix=f"-{number}", klass_id=klass.id)
            )
            accounts.append(_contact(session, place, klass, number))
    return accounts


def _contact(session: Session, place: Organisation, klass: Klass, number: int) -> Account:
    if place.stage == "higher":
        return _account(
            session, place, Role.BRANCH_ADVISER, suffix=f"-{number}", branch_id=klass.branch_id
        )
    fellow = session.scalars(
        select(Student).where(Student.klass_id == klass.id).order_by(Student.id).limit(1)
    ).one()
    return _account(
        session,
        place,
        Role.BRANCH_CONTACT,
        suffix=f"-{number}",
        branch_id=klass.branch_id,
        student_id=fellow.id,
    )
