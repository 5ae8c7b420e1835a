"""An alert's states: who may do what to it, and that only a person can end one (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from accounts.policy import Actor, Permission
from foundation.problems import WrongState

CRITICAL, HIGH, ATTENTION = 3, 2, 1


class State(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    IN_REVIEW = "in_review"
    WATCH = "watch"
    INTERVENE = "intervene"
    REFER = "refer"
    FALSE_ALARM = "false_alarm"
    CLEARED = "cleared"
    CLOSED = "closed"


class Event(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    REVIEW = "review"
    WATCH = "watch"
    INTERVENE = "intervene"
    REFER = "refer"
    FALSE_ALARM = "false_alarm"
    CLEAR = "clear"
    CLOSE = "close"


ENDED = frozenset({State.FALSE_ALARM, State.CLEARED, State.CLOSED})
NEXT_LOOK = {
    State.IN_REVIEW: timedelta(days=1),
    State.WATCH: timedelta(days=7),
    State.INTERVENE: timedelta(days=7),
    State.REFER: timedelta(days=3),
}


@dataclass(frozen=True)
class Transition:
    """Where an event leads, who may, and what must be given."""

    to: State
    permission: Permission
    requires: tuple[str, ...] = ()


S, E, P = State, Event, Permission
_REASON = ("reason",)
_REVIEWED = {
    E.WATCH: Transition(S.WATCH, P.CASE_WORK),
    E.INTERVENE: Transition(S.INTERVENE, P.CASE_WORK),
    E.REFER: Transition(S.REFER, P.CASE_WORK),
    E.CLOSE: Transition(S.CLOSED, P.CASE_WORK, _REASON),
    E.FALSE_ALARM: Transition(S.FALSE_ALARM, P.CASE_WORK, _REASON),
}
TRANSITIONS: Mapping[tuple[State, Event], Transition] = {
    (S.OPEN, E.ACKNOWLEDGE): Transition(S.ACKNOWLEDGED, P.ALERT_WORK),
    (S.ACKNOWLEDGED, E.REVIEW): Transition(S.IN_REVIEW, P.CASE_WORK),
    **{(S.IN_REVIEW, event): to for event, to in _REVIEWED.items()},
    **{
        (state, event): to
        for state in (S.WATCH, S.INTERVENE, S.REFER)
        for event, to in (
            (E.REVIEW, Transition(S.IN_REVIEW, P.CASE_WORK)),
            (E.CLOSE, _REVIEWED[E.CLOSE]),
        )
    },
    # "cleared" of a case recalls every flag of the student, whatever became of each
    **{
        (state, E.CLEAR): Transition(S.CLEARED, P.CASE_APPROVE, _REASON)
        for state in S
        if state not in ENDED
    },
}


def next_state(state: str, event: Event, *, by: Actor) -> Transition:
    """The transition of an event; the clock and the software never take one.

    Raises:
        WrongState: with the events that the state does allow.

    """
    transition = TRANSITIONS.get((State(state), event))
    if transition is None or by.user_id is None:
        raise WrongState("", [possible for (source, possible) in TRANSITIONS if source == state])
    return transition


def allowed(state: str, actor: Actor, path: str) -> list[Event]:
    """Events with a button of their own for this person; clearing is offered on the case."""
    return [
        event
        for (source, event), transition in TRANSITIONS.items()
        if source == state and event != E.CLEAR and actor.may(transition.permission, path)
    ]


def steps_passed(created_at: datetime, now: datetime, minutes: Sequence[int]) -> int:
    """How many steps of the ladder have passed, on wall time."""
    return sum(now - created_at >= timedelta(minutes=step) for step in minutes)
