"""A day off or a make-up workday: set, looked at beforehand, taken back; due times follow at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock
from foundation.i18n import _
from foundation.problems import Refused
from referrals.actions import timing
from referrals.actions.rechecking import Shift, recheck
from referrals.clocks import Kind, Mark, What, read
from schools.models import Organisation, WorkdayOverride

# What a page shows as an example: clocks that start at ten on the day before.
EXAMPLES = (
    (Kind.HOSPITAL_RECEIPT, "clock.referral_receipt_routine_min"),
    (Kind.CASE_REPLY, "clock.case_reply_h"),
    (Kind.HOSPITAL_FEEDBACK, "clock.referral_feedback_d"),
)
EVE = time(16)


@dataclass(frozen=True)
class Effect:
    """What a day changes: clocks that run now, and when clocks begun the day before would end."""

    shifts: list[Shift]
    examples: list[tuple[str, datetime, datetime]]


def set_day(
    session: Session, *, by: Actor, organisation: Organisation, day: date, works: bool, reason: str
) -> list[Shift]:
    """Say whether a day is worked, with the notice that says so; returns the due times that moved."""
    if day < clock.today():
        raise Refused(_("只能设置今天以后的日子；过去的时限不再改变。"), "day")
    row = _of(session, organisation.id, day)
    if row is None:
        row = WorkdayOverride(organisation_id=organisation.id, day=_midnight(day))
        session.add(row)
    row.workday, row.reason = works, reason.strip()[:120]
    session.flush()
    _written(session, by, row, "set")
    return recheck(session, organisation.path)


def remove_day(session: Session, *, by: Actor, row: WorkdayOverride) -> list[Shift]:
    """Take the day back: the State Council's calendar and the regions above hold again."""
    organisation = session.get_one(Organisation, row.organisation_id)
    _written(session, by, row, "removed")
    session.delete(row)
    session.flush()
    return recheck(session, organisation.path)


def effect(
    session: Session, *, by: Actor, organisation: Organisation, day: date, works: bool
) -> Effect:
    """What would change, tried out and taken back."""
    before = _examples(session, organisation.id, day)
    with _tried(session):
        shifts = set_day(
            session, by=by, organisation=organisation, day=day, works=works, reason="preview"
        )
        after = _examples(session, organisation.id, day)
    return Effect(
        shifts, [(k, one, two) for (k, one), (_k, two) in zip(before, after, strict=True)]
    )


@contextmanager
def _tried(session: Session) -> Iterator[None]:
    trial = session.begin_nested()
    try:
        yield
    finally:
        trial.rollback()
        session.expire_all()


def _examples(session: Session, organisation_id: int, day: date) -> list[tuple[str, datetime]]:
    start = datetime.combine(day - timedelta(days=1), EVE, clock.SHANGHAI)
    found = []
    for kind, key in EXAMPLES:
        mark = Mark(What.START, start, timing.span(session, organisation_id, key))
        calendar = timing.calendar_of(session, organisation_id, kind)
        found.append((kind.value, read([mark], start, calendar).due_at))
    return found


def _of(session: Session, organisation_id: int, day: date) -> WorkdayOverride | None:
    rows = select(WorkdayOverride).where(
        WorkdayOverride.organisation_id == organisation_id,
        WorkdayOverride.day == _midnight(day),
    )
    return session.scalars(rows).first()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, clock.SHANGHAI)


def _written(session: Session, by: Actor, row: WorkdayOverride, what: str) -> None:
    audit.record(
        session,
        f"workday.{what}",
        by=by.ref,
        organisation_id=row.organisation_id,
        subject=f"workday:{row.id}",
        details={"day": clock.local(row.day).date().isoformat(), "works": row.workday},
    )
