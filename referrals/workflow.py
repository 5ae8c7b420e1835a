"""The states of a hospital referral, as one table that buttons, errors, docs and tests read.

Rows are numbered as in cases-and-referrals.md §5.4; FHIR columns are R4 codes.
"""

from dataclasses import dataclass
from enum import StrEnum

from accounts.policy import Permission
from foundation.state_machine import Transition, follow, rows_of


class State(StrEnum):
    """Where a referral stands; the worst case is never further along than a person said."""

    DRAFT = "draft"
    AWAITING_CONSENT = "awaiting_consent"
    READY = "ready"
    SENT = "sent"
    RECEIVED = "received"
    NEED_INFO = "need_info"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REDIRECTED = "redirected"
    SCHEDULED = "scheduled"
    NO_SHOW = "no_show"
    ARRIVED = "arrived"
    SEEN = "seen"
    RETURNING = "returning"
    COMPLETED = "completed"
    CANCEL_REQUESTED = "cancel_requested"
    CANCELLED = "cancelled"
    ERROR = "error"


class Event(StrEnum):
    """What a person (or, for `overdue`, a clock) does to a referral."""

    ASK = "ask"
    PERMIT = "permit"
    SEND = "send"
    RECEIVE = "receive"
    ASK_INFO = "ask_info"
    ANSWER_INFO = "answer_info"
    ACCEPT = "accept"
    DECLINE = "decline"
    REDIRECT = "redirect"
    SCHEDULE = "schedule"
    NO_SHOW = "no_show"
    ARRIVE = "arrive"
    SEE = "see"
    REPLY = "reply"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    CONFIRM_CANCEL = "confirm_cancel"
    RECALL = "recall"
    OVERDUE = "overdue"


class Needs(StrEnum):
    """Facts a transition asks for."""

    CONSENT = "consent"
    PREVIEW = "preview"
    REASON = "reason"
    QUESTION = "question"
    ANSWER = "answer"
    SLOT = "slot"
    REPLY = "reply"
    NOT_DANGER = "not_danger"
    HOSPITAL = "hospital"
    PLAN = "plan"
    LATE = "late"
    APPOINTMENT_TIME = "appointment_time"
    LETTER_SENT = "letter_sent"


SCHOOL = Permission.REFERRAL_WORK
HOSPITAL = Permission.HOSPITAL_WORK

_Key = tuple[State, Event]
Row = Transition[State, Permission | None]
_BEFORE_SENDING = (State.DRAFT, State.AWAITING_CONSENT, State.READY)
# Until a letter has left, no hospital knows that the referral exists.
ADDRESSED = frozenset(State) - frozenset(_BEFORE_SENDING)
_BEFORE_ACCEPTANCE = (State.SENT, State.RECEIVED, State.NEED_INFO, State.DECLINED)
_AFTER_ACCEPTANCE = (State.ACCEPTED, State.SCHEDULED, State.NO_SHOW)
_MAY_ARRIVE = (
    State.SENT,
    State.RECEIVED,
    State.NEED_INFO,
    State.ACCEPTED,
    State.SCHEDULED,
    State.NO_SHOW,
    State.CANCEL_REQUESTED,
)


def _school(to: State, *requires: Needs) -> Row:
    return Transition(to, SCHOOL, requires)


def _hospital(to: State, *requires: Needs) -> Row:
    return Transition(to, HOSPITAL, requires)


TRANSITIONS: dict[_Key, Row] = {
    (State.DRAFT, Event.ASK): _school(State.AWAITING_CONSENT),
    (State.DRAFT, Event.PERMIT): _school(State.READY, Needs.CONSENT),
    (State.AWAITING_CONSENT, Event.PERMIT): _school(State.READY, Needs.CONSENT),
    (State.READY, Event.SEND): _school(State.SENT, Needs.CONSENT, Needs.PREVIEW),
    (State.SENT, Event.RECEIVE): _hospital(State.RECEIVED),
    (State.RECEIVED, Event.ASK_INFO): _hospital(State.NEED_INFO, Needs.QUESTION, Needs.NOT_DANGER),
    (State.NEED_INFO, Event.ANSWER_INFO): _school(State.RECEIVED, Needs.ANSWER),
    (State.RECEIVED, Event.ACCEPT): _hospital(State.ACCEPTED),
    (State.RECEIVED, Event.DECLINE): _hospital(State.DECLINED, Needs.REASON, Needs.NOT_DANGER),
    (State.NEED_INFO, Event.DECLINE): _hospital(
        State.DECLINED, Needs.REASON, Needs.NOT_DANGER, Needs.LATE
    ),
    (State.DECLINED, Event.REDIRECT): _school(State.REDIRECTED, Needs.HOSPITAL),
    # A hospital that keeps silent does not hold the child up: the school may turn to another one.
    (State.SENT, Event.REDIRECT): _school(State.REDIRECTED, Needs.HOSPITAL, Needs.LATE),
    (State.RECEIVED, Event.REDIRECT): _school(State.REDIRECTED, Needs.HOSPITAL, Needs.LATE),
    (State.ACCEPTED, Event.SCHEDULE): _hospital(State.SCHEDULED, Needs.SLOT),
    (State.SCHEDULED, Event.SCHEDULE): _hospital(State.SCHEDULED, Needs.SLOT, Needs.REASON),
    (State.NO_SHOW, Event.SCHEDULE): _hospital(State.SCHEDULED, Needs.SLOT),
    # Nobody has stayed away before the time that he was given.
    (State.SCHEDULED, Event.NO_SHOW): _hospital(State.NO_SHOW, Needs.APPOINTMENT_TIME),
    **{(state, Event.ARRIVE): _hospital(State.ARRIVED) for state in _MAY_ARRIVE},
    (State.ARRIVED, Event.SEE): _hospital(State.SEEN),
    (State.SEEN, Event.REPLY): _hospital(State.RETURNING, Needs.REPLY),
    (State.RETURNING, Event.CONFIRM): _school(State.COMPLETED, Needs.PLAN),
    **{(state, Event.CANCEL): _school(State.CANCELLED, Needs.REASON) for state in _BEFORE_SENDING},
    **{
        (state, Event.CANCEL): _school(State.CANCELLED, Needs.REASON)
        for state in _BEFORE_ACCEPTANCE
    },
    **{
        (state, Event.CANCEL): _school(State.CANCEL_REQUESTED, Needs.REASON)
        for state in _AFTER_ACCEPTANCE
    },
    (State.CANCEL_REQUESTED, Event.CONFIRM_CANCEL): _hospital(State.CANCELLED),
    # A clock that runs out reminds and widens the circle; the state stays where it was.
    (State.SENT, Event.OVERDUE): Transition(State.SENT, None),
    (State.RECEIVED, Event.OVERDUE): Transition(State.RECEIVED, None),
    (State.NEED_INFO, Event.OVERDUE): Transition(State.NEED_INFO, None),
    (State.RETURNING, Event.OVERDUE): Transition(State.RETURNING, None),
    # What never left the school is given up, not recalled: no hospital has to delete it.
    **{
        (state, Event.RECALL): _school(State.ERROR, Needs.REASON, Needs.LETTER_SENT)
        for state in State
        if state in ADDRESSED and state is not State.ERROR
    },
}

FINAL = frozenset({State.REDIRECTED, State.COMPLETED, State.CANCELLED, State.ERROR})


@dataclass(frozen=True)
class FhirStatus:
    """The three R4 columns of a state: Task.status, Task.businessStatus, ServiceRequest.status."""

    task: str
    business: str
    request: str


FHIR: dict[State, FhirStatus] = {
    State.DRAFT: FhirStatus("draft", "draft", "draft"),
    State.AWAITING_CONSENT: FhirStatus("draft", "awaiting-consent", "draft"),
    State.READY: FhirStatus("draft", "ready-to-send", "draft"),
    State.SENT: FhirStatus("requested", "sent", "active"),
    State.RECEIVED: FhirStatus("received", "under-review", "active"),
    State.NEED_INFO: FhirStatus("on-hold", "need-info", "on-hold"),
    State.ACCEPTED: FhirStatus("accepted", "accepted", "active"),
    State.DECLINED: FhirStatus("rejected", "declined", "active"),
    State.REDIRECTED: FhirStatus("rejected", "redirected", "active"),
    State.SCHEDULED: FhirStatus("in-progress", "scheduled", "active"),
    State.NO_SHOW: FhirStatus("in-progress", "no-show", "active"),
    State.ARRIVED: FhirStatus("in-progress", "arrived", "active"),
    State.SEEN: FhirStatus("in-progress", "seen", "active"),
    State.RETURNING: FhirStatus("in-progress", "feedback", "active"),
    State.COMPLETED: FhirStatus("completed", "closed-loop", "completed"),
    State.CANCEL_REQUESTED: FhirStatus("in-progress", "cancel-requested", "active"),
    State.CANCELLED: FhirStatus("cancelled", "cancelled", "revoked"),
    State.ERROR: FhirStatus("entered-in-error", "entered-in-error", "entered-in-error"),
}


def next_state(state: State, event: Event) -> State:
    """Where the event leads; raises WrongState with the events that are possible."""
    return follow(TRANSITIONS, state, event).to


def transition(state: State, event: Event) -> Row:
    """The whole row, for its permission and the facts it asks for."""
    return follow(TRANSITIONS, state, event)


def possible(
    state: State, permission: Permission, lacking: frozenset[Needs] = frozenset()
) -> tuple[Event, ...]:
    """The events that holders of `permission` may cause now.

    `lacking` are facts that do not hold: in danger nobody may decline, some steps are open only
    when a time has come.
    """
    return tuple(
        event
        for event in left_without(state, lacking)
        if TRANSITIONS[(state, event)].permission is permission
    )


def left_without(state: State, lacking: frozenset[Needs]) -> tuple[Event, ...]:
    """The events of a state that ask for none of the lacking facts."""
    return tuple(
        event
        for event in rows_of(TRANSITIONS, state)
        if not lacking.intersection(TRANSITIONS[(state, event)].requires)
    )
