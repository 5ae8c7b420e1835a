"""A table of steps: what is refused names what is possible, and a clock takes only its own rows."""

from enum import StrEnum

import pytest

from foundation.problems import WrongState
from foundation.state_machine import Table, Transition, follow, open_to


class State(StrEnum):
    OPEN = "open"
    DONE = "done"


class Event(StrEnum):
    REMIND = "remind"
    FINISH = "finish"


TABLE: Table[State, Event, str | None] = {
    (State.OPEN, Event.REMIND): Transition(State.OPEN, None),
    (State.OPEN, Event.FINISH): Transition(State.DONE, "worker", ("reason",)),
}


def test_a_step_is_found_by_the_stored_word_of_the_state() -> None:
    assert follow(TABLE, "open", Event.FINISH).to is State.DONE


def test_a_refusal_names_what_the_state_does_allow() -> None:
    with pytest.raises(WrongState) as refused:
        follow(TABLE, "done", Event.FINISH)
    assert refused.value.allowed == ()
    with pytest.raises(WrongState) as refused:
        follow(TABLE, "open", Event.FINISH, person=False)
    assert refused.value.allowed == ("remind", "finish")


def test_a_clock_takes_only_the_rows_that_are_its_own() -> None:
    assert follow(TABLE, "open", Event.REMIND, person=False).to is State.OPEN


def test_nobody_is_offered_what_only_a_clock_does() -> None:
    assert open_to(TABLE, "open", lambda _who: True) == [Event.FINISH]
    assert open_to(TABLE, "open", lambda who: who == "visitor") == []
