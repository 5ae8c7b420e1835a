"""A concern's states: who may do what to it, and that nothing ends without a person (pure)."""

from datetime import datetime, timedelta
from enum import StrEnum

from accounts.policy import Permission
from foundation.state_machine import Table, Transition

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


S, E, P = State, Event, Permission
TRANSITIONS: Table[State, Event, Permission] = {
    (S.OPEN, E.ACKNOWLEDGE): Transition(S.IN_REVIEW, P.CONCERN_VIEW),
    (S.OPEN, E.JOIN): Transition(S.JOINED, P.CASE_WORK, ("student",)),
    (S.IN_REVIEW, E.JOIN): Transition(S.JOINED, P.CASE_WORK, ("student",)),
    (S.IN_REVIEW, E.WATCH): Transition(S.IN_REVIEW, P.CASE_WORK, ("reason", "days")),
    (S.IN_REVIEW, E.CLOSE): Transition(S.CLOSED, P.CASE_WORK, ("reason",)),
}


def steps_passed(created_at: datetime, now: datetime, minutes: list[int]) -> int:
    """How many steps of the escalation an unacknowledged urgent concern has reached."""
    return sum(now - created_at >= timedelta(minutes=step) for step in minutes)
