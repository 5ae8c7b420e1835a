"""The case goes with its referral: there when the letter leaves, back when the reply is confirmed."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from foundation import clock, database
from foundation.problems import Refused, WrongState
from referrals.actions import hospital, sending
from referrals.models import Referral
from screening.models import Case, CaseEvent
from screening.triage import case_actions
from screening.triage.case_workflow import Event, State
from tests.people import actor, sign_in
from tests.referrals.test_hospital_referral import agreed, at_hospital, drafted, sent, state_of
from tests.referrals.test_referral_rows import PLAN, SLIP, by_school


def case_state(world: Any) -> str:
    with database.reading() as session:
        return session.get_one(Case, world.case.id).state


def put_case(world: Any, state: State) -> None:
    with database.writing() as session:
        case = session.get_one(Case, world.case.id)
        case.state = state.value
        if state in (State.CLOSED, State.CLEARED):
            case.ended_at, case.outcome_reason = clock.now(), "核实"


@pytest.mark.parametrize("state", [State.OPEN, State.IN_CARE, State.RETURNING, State.MONITORING])
def test_a_letter_that_leaves_makes_the_case_referred(world, state):
    put_case(world, state)
    referral_id = sent(world)
    assert (state_of(referral_id), case_state(world)) == ("sent", "referred")
    with database.reading() as session:
        events = session.scalars(select(CaseEvent.event)).all()
    assert events == ["refer"]


@pytest.mark.parametrize("state", [State.CLOSED, State.CLEARED])
def test_a_closed_case_gives_409_and_nothing_happens(world, client, state):
    referral_id = drafted(world)
    agreed(world, referral_id)
    put_case(world, state)
    sign_in(client, world.people.counselor)
    page = client.get(f"/referrals/{referral_id}/preview").text
    sha256 = page.split('name="sha256" value="')[1][:64]
    answer = client.post(f"/referrals/{referral_id}/send", data={"sha256": sha256})
    assert answer.status_code == 409
    assert "什么都没有改变" in answer.text
    assert (state_of(referral_id), case_state(world)) == ("ready", state)
    with database.reading() as session:
        assert session.get_one(Referral, referral_id).letter_number is None


def returned(world: Any) -> int:
    referral_id = sent(world)
    at_hospital(world, referral_id, hospital.arrive, hospital.see)
    at_hospital(world, referral_id, hospital.reply, slip=SLIP)
    return referral_id


def test_the_confirmed_reply_brings_the_case_back_with_plan_and_next_steps(world, client):
    referral_id = returned(world)
    assert case_state(world) == "referred"
    by_school(world, referral_id, hospital.confirm, plan=PLAN)
    assert case_state(world) == "returning"
    sign_in(client, world.people.counselor)
    page = client.get(f"/students/{world.people.lin.id}").text
    assert "接下来" in page
    assert "确认学生已安全回到课堂" in page


def test_while_the_letter_is_out_the_timeline_says_whose_turn_it_is(world, client):
    sent(world)
    sign_in(client, world.people.counselor)
    assert "等待医院处理" in client.get(f"/students/{world.people.lin.id}").text


def test_a_confirmation_that_the_case_cannot_follow_changes_nothing(world):
    referral_id = returned(world)
    put_case(world, State.CLOSED)
    with pytest.raises(WrongState):
        by_school(world, referral_id, hospital.confirm, plan=PLAN)
    assert state_of(referral_id) == "returning"


def test_a_letter_that_comes_to_nothing_gives_the_case_back_to_the_school(world):
    referral_id = sent(world)
    by_school(world, referral_id, sending.cancel, reason="家长另约")
    assert case_state(world) == "in_care"


def test_of_two_letters_the_last_one_counts(world):
    first, second = sent(world), sent(world)
    by_school(world, first, sending.recall, reason="发错了")
    assert case_state(world) == "referred"
    by_school(world, second, sending.recall, reason="发错了")
    assert case_state(world) == "in_care"


def test_no_case_ends_while_a_letter_is_out(world):
    referral_id = sent(world)
    by = actor(world.people.counselor)
    with database.writing() as session:
        case = session.get_one(Case, world.case.id)
        case.level = 1
        with pytest.raises(Refused, match="还有没结束的转介"):
            case_actions.step(session, by=by, case=case, event=Event.CLEAR, reason="没有问题")
    by_school(world, referral_id, sending.cancel, reason="另作安排")
    with database.writing() as session:
        case = session.get_one(Case, world.case.id)
        assert case_actions.step(session, by=by, case=case, event=Event.CLEAR, reason="没有问题")


def test_a_redirect_leaves_the_case_referred_until_the_new_letter_ends(world):
    first = sent(world)
    at_hospital(world, first, hospital.receive)
    at_hospital(world, first, hospital.decline, reason="no_bed")
    by_school(world, first, sending.redirect, hospital_id=world.second_hospital.id)
    assert case_state(world) == "referred"
    with database.reading() as session:
        again = session.scalars(select(Referral.id).where(Referral.redirect_of_id == first)).one()
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        by_school(world, again, sending.cancel, reason="家长带去外地")
    assert case_state(world) == "in_care"
