"""Who is paged when, while nobody has said "I am on it": the crisis ladder of §5.5.

Every step adds watchers; no step takes the ticket from its owner. Only a named acknowledgement
stops it, and it goes on when some minutes after that nobody has spoken with the child.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Watcher(StrEnum):
    """A function on the duty roster; the roster says which person."""

    DUTY = "duty"
    BACKUP = "backup"
    COUNTY_LEAD = "county_lead"
    CITY_DUTY = "city_duty"
    PROVINCE_DUTY = "province_duty"
    PROVINCE_LEAD = "province_lead"


class Way(StrEnum):
    """How a step reaches its people."""

    PUSH = "push"
    PHONE = "phone"
    CARD = "card"
    INCIDENT = "incident"


@dataclass(frozen=True)
class Step:
    """One step: minutes after the first sign of risk, whom it reaches, and how."""

    minute: int
    watchers: tuple[Watcher, ...]
    way: Way


STEPS: tuple[Step, ...] = (
    Step(0, (Watcher.DUTY, Watcher.BACKUP), Way.PUSH),
    Step(3, (Watcher.DUTY, Watcher.BACKUP), Way.PHONE),
    Step(5, (Watcher.COUNTY_LEAD,), Way.PUSH),
    Step(10, (Watcher.CITY_DUTY,), Way.PUSH),
    Step(15, (Watcher.PROVINCE_DUTY,), Way.PUSH),
    Step(20, (Watcher.DUTY, Watcher.BACKUP, Watcher.PROVINCE_DUTY), Way.CARD),
    Step(30, (Watcher.PROVINCE_LEAD,), Way.INCIDENT),
)
CONTACT_AFTER_ACK = timedelta(minutes=10)


def with_minutes(minutes: Sequence[int]) -> tuple[Step, ...]:
    """The ladder at the minutes that a region has set, one per step and rising.

    A row of another length would leave out a step: then the agreed ladder holds.
    """
    if len(minutes) != len(STEPS):
        return STEPS
    return tuple(replace(step, minute=m) for step, m in zip(STEPS, sorted(minutes), strict=True))


@dataclass(frozen=True)
class Climb:
    """What the ladder does now: steps newly reached in order, the one that is really sent.

    `silent` says why nothing happens; `next_at` is when to look again, None when it is over.
    """

    reached: tuple[Step, ...]
    send: Step | None
    next_at: datetime | None
    silent: str | None = None


@dataclass(frozen=True)
class Situation:
    """The facts of one crisis; `done` holds the minutes of the steps already reached."""

    started_at: datetime
    done: frozenset[int] = frozenset()
    acknowledged_at: datetime | None = None
    contact_at: datetime | None = None
    over: bool = False


def climb(
    facts: Situation,
    now: datetime,
    steps: Sequence[Step] = STEPS,
    patience: timedelta = CONTACT_AFTER_ACK,
) -> Climb:
    """After an outage every missed step is written down in order and only the highest is sent."""
    if facts.over or facts.contact_at is not None:
        return Climb((), None, None, "over" if facts.over else "contact")
    held_until = facts.acknowledged_at + patience if facts.acknowledged_at else None
    if held_until is not None and now < held_until:
        return Climb((), None, held_until, "acknowledged")
    open_steps = [step for step in steps if step.minute not in facts.done]
    reached = tuple(s for s in open_steps if _at(facts, s) <= now)
    later = [_at(facts, s) for s in open_steps if s not in reached]
    return Climb(reached, reached[-1] if reached else None, min(later, default=None))


def watchers(done: Iterable[int]) -> tuple[Watcher, ...]:
    """Everybody whom the steps reached so far have added, once each, in order of joining."""
    minutes = set(done)
    joined = [w for step in STEPS if step.minute in minutes for w in step.watchers]
    return tuple(dict.fromkeys(joined))


def _at(facts: Situation, step: Step) -> datetime:
    return facts.started_at + timedelta(minutes=step.minute)
