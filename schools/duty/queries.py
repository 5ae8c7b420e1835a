"""The duty chain of a school, falling upward to the county and beyond when it is empty."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from schools.duty import rules as duty
from schools.models import DutySlot, Organisation
from schools.queries import ancestors


@dataclass(frozen=True)
class OnDuty:
    """Who is called, in order, and the organisation that answers for it."""

    organisation: Organisation
    user_ids: tuple[int, ...]


def slots_of(session: Session, organisation_id: int) -> list[duty.Slot]:
    """The weekly slots of one organisation as plain values."""
    rows = session.scalars(
        select(DutySlot)
        .where(DutySlot.organisation_id == organisation_id)
        .order_by(DutySlot.position, DutySlot.id)
    )
    return [
        duty.Slot(
            row.user_id,
            row.position,
            row.weekdays,
            row.starts_at,
            row.ends_at,
            row.valid_from,
            row.valid_to,
        )
        for row in rows
    ]


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


def whole_chain(session: Session, organisation_id: int) -> list[duty.Slot]:
    """All slots of the organisation and above: what covers a window when the school sleeps."""
    return [slot for _organisation, slots in chain(session, organisation_id) for slot in slots]
