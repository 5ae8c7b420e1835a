"""Every state with every event, for both machines: a row leads somewhere, the rest is refused."""

from collections import deque

import pytest

from accounts.policy import Permission
from foundation.problems import WrongState
from referrals import hotline_workflow as hotline
from referrals import workflow as hospital

REFERRAL_PAIRS = [(s, e) for s in hospital.State for e in hospital.Event]
TICKET_PAIRS = [(s, e) for s in hotline.State for e in hotline.Event]


@pytest.mark.parametrize(("state", "event"), REFERRAL_PAIRS)
def test_a_referral_moves_only_along_its_table(state: hospital.State, event: hospital.Event):
    row = hospital.TRANSITIONS.get((state, event))
    if row is not None:
        assert hospital.next_state(state, event) is row.to
        return
    with pytest.raises(WrongState) as refused:
        hospital.next_state(state, event)
    assert set(refused.value.allowed) == {e for s, e in hospital.TRANSITIONS if s is state}


@pytest.mark.parametrize(("state", "event"), TICKET_PAIRS)
def test_a_ticket_moves_only_along_its_table(state: hotline.State, event: hotline.Event):
    row = hotline.TRANSITIONS.get((state, event))
    if row is not None:
        assert hotline.next_state(state, event) is row.to
        return
    with pytest.raises(WrongState) as refused:
        hotline.next_state(state, event)
    assert set(refused.value.allowed) == {e for s, e in hotline.TRANSITIONS if s is state}


def _reachable(table, start):
    seen, queue = {start}, deque([start])
    while queue:
        at = queue.popleft()
        for (state, _event), row in table.items():
            if state is at and row.to not in seen:
                seen.add(row.to)
                queue.append(row.to)
    return seen


def test_every_state_can_be_reached_and_every_open_one_left():
    assert _reachable(hospital.TRANSITIONS, hospital.State.DRAFT) == set(hospital.State)
    assert _reachable(hotline.TRANSITIONS, hotline.State.NEW) == set(hotline.State)
    for state in set(hospital.State) - hospital.FINAL:
        assert _reachable(hospital.TRANSITIONS, state) & hospital.FINAL
    for state in set(hotline.State) - hotline.FINAL:
        assert hotline.State.CLOSED in _reachable(hotline.TRANSITIONS, state)


def test_a_timer_never_moves_a_referral():
    timed = {k: row for k, row in hospital.TRANSITIONS.items() if row.permission is None}
    assert timed
    assert all(row.to is state for (state, _event), row in timed.items())


def test_no_timer_is_in_the_ticket_table():
    assert all(row.permission is not None for row in hotline.TRANSITIONS.values())


def test_every_state_of_a_referral_has_its_fhir_columns():
    assert set(hospital.FHIR) == set(hospital.State)


def test_a_hospital_cannot_decline_a_child_in_danger():
    received = hospital.State.RECEIVED
    in_danger = frozenset({hospital.Needs.NOT_DANGER})
    usual = hospital.possible(received, Permission.HOSPITAL_WORK)
    danger = hospital.possible(received, Permission.HOSPITAL_WORK, in_danger)
    assert hospital.Event.DECLINE in usual
    assert hospital.Event.DECLINE not in danger
    assert hospital.Event.ACCEPT in danger


def test_every_letter_that_left_can_be_recalled_when_it_was_a_mistake():
    for state in hospital.ADDRESSED - {hospital.State.ERROR}:
        assert hospital.next_state(state, hospital.Event.RECALL) is hospital.State.ERROR


def test_what_never_left_the_school_can_only_be_given_up():
    for state in set(hospital.State) - hospital.ADDRESSED:
        assert (state, hospital.Event.RECALL) not in hospital.TRANSITIONS
        assert hospital.next_state(state, hospital.Event.CANCEL) is hospital.State.CANCELLED


def test_a_crisis_can_neither_wait_nor_be_closed_by_a_rating():
    for state in hotline.State:
        events = hotline.possible(state, [Permission.HOTLINE_WORK], crisis=True)
        assert hotline.Event.WAIT not in events
        assert hotline.Event.CLOSE_UNRATED not in events
        if state is not hotline.State.STOOD_DOWN:
            assert hotline.Event.CLOSE not in events


def test_the_first_return_goes_back_the_second_to_the_superior_and_a_third_nowhere():
    assert hotline.return_event(0, arbitrated=False) is hotline.Event.RETURN
    assert hotline.return_event(1, arbitrated=False) is hotline.Event.RETURN_AGAIN
    with pytest.raises(WrongState):
        hotline.return_event(2, arbitrated=True)


def test_buttons_show_the_one_kind_of_return_that_is_possible():
    at, who = hotline.State.DISPATCHED, [Permission.HOTLINE_WORK]
    returns = {hotline.Event.RETURN, hotline.Event.RETURN_AGAIN}
    first = set(hotline.possible(at, who, crisis=False, returns=0)) & returns
    second = set(hotline.possible(at, who, crisis=False, returns=1)) & returns
    third = set(hotline.possible(at, who, crisis=False, returns=2)) & returns
    assert (first, second, third) == (
        {hotline.Event.RETURN},
        {hotline.Event.RETURN_AGAIN},
        set(),
    )


def test_danger_can_be_raised_from_every_open_state_of_a_ticket():
    for state in set(hotline.State) - hotline.FINAL:
        assert (state, hotline.Event.ESCALATE) in hotline.TRANSITIONS
    assert hotline.next_state(hotline.State.WAITING, hotline.Event.ESCALATE) is (
        hotline.State.ACCEPTED
    )
