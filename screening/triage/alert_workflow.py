"""An alert's states: who may do what to it, and that only a person can end one (pure)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from accounts.policy import Permission
from foundation.state_machine import Table, Transition, open_to

CRITICAL, HIGH, ATTENTION = 3, 2, 1
CLOCKS_DIFFER = timedelta(minutes=1)


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
# a counselor has assessed the student and decided how it goes on
FOLLOWED = frozenset({State.WATCH, State.INTERVENE, State.REFER})
NEXT_LOOK = {
    State.IN_REVIEW: timedelta(days=1),
    State.WATCH: timedelta(days=7),
    State.INTERVENE: timedelta(days=7),
    State.REFER: timedelta(days=3),
}


S, E, P = State, Event, Permission
_REASON = ("reason",)
_REVIEWED = {
    E.WATCH: Transition(S.WATCH, P.CASE_WORK),
    E.INTERVENE: Transition(S.INTERVENE, P.CASE_WORK),
    E.REFER: Transition(S.REFER, P.CASE_WORK),
    E.CLOSE: Transition(S.CLOSED, P.CASE_WORK, _REASON),
    E.FALSE_ALARM: Transition(S.FALSE_ALARM, P.CASE_WORK, _REASON),
}
TRANSITIONS: Table[State, Event, Permission] = {
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


def steps_to_take(state: str, may: Callable[[Permission], bool]) -> list[Event]:
    """Events with a button of their own for this person; clearing is offered on the case."""
    return [event for event in open_to(TRANSITIONS, state, may) if event != E.CLEAR]


def steps_passed(created_at: datetime, now: datetime, minutes: Sequence[int]) -> int:
    """How many steps of the ladder have passed, on wall time.

    An alert from the future was raised before the clock was set back: too early a call is safe.
    """
    if created_at > now + CLOCKS_DIFFER:
        return len(minutes)
    return sum(now - created_at >= timedelta(minutes=step) for step in minutes)
