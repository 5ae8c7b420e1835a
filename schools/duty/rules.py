"""Who is on duty when, and where a chain of duty has a hole (pure)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from foundation import clock

LEAST_PERSONS = 2
# Who types 18:00 to 23:59 means midnight; nobody must be missing in that minute.
LAST_MINUTE = time(23, 59)


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
        until_midnight = slot.ends_at >= LAST_MINUTE
        return (
            _valid(slot, today) and slot.starts_at <= now and (now < slot.ends_at or until_midnight)
        )
    late = _valid(slot, today) and now >= slot.starts_at
    early = _valid(slot, today - timedelta(days=1)) and now < slot.ends_at
    return late or early


def _valid(slot: Slot, day: date) -> bool:
    if not slot.weekdays & (1 << day.weekday()):
        return False
    after_start = slot.valid_from is None or slot.valid_from <= day
    return after_start and (slot.valid_to is None or day <= slot.valid_to)


def gaps(slots: Sequence[Slot], start: datetime, end: datetime) -> list[Gap]:
    """Stretches of [start, end) in which nobody is on duty, to the minute."""
    turns = {moment for moment in _turns(slots, start, end) if start < moment < end}
    found: list[Gap] = []
    for begun, over in pairwise(sorted({start, max(start, end)} | turns)):
        if on_duty(slots, begun):
            continue
        if found and found[-1].end == begun:
            found[-1] = Gap(found[-1].start, over)
        else:
            found.append(Gap(begun, over))
    return found


def _turns(slots: Sequence[Slot], start: datetime, end: datetime) -> Iterator[datetime]:
    """Every moment at which somebody's duty can begin or end."""
    hours = {time()} | {hour for slot in slots for hour in (slot.starts_at, slot.ends_at)}
    day, last = clock.local(start).date(), clock.local(end).date()
    while day <= last:
        yield from (datetime.combine(day, hour, clock.SHANGHAI) for hour in hours)
        day += timedelta(days=1)


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
