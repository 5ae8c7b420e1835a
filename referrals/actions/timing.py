"""Clock rows: events are appended, the due time follows from them, targets come from settings."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import clock
from referrals.clocks import Basis, Face, Kind, Limits, Mark, What, check, read
from referrals.models import Clock
from schools import settings
from schools.calendar_queries import workday_overrides
from schools.workdays import Calendar

UNITS = {"min": 1, "h": 60, "d": 24 * 60}
# Whole working days count for these; office hours for the other business clocks.
WHOLE_DAYS = (Kind.HOSPITAL_DECISION, Kind.HOSPITAL_FEEDBACK)
ALL_DAY = ((time.min, time.min),)


def minutes_of(session: Session, organisation_id: int, key: str) -> int:
    """A clock setting in minutes; the unit is the last part of its key (min, h, d)."""
    value = settings.value(session, organisation_id, key)
    return int(value) * UNITS[key.rsplit("_", 1)[1]]


def start(
    session: Session,
    *,
    subject: str,
    kind: str,
    organisation_id: int,
    key: str,
    basis: Basis = Basis.WALL,
    at: datetime | None = None,
) -> Clock:
    """Start a clock at `at` (now when None) with the target of the setting `key`.

    A clock of this subject and kind that runs already is returned as it is: it never starts anew.
    """
    found = of(session, subject, kind)
    if found is not None:
        return found
    moment = at or clock.now()
    target = minutes_of(session, organisation_id, key)
    row = Clock(
        subject=subject,
        kind=kind,
        target_minutes=target,
        basis=basis.value,
        source=f"{key}: {settings.DEFAULTS[key].source}"[:200],
        events=[_event(Mark(What.START, moment, timedelta(minutes=target)))],
        started_at=moment,
        due_at=moment,
    )
    row.due_at = face(session, row, organisation_id).due_at
    session.add(row)
    session.flush()
    return row


def of(session: Session, subject: str, kind: str) -> Clock | None:
    """The clock of this subject and kind."""
    return session.scalars(
        select(Clock).where(Clock.subject == subject, Clock.kind == str(kind))
    ).first()


def add(session: Session, row: Clock, mark: Mark, organisation_id: int) -> None:
    """Append one event; what this kind of clock must not have done to it is refused."""
    check(_kind(row), mark)
    row.events = [*row.events, _event(mark)]
    if mark.what is What.RETARGET and mark.target is not None:
        row.target_minutes = mark.target // timedelta(minutes=1)
    row.due_at = face(session, row, organisation_id).due_at


def stop(
    session: Session, subject: str, kind: str, organisation_id: int, *, void: bool = False
) -> None:
    """Stop a running clock: met, breach, or void when the matter itself went away."""
    row = of(session, subject, kind)
    if row is None or row.stopped_at is not None:
        return
    moment = clock.now()
    add(session, row, Mark(What.STOP, moment), organisation_id)
    row.stopped_at = moment
    late = face(session, row, organisation_id).breached
    row.result = "void" if void else "breach" if late else "met"


def stop_all(session: Session, subject: str, organisation_id: int, *, void: bool) -> None:
    """Stop whatever still runs for the subject."""
    running = select(Clock.kind).where(Clock.subject == subject, Clock.stopped_at.is_(None))
    for kind in session.scalars(running).all():
        stop(session, subject, kind, organisation_id, void=void)


def face(session: Session, row: Clock, organisation_id: int) -> Face:
    """What the clock shows now."""
    business = row.basis == Basis.BUSINESS.value
    calendar = calendar_of(session, organisation_id, _kind(row)) if business else None
    limits = Limits(
        timedelta(minutes=minutes_of(session, organisation_id, "clock.pause_cap_h")),
        timedelta(minutes=minutes_of(session, organisation_id, "clock.pause_total_h")),
    )
    return read([_mark(event) for event in row.events], clock.now(), calendar, limits)


def calendar_of(session: Session, organisation_id: int, kind: Kind) -> Calendar:
    """The working time of a unit: its own days off and on, then those of the regions above."""
    days = workday_overrides(session, organisation_id)
    return Calendar(ALL_DAY, days) if kind in WHOLE_DAYS else Calendar(overrides=days)


def _kind(row: Clock) -> Kind:
    return Kind(row.kind.split(".")[0])


def _event(mark: Mark) -> dict[str, Any]:
    return {
        "what": mark.what.value,
        "at": mark.at.isoformat(),
        "target": mark.target // timedelta(minutes=1) if mark.target is not None else None,
        "until": mark.until.isoformat() if mark.until is not None else None,
    }


def _mark(event: Mapping[str, Any]) -> Mark:
    target, until = event.get("target"), event.get("until")
    return Mark(
        What(event["what"]),
        datetime.fromisoformat(event["at"]),
        timedelta(minutes=target) if target is not None else None,
        datetime.fromisoformat(until) if until else None,
    )
