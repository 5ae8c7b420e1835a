"""Clock rows: events are appended, the due time follows from them, targets come from settings."""

from collections.abc import Mapping, Sequence
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
WHOLE_DAYS = (
    Kind.HOSPITAL_DECISION,
    Kind.HOSPITAL_FEEDBACK,
    Kind.SCHOOL_ANSWER,
    Kind.CASE_REPLY,
    Kind.CONSULT_REPLY,
)
ALL_DAY = ((time.min, time.min),)
# A decision waits for the school's answer until a day that the pause itself names.
NO_CAP = Limits(timedelta(days=365), timedelta(days=365))
EVERYWHERE = 0


def minutes_of(session: Session, organisation_id: int, key: str) -> int:
    """A clock setting in minutes; the unit is the last part of its key (min, h, d)."""
    value = settings.value(session, organisation_id, key)
    return int(value) * UNITS[key.rsplit("_", 1)[1]]


def span(session: Session, organisation_id: int, key: str) -> timedelta:
    """A clock setting as a span of time."""
    return timedelta(minutes=minutes_of(session, organisation_id, key))


def start(
    session: Session,
    *,
    subject: str,
    kind: str,
    organisation_id: int,
    key: str,
    basis: Basis = Basis.WALL,
    at: datetime | None = None,
    rules_of: int | None = None,
) -> Clock:
    """Start a clock at `at` (now when None) with the target of the setting `key`.

    The setting is that of `rules_of`, else of the organisation whose working time counts.
    A clock of this subject and kind that runs already is returned as it is: it never starts anew.
    """
    found = of(session, subject, kind)
    if found is not None:
        return found
    moment = at or clock.now()
    rule_of = rules_of or organisation_id
    target = minutes_of(session, rule_of, key)
    row = Clock(
        subject=subject,
        kind=kind,
        organisation_id=organisation_id,
        target_minutes=target,
        basis=basis.value,
        source=f"{key}: {settings.in_force(session, rule_of, key).source}"[:200],
        events=[_event(Mark(What.START, moment, timedelta(minutes=target)))],
        started_at=moment,
        due_at=moment,
    )
    row.due_at = face(session, row).due_at
    session.add(row)
    session.flush()
    return row


def of(session: Session, subject: str, kind: str) -> Clock | None:
    """The clock of this subject and kind."""
    return session.scalars(
        select(Clock).where(Clock.subject == subject, Clock.kind == str(kind))
    ).first()


def running(session: Session, subject: str, kind: Kind | None = None) -> Sequence[Clock]:
    """The clocks of a subject that run, of one kind or all, the next due first."""
    rows = (
        select(Clock)
        .where(Clock.subject == subject, Clock.stopped_at.is_(None))
        .order_by(Clock.due_at)
    )
    return [row for row in session.scalars(rows) if kind in (None, kind_of(row))]


def fresh_name(session: Session, subject: str, kind: Kind) -> str:
    """A name for one more clock of a kind: those that ran before keep theirs."""
    before = session.scalars(select(Clock).where(Clock.subject == subject))
    count = sum(kind_of(row) is kind for row in before)
    return f"{kind}.{count}" if count else kind.value


def add(session: Session, row: Clock, mark: Mark) -> None:
    """Append one event; what this kind of clock must not have done to it is refused."""
    check(kind_of(row), mark)
    row.events = [*row.events, _event(mark)]
    if mark.what is What.RETARGET and mark.target is not None:
        row.target_minutes = mark.target // timedelta(minutes=1)
    row.due_at = face(session, row).due_at


def stop(session: Session, subject: str, kind: Kind | None = None, *, void: bool = False) -> None:
    """Stop what runs, of one kind or all: met, breach, or void when the matter went away."""
    for row in running(session, subject, kind):
        moment = clock.now()
        add(session, row, Mark(What.STOP, moment))
        row.stopped_at = moment
        late = face(session, row).breached
        row.result = "void" if void else "breach" if late else "met"


def face(session: Session, row: Clock) -> Face:
    """What the clock shows now."""
    organisation_id = row.organisation_id or EVERYWHERE
    business = row.basis == Basis.BUSINESS.value
    calendar = calendar_of(session, organisation_id, kind_of(row)) if business else None
    limits = _limits(session, organisation_id, kind_of(row))
    return read([_mark(event) for event in row.events], clock.now(), calendar, limits)


def _limits(session: Session, organisation_id: int, kind: Kind) -> Limits:
    if kind is Kind.HOSPITAL_DECISION:
        return NO_CAP
    return Limits(
        span(session, organisation_id, "clock.pause_cap_h"),
        span(session, organisation_id, "clock.pause_total_h"),
    )


def calendar_of(session: Session, organisation_id: int, kind: Kind) -> Calendar:
    """The working time of a unit: its own days off and on, then those of the regions above."""
    days = workday_overrides(session, organisation_id)
    if kind in WHOLE_DAYS:
        return Calendar(ALL_DAY, days)
    return Calendar(_shifts(settings.value(session, organisation_id, "office.hours")), days)


def _shifts(spans: Sequence[str]) -> tuple[tuple[time, time], ...]:
    halves = [each.split("-") for each in spans]
    return tuple((_time(opens), _time(closes)) for opens, closes in halves)


def _time(words: str) -> time:
    hour, minute = words.split(":")
    return time(int(hour) % 24, int(minute))


def kind_of(row: Clock) -> Kind:
    """The kind without the number of its hop."""
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
