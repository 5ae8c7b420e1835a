"""A case's states: care, referral, return, and two people for ending a grave one (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from accounts.policy import Actor, Permission
from foundation.problems import WrongState

GRAVE = 3


class State(StrEnum):
    OPEN = "open"
    IN_CARE = "in_care"
    REFERRED = "referred"
    RETURNING = "returning"
    MONITORING = "monitoring"
    CLEARED = "cleared"
    CLOSED = "closed"


class Event(StrEnum):
    START_CARE = "start_care"
    REFER = "refer"
    RETURN = "return"
    MONITOR = "monitor"
    CLEAR = "clear"
    CLOSE = "close"


ENDED = frozenset({State.CLEARED, State.CLOSED})
NEXT_LOOK = {
    State.IN_CARE: timedelta(days=7),
    State.REFERRED: timedelta(days=3),
    State.RETURNING: timedelta(days=3),
    State.MONITORING: timedelta(days=30),
}


@dataclass(frozen=True)
class Transition:
    """Where an event leads, who may, and what must be given."""

    to: State
    permission: Permission
    requires: tuple[str, ...] = ()


S, E, P = State, Event, Permission
_END = ("reason", "level")
TRANSITIONS: Mapping[tuple[State, Event], Transition] = {
    (S.OPEN, E.START_CARE): Transition(S.IN_CARE, P.CASE_WORK, ("level",)),
    (S.IN_CARE, E.REFER): Transition(S.REFERRED, P.CASE_WORK),
    (S.IN_CARE, E.MONITOR): Transition(S.MONITORING, P.CASE_WORK),
    (S.REFERRED, E.START_CARE): Transition(S.IN_CARE, P.CASE_WORK),
    (S.REFERRED, E.RETURN): Transition(S.RETURNING, P.CASE_WORK),
    (S.RETURNING, E.START_CARE): Transition(S.IN_CARE, P.CASE_WORK),
    (S.RETURNING, E.MONITOR): Transition(S.MONITORING, P.CASE_WORK),
    (S.MONITORING, E.START_CARE): Transition(S.IN_CARE, P.CASE_WORK),
    (S.MONITORING, E.CLOSE): Transition(S.CLOSED, P.CASE_WORK, _END),
    **{
        (state, E.CLEAR): Transition(S.CLEARED, P.CASE_APPROVE, _END)
        for state in S
        if state not in ENDED
    },
}


def next_state(state: str, event: Event, *, by: Actor) -> Transition:
    """The transition of an event; nothing moves on silence.

    Raises:
        WrongState: with the events that the state does allow.

    """
    transition = TRANSITIONS.get((State(state), event))
    if transition is None or by.user_id is None:
        raise WrongState("", [possible for (source, possible) in TRANSITIONS if source == state])
    return transition


def allowed(state: str, actor: Actor, path: str) -> list[Event]:
    """Events that the actor may trigger from the state for a school at this path."""
    return [
        event
        for (source, event), transition in TRANSITIONS.items()
        if source == state and actor.may(transition.permission, path)
    ]


def second_person_needed(event: Event, level: int | None, proposed_by: int | None, by: int) -> bool:
    """Whether ending waits for somebody else: a grave case is ended by two people."""
    ends = event in {E.CLEAR, E.CLOSE}
    return ends and level == GRAVE and proposed_by in {None, by}
