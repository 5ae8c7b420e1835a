"""The states of a 12355 ticket, as one table (cases-and-referrals.md §5.5)."""

from collections.abc import Iterable
from enum import StrEnum

from accounts.policy import Permission
from foundation.problems import WrongState
from foundation.state_machine import Transition, follow, rows_of


class State(StrEnum):
    """Where a ticket stands; the level of government is in its dispatch, not in its state."""

    NEW = "new"
    TRIAGED = "triaged"
    DISPATCHED = "dispatched"
    RETURNED = "returned"
    ARBITRATION = "arbitration"
    ACCEPTED = "accepted"
    IN_CONTACT = "in_contact"
    WAITING = "waiting"
    HANDLING = "handling"
    REPLIED = "replied"
    RATED = "rated"
    TRANSFER_OFFERED = "transfer_offered"
    TRANSFERRED = "transferred"
    STOOD_DOWN = "stood_down"
    CLOSED = "closed"


class Event(StrEnum):
    """What happens to a ticket."""

    TRIAGE = "triage"
    DISPATCH = "dispatch"
    ACCEPT = "accept"
    RETURN = "return"
    RETURN_AGAIN = "return_again"
    ASSIGN = "assign"
    CONTACT = "contact"
    WAIT = "wait"
    RESUME = "resume"
    HANDLE = "handle"
    REPLY = "reply"
    RATE = "rate"
    REDO = "redo"
    CLOSE = "close"
    CLOSE_UNRATED = "close_unrated"
    OFFER_TRANSFER = "offer_transfer"
    TRANSFER_RECEIPT = "transfer_receipt"
    TAKE_BACK = "take_back"
    ASK_STAND_DOWN = "ask_stand_down"
    STAND_DOWN = "stand_down"
    ESCALATE = "escalate"
    REOPEN = "reopen"


class Needs(StrEnum):
    """Facts a transition asks for."""

    KIND = "kind"
    DESK = "desk"
    REASON = "reason"
    CONTACT = "contact"
    PAUSE = "pause"
    NOT_CRISIS = "not_crisis"
    CRISIS = "crisis"
    REPLY = "reply"
    RATING = "rating"
    LOW_RATING = "low_rating"
    OTHER_PERSON = "other_person"
    THREE_INVITES = "three_invites"
    RECEIVER = "receiver"
    RECEIPT = "receipt"
    SAFE_ADULT = "safe_adult"
    FOLLOW_UP = "follow_up"


Row = Transition[State, Permission | None]
HANDLE = Permission.HOTLINE_WORK
SUPERVISE = Permission.HOTLINE_SUPERVISE

WORKING = (State.ACCEPTED, State.IN_CONTACT, State.WAITING, State.HANDLING)
UNTAKEN = (State.NEW, State.TRIAGED, State.DISPATCHED, State.RETURNED, State.ARBITRATION)
FINAL = frozenset({State.CLOSED, State.TRANSFERRED})
_STAND_DOWN = (State.IN_CONTACT, State.HANDLING, State.REPLIED)
_OFFER = (State.ACCEPTED, State.IN_CONTACT, State.HANDLING)


def _operator(to: State, *requires: Needs) -> Row:
    return Transition(to, HANDLE, requires)


def _supervisor(to: State, *requires: Needs) -> Row:
    return Transition(to, SUPERVISE, requires)


def _escalated(state: State) -> State:
    """A danger heard late: somebody has to speak with the child now, whatever was done before."""
    return state if state in UNTAKEN else State.ACCEPTED


TRANSITIONS: dict[tuple[State, Event], Row] = {
    (State.NEW, Event.TRIAGE): _operator(State.TRIAGED, Needs.KIND),
    (State.TRIAGED, Event.DISPATCH): _operator(State.DISPATCHED, Needs.DESK),
    (State.TRIAGED, Event.ACCEPT): _operator(State.ACCEPTED),
    (State.DISPATCHED, Event.DISPATCH): _operator(State.DISPATCHED, Needs.DESK, Needs.REASON),
    (State.DISPATCHED, Event.ACCEPT): _operator(State.ACCEPTED),
    (State.DISPATCHED, Event.RETURN): _operator(State.RETURNED, Needs.REASON),
    (State.DISPATCHED, Event.RETURN_AGAIN): _operator(State.ARBITRATION, Needs.REASON),
    (State.RETURNED, Event.DISPATCH): _operator(State.DISPATCHED, Needs.DESK),
    (State.RETURNED, Event.ACCEPT): _operator(State.ACCEPTED),
    (State.ARBITRATION, Event.ASSIGN): _supervisor(State.DISPATCHED, Needs.DESK, Needs.REASON),
    (State.ACCEPTED, Event.CONTACT): _operator(State.IN_CONTACT, Needs.CONTACT),
    (State.IN_CONTACT, Event.HANDLE): _operator(State.HANDLING),
    (State.IN_CONTACT, Event.WAIT): _operator(State.WAITING, Needs.PAUSE, Needs.NOT_CRISIS),
    (State.WAITING, Event.RESUME): _operator(State.IN_CONTACT),
    (State.HANDLING, Event.REPLY): _operator(State.REPLIED, Needs.REPLY, Needs.NOT_CRISIS),
    (State.REPLIED, Event.RATE): _operator(State.RATED, Needs.RATING),
    (State.REPLIED, Event.CLOSE_UNRATED): _operator(
        State.CLOSED, Needs.THREE_INVITES, Needs.NOT_CRISIS
    ),
    (State.RATED, Event.REDO): _operator(
        State.HANDLING, Needs.LOW_RATING, Needs.REASON, Needs.OTHER_PERSON
    ),
    (State.RATED, Event.CLOSE): _operator(State.CLOSED, Needs.NOT_CRISIS),
    **{
        (s, Event.OFFER_TRANSFER): _operator(State.TRANSFER_OFFERED, Needs.RECEIVER) for s in _OFFER
    },
    (State.TRANSFER_OFFERED, Event.TRANSFER_RECEIPT): _operator(State.TRANSFERRED, Needs.RECEIPT),
    (State.TRANSFER_OFFERED, Event.TAKE_BACK): _operator(State.HANDLING, Needs.REASON),
    **{
        (s, Event.ASK_STAND_DOWN): _operator(s, Needs.CRISIS, Needs.SAFE_ADULT) for s in _STAND_DOWN
    },
    **{
        (s, Event.STAND_DOWN): _operator(State.STOOD_DOWN, Needs.CRISIS, Needs.OTHER_PERSON)
        for s in _STAND_DOWN
    },
    # every crisis is read by the supervisor before it is closed
    (State.STOOD_DOWN, Event.CLOSE): _supervisor(State.CLOSED, Needs.FOLLOW_UP),
    **{
        (s, Event.ESCALATE): _operator(_escalated(s), Needs.REASON) for s in State if s not in FINAL
    },
    (State.CLOSED, Event.REOPEN): _operator(State.ACCEPTED, Needs.REASON),
}


def next_state(state: State, event: Event) -> State:
    """Where the event leads; raises WrongState with the events that are possible."""
    return follow(TRANSITIONS, state, event).to


def transition(state: State, event: Event) -> Row:
    """The whole row, for its permission and the facts it asks for."""
    return follow(TRANSITIONS, state, event)


def return_event(returns: int, *, arbitrated: bool, late: bool = False) -> Event:
    """The first return goes back to the dispatcher, the second to the superior, a third nowhere.

    A late one goes to the superior at once.
    """
    if arbitrated or returns > 1:
        raise WrongState("上级已经裁定由本单位办理，不能再退回", allowed=(str(Event.ACCEPT),))
    return Event.RETURN_AGAIN if returns or late else Event.RETURN


def _fits(event: Event, requires: Iterable[str], *, crisis: bool, returns: int, late: bool) -> bool:
    if event in (Event.RETURN, Event.RETURN_AGAIN):
        return returns < 2 and (event is Event.RETURN_AGAIN) == (returns == 1 or late)
    if crisis and event is Event.ESCALATE:
        return False
    return not (Needs.NOT_CRISIS in requires and crisis) and not (
        Needs.CRISIS in requires and not crisis
    )


def possible(
    state: State,
    permissions: Iterable[Permission],
    *,
    crisis: bool,
    returns: int = 0,
    late: bool = False,
) -> tuple[Event, ...]:
    """The events that a holder of `permissions` may cause on a ticket like this one.

    `late` says whether the time for simply returning it has passed.
    """
    held = set(permissions)
    return tuple(
        event
        for event in rows_of(TRANSITIONS, state)
        if TRANSITIONS[(state, event)].permission in held
        and _fits(
            event, TRANSITIONS[(state, event)].requires, crisis=crisis, returns=returns, late=late
        )
    )
