"""Who is on duty when, and where a chain of duty has a hole (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from foundation import clock

LEAST_PERSONS = 2


@dataclass(frozen=True)
class Slot:
    """Weekly hours of one person; equal start and end mean the whole day, end before start: past
    midnight.
    """

    user_id: int
    position: int
    weekdays: int  # bit 0 = Monday
    starts_at: time
    ends_at: time
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class Gap:
    """A stretch in which nobody of the chain is on duty."""

    start: datetime
    end: datetime


def on_duty(slots: Iterable[Slot], moment: datetime) -> list[int]:
    """User ids on duty at an aware moment, in the order of call."""
    held = sorted((s for s in slots if _covers(s, moment)), key=lambda s: (s.position, s.user_id))
    return list(dict.fromkeys(slot.user_id for slot in held))


def _covers(slot: Slot, moment: datetime) -> bool:
    there = clock.local(moment)
    today, now = there.date(), there.time().replace(tzinfo=None)
    if slot.starts_at == slot.ends_at:
        return _valid(slot, today)
    if slot.starts_at < slot.ends_at:
        return _valid(slot, today) and slot.starts_at <= now < slot.ends_at
    late = _valid(slot, today) and now >= slot.starts_at
    early = _valid(slot, today - timedelta(days=1)) and now < slot.ends_at
    return late or early


def _valid(slot: Slot, day: date) -> bool:
    if not slot.weekdays & (1 << day.weekday()):
        return False
    after_start = slot.valid_from is None or slot.valid_from <= day
    return after_start and (slot.valid_to is None or day <= slot.valid_to)


def gaps(slots: Sequence[Slot], start: datetime, end: datetime) -> list[Gap]:
    """Stretches of [start, end) in which nobody is on duty, to the quarter of an hour."""
    step, found, begun = timedelta(minutes=15), [], None
    moment = start
    while moment < end:
        covered = bool(on_duty(slots, moment))
        if not covered and begun is None:
            begun = moment
        if covered and begun is not None:
            found.append(Gap(begun, moment))
            begun = None
        moment += step
    if begun is not None:
        found.append(Gap(begun, end))
    return found


def opened(before: Sequence[Gap], after: Sequence[Gap]) -> list[Gap]:
    """The stretches of `after` that are longer or more than what was open before."""
    return [gap for gap in after if gap not in before]


def problems(slots: Sequence[Slot], start: datetime, end: datetime) -> list[str]:
    """Codes of what is wrong with a chain for a window: `too_few_persons`, `gap`."""
    codes = []
    if len({slot.user_id for slot in slots}) < LEAST_PERSONS:
        codes.append("too_few_persons")
    if gaps(slots, start, end):
        codes.append("gap")
    return codes
