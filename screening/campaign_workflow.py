"""A campaign's states, and its phase, which follows from the clock (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accounts.policy import Actor, Permission
from foundation.problems import WrongState


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


@dataclass(frozen=True)
class Transition:
    """Where an event leads, who may, and what must be given."""

    to: State
    permission: Permission
    requires: tuple[str, ...] = ()


S, E, P = State, Event, Permission
TRANSITIONS: Mapping[tuple[State, Event], Transition] = {
    (S.DRAFT, E.SUBMIT): Transition(S.AWAITING_APPROVAL, P.CAMPAIGN_EDIT, ("ready",)),
    (S.DRAFT, E.CANCEL): Transition(S.CANCELLED, P.CAMPAIGN_EDIT, ("reason",)),
    (S.AWAITING_APPROVAL, E.APPROVE): Transition(S.APPROVED, P.CAMPAIGN_APPROVE, ("two_roles",)),
    (S.AWAITING_APPROVAL, E.RETURN): Transition(S.DRAFT, P.CAMPAIGN_APPROVE, ("reason",)),
    (S.AWAITING_APPROVAL, E.CANCEL): Transition(S.CANCELLED, P.CAMPAIGN_EDIT, ("reason",)),
    (S.APPROVED, E.CLOSE): Transition(S.CLOSED, P.CAMPAIGN_EDIT),
    (S.APPROVED, E.CANCEL): Transition(S.CANCELLED, P.CAMPAIGN_EDIT, ("reason", "no_answers")),
    (S.CLOSED, E.REOPEN): Transition(S.APPROVED, P.CAMPAIGN_EDIT, ("reason", "window")),
}


def allowed(state: str, actor: Actor, path: str) -> list[Event]:
    """Events that the actor may trigger from the state for a school at this path."""
    return [
        event
        for (source, event), transition in TRANSITIONS.items()
        if source == state and actor.may(transition.permission, path)
    ]


def next_state(state: str, event: Event) -> Transition:
    """The transition of an event.

    Raises:
        WrongState: with the events that the state does allow.

    """
    transition = TRANSITIONS.get((State(state), event))
    if transition is None:
        raise WrongState("", [possible for (source, possible) in TRANSITIONS if source == state])
    return transition


def phase(state: str, opens_at: datetime, closes_at: datetime, now: datetime) -> Phase:
    """The phase of a campaign now; the window includes its first second, not its last."""
    if state != State.APPROVED:
        return Phase(state)
    if now < opens_at:
        return Phase.SCHEDULED
    return Phase.OPEN if now < closes_at else Phase.OVER
