"""State machines are tables: one kind of row, and the few ways in which a table is read (pure)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from foundation.problems import WrongState

State = TypeVar("State", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)
Who = TypeVar("Who", bound=str | None)


@dataclass(frozen=True)
class Transition(Generic[State, Who]):
    """One row: where an event leads, who may cause it, and which facts it asks for.

    `permission` is None where only a clock causes the event; each fact of `requires` is checked by
    the action and by its form.
    """

    to: State
    permission: Who
    requires: tuple[str, ...] = ()


Table = Mapping[tuple[State, Event], Transition[State, Who]]


def rows_of(table: Table[State, Event, Who], state: str) -> dict[Event, Transition[State, Who]]:
    """What can happen in a state, in the order of the table."""
    return {event: row for (at, event), row in table.items() if at == state}


def follow(
    table: Table[State, Event, Who], state: str, event: Event, *, person: bool = True
) -> Transition[State, Who]:
    """The row of an event; without a `person` only rows that a clock may take.

    Raises:
        WrongState: with the events that the state does allow.

    """
    rows = rows_of(table, state)
    row = rows.get(event)
    if row is None or not (person or row.permission is None):
        raise WrongState("", rows)
    return row


def open_to(table: Table[State, Event, Who], state: str, may: Callable[[Who], bool]) -> list[Event]:
    """The events that somebody may cause now; what only a clock causes is nobody's."""
    return [
        event
        for event, row in rows_of(table, state).items()
        if row.permission is not None and may(row.permission)
    ]
