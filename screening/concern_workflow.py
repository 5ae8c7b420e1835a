"""A concern's states: who may do what to it, and that nothing ends without a person (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from accounts.policy import Actor, Permission
from foundation.problems import WrongState

# more reports than this by one person in a day: an adult looks at it; none is ever dropped
MANY_REPORTS = 5
A_DAY = timedelta(days=1)
LONGEST_WATCH_D = 14


class State(StrEnum):
    OPEN = "open"
    IN_REVIEW = "in_review"
    JOINED = "joined"
    CLOSED = "closed"


class Event(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    WATCH = "watch"
    JOIN = "join"
    CLOSE = "close"


@dataclass(frozen=True)
class Transition:
    """Where an event leads, who may, and what must be given."""

    to: State
    permission: Permission
    requires: tuple[str, ...] = ()


S, E, P = State, Event, Permission
TRANSITIONS: Mapping[tuple[State, Event], Transition] = {
    (S.OPEN, E.ACKNOWLEDGE): Transition(S.IN_REVIEW, P.CONCERN_VIEW),
    (S.OPEN, E.JOIN): Transition(S.JOINED, P.CASE_WORK, ("student",)),
    (S.IN_REVIEW, E.JOIN): Transition(S.JOINED, P.CASE_WORK, ("student",)),
    (S.IN_REVIEW, E.WATCH): Transition(S.IN_REVIEW, P.CASE_WORK, ("reason", "days")),
    (S.IN_REVIEW, E.CLOSE): Transition(S.CLOSED, P.CASE_WORK, ("reason",)),
}


def next_state(state: str, event: Event) -> Transition:
    """The transition of an event.

    Raises:
        WrongState: with the events that the state does allow.

    """
    transition = TRANSITIONS.get((State(state), event))
    if transition is None:
        raise WrongState("", [possible for (source, possible) in TRANSITIONS if source == state])
    return transition


def allowed(state: str, actor: Actor, path: str) -> list[Event]:
    """Events that the actor may trigger from the state for a school at this path."""
    return [
        event
        for (source, event), transition in TRANSITIONS.items()
        if source == state and actor.may(transition.permission, path)
    ]


def steps_passed(created_at: datetime, now: datetime, minutes: list[int]) -> int:
    """How many steps of the escalation an unacknowledged urgent concern has reached."""
    return sum(now - created_at >= timedelta(minutes=step) for step in minutes)
