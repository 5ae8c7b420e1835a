"""What the two state machines of this domain share: a transition and the reading of a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from accounts.policy import Permission
from foundation.problems import WrongState

State = TypeVar("State", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)


@dataclass(frozen=True)
class Transition(Generic[State]):
    """One row of a table.

    `permission` is None when only the system (a timer) may cause the event; `requires` names
    the facts that must be there, each checked by the action and by its form.
    """

    to: State
    permission: Permission | None
    requires: tuple[str, ...] = ()


def allowed_events(
    table: Mapping[tuple[State, Event], Transition[State]], state: State
) -> tuple[Event, ...]:
    """Every event that has a row for this state, in the order of the table."""
    return tuple(event for (at, event) in table if at is state)


def follow(
    table: Mapping[tuple[State, Event], Transition[State]], state: State, event: Event
) -> Transition[State]:
    """The row for this state and event; raises WrongState naming the events that have one."""
    row = table.get((state, event))
    if row is None:
        raise WrongState(
            "现在的状态不能做这一步", allowed=tuple(str(e) for e in allowed_events(table, state))
        )
    return row
