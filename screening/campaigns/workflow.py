"""A campaign's states, and its phase, which follows from the clock (pure)."""

from datetime import datetime
from enum import StrEnum

from accounts.policy import Permission
from foundation.state_machine import Table, Transition


class State(StrEnum):
    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Event(StrEnum):
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    CLOSE = "close"
    REOPEN = "reopen"
    CANCEL = "cancel"


class Phase(StrEnum):
    """What a campaign is for the people in the school today."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    SCHEDULED = "scheduled"
    OPEN = "open"
    OVER = "over"  # the window has passed, nobody has closed it yet
    CLOSED = "closed"
    CANCELLED = "cancelled"


S, E, P = State, Event, Permission
TRANSITIONS: Table[State, Event, Permission] = {
    (S.DRAFT, E.SUBMIT): Transition(S.AWAITING_APPROVAL, P.CAMPAIGN_EDIT, ("ready",)),
    (S.DRAFT, E.CANCEL): Transition(S.CANCELLED, P.CAMPAIGN_EDIT, ("reason",)),
    (S.AWAITING_APPROVAL, E.APPROVE): Transition(S.APPROVED, P.CAMPAIGN_APPROVE, ("two_roles",)),
    (S.AWAITING_APPROVAL, E.RETURN): Transition(S.DRAFT, P.CAMPAIGN_APPROVE, ("reason",)),
    (S.AWAITING_APPROVAL, E.CANCEL): Transition(S.CANCELLED, P.CAMPAIGN_EDIT, ("reason",)),
    (S.APPROVED, E.CLOSE): Transition(S.CLOSED, P.CAMPAIGN_EDIT),
    (S.APPROVED, E.CANCEL): Transition(S.CANCELLED, P.CAMPAIGN_EDIT, ("reason", "no_answers")),
    (S.CLOSED, E.REOPEN): Transition(S.APPROVED, P.CAMPAIGN_EDIT, ("reason", "window")),
}


def phase(state: str, opens_at: datetime, closes_at: datetime, now: datetime) -> Phase:
    """The phase of a campaign now; the window includes its first second, not its last."""
    if state != State.APPROVED:
        return Phase(state)
    if now < opens_at:
        return Phase.SCHEDULED
    return Phase.OPEN if now < closes_at else Phase.OVER
