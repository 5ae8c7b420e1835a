"""The duty chain of a school, falling upward to the county and beyond when it is empty."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased

from accounts.models import User
from foundation import push
from schools.duty import rules as duty
from schools.models import DutySlot, Organisation, OrganisationKind, StaffRole
from schools.queries import ancestors


@dataclass(frozen=True)
class OnDuty:
    """Who is called, in order, and the organisation that answers for it."""

    organisation: Organisation
    user_ids: tuple[int, ...]


def slots_of(session: Session, organisation_id: int) -> list[duty.Slot]:
    """The weekly slots of one organisation as plain values: of those who still work there."""
    rows = session.scalars(
        select(DutySlot)
        .join(Organisation, Organisation.id == DutySlot.organisation_id)
        .join(User, User.id == DutySlot.user_id)
        .where(DutySlot.organisation_id == organisation_id, User.active, _still_there())
        .order_by(DutySlot.position, DutySlot.id)
    )
    return [_plain(row) for row in rows]


def _plain(row: DutySlot) -> duty.Slot:
    return duty.Slot(
        row.user_id,
        row.position,
        row.weekdays,
        row.starts_at,
        row.ends_at,
        row.valid_from,
        row.valid_to,
    )


def _still_there() -> ColumnElement[bool]:
    """He holds a role there, below or above: who has left is not called any more.

    A region may be backed by somebody of another place, such as the city's desk.
    """
    role, place = aliased(StaffRole), aliased(Organisation)
    near = or_(
        place.path.startswith(Organisation.path),
        Organisation.path.startswith(place.path),
        Organisation.kind != OrganisationKind.SCHOOL.value,
    )
    held = select(role.id).join(place, place.id == role.organisation_id)
    return held.where(role.user_id == DutySlot.user_id, role.ended_at.is_(None), near).exists()


def chain(session: Session, organisation_id: int) -> list[tuple[Organisation, list[duty.Slot]]]:
    """The organisation and everything above it with their slots, nearest first."""
    return [(each, slots_of(session, each.id)) for each in ancestors(session, organisation_id)]


def on_duty(session: Session, organisation_id: int, moment: datetime) -> OnDuty | None:
    """The nearest organisation, going up, that has somebody on duty at the moment."""
    for organisation, slots in chain(session, organisation_id):
        found = duty.on_duty(slots, moment)
        if found:
            return OnDuty(organisation, tuple(found))
    return None


def silent(session: Session, organisation_id: int) -> list[DutySlot]:
    """Slots here and above whose person no message reaches, one of each person: nobody wakes him."""
    ids = [organisation.id for organisation in ancestors(session, organisation_id)]
    slots = session.scalars(
        select(DutySlot)
        .join(User, User.id == DutySlot.user_id)
        .where(DutySlot.organisation_id.in_(ids), User.active)
        .order_by(DutySlot.organisation_id.desc(), DutySlot.position, DutySlot.id)
    ).unique()
    first = {slot.user_id: slot for slot in reversed(list(slots))}
    heard = push.reached(session, first)
    return [slot for user_id, slot in first.items() if user_id not in heard][::-1]


def is_silent(session: Session, user_id: int | None) -> bool:
    """Whether somebody is on a weekly duty and has no way to be told."""
    if user_id is None or push.reached(session, [user_id]):
        return False
    return (
        session.scalar(select(DutySlot.id).where(DutySlot.user_id == user_id).limit(1)) is not None
    )


def whole_chain(session: Session, organisation_id: int) -> list[duty.Slot]:
    """All slots of the organisation and above: what covers a window when the school sleeps."""
    return [slot for _organisation, slots in chain(session, organisation_id) for slot in slots]


def without(session: Session, slot: DutySlot) -> list[duty.Slot]:
    """The whole chain as it would be without this slot."""
    left = whole_chain(session, slot.organisation_id)
    left.remove(_plain(slot))
    return left
