"""A case's states: care, referral, return, and two people for ending a grave one (pure)."""

from datetime import timedelta
from enum import StrEnum

from accounts.policy import Actor, Permission
from foundation.state_machine import Table, Transition

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


S, E, P = State, Event, Permission
_END = ("reason", "level")
TRANSITIONS: Table[State, Event, Permission] = {
    (S.OPEN, E.START_CARE): Transition(S.IN_CARE, P.CASE_WORK, ("level",)),
    # danger to life does not wait for a level: a letter may leave from every open case
    (S.OPEN, E.REFER): Transition(S.REFERRED, P.CASE_WORK),
    (S.IN_CARE, E.REFER): Transition(S.REFERRED, P.CASE_WORK),
    (S.RETURNING, E.REFER): Transition(S.REFERRED, P.CASE_WORK),
    (S.MONITORING, E.REFER): Transition(S.REFERRED, P.CASE_WORK),
    (S.IN_CARE, E.MONITOR): Transition(S.MONITORING, P.CASE_WORK),
    (S.REFERRED, E.START_CARE): Transition(S.IN_CARE, P.CASE_WORK),
    (S.REFERRED, E.RETURN): Transition(S.RETURNING, P.CASE_WORK),
    (S.IN_CARE, E.RETURN): Transition(S.RETURNING, P.CASE_WORK),
    (S.MONITORING, E.RETURN): Transition(S.RETURNING, P.CASE_WORK),
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


def reads_record(author_id: int, actor: Actor, path: str) -> bool:
    """Whether the record of a talk is for him: its author, or whom the school named to supervise."""
    return author_id == actor.user_id or actor.may(P.INTERVIEW_SUPERVISE, path)


def second_person_needed(event: Event, level: int | None, proposed_by: int | None, by: int) -> bool:
    """Whether ending waits for somebody else: a grave case is ended by two people."""
    ends = event in {E.CLEAR, E.CLOSE}
    return ends and level == GRAVE and proposed_by in {None, by}
