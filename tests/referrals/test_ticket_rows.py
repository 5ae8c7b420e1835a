"""The rows of cases-and-referrals.md §5.5 that this release covers, and the crisis ladder."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from accounts.models import User
from foundation import clock, database
from foundation.problems import Forbidden, Problem, Refused
from referrals import jobs
from referrals.actions import handling, paging, tickets
from referrals.models import Clock, HotlineStep, HotlineTicket
from schools.models import Organisation
from tests.people import actor, sign_in
from tests.referrals.calls import (
    crisis,
    do,
    in_contact,
    opened,
    second_desk,
    send_to,
    ticket,
    triaged,
)

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def clocks(ticket_id: int) -> dict[str, Clock]:
    with database.reading() as session:
        rows = session.scalars(select(Clock).where(Clock.subject == f"ticket:{ticket_id}"))
        return {row.kind: row for row in rows}


def replied(world: Any) -> int:
    ticket_id = in_contact(world)
    do(world, ticket_id, handling.handle)
    do(world, ticket_id, handling.reply, text="已约好。", result="solved")
    return ticket_id


def county_operator() -> User:
    with database.reading() as session:
        return session.scalars(select(User).where(User.username == "county_operator")).one()


@pytest.mark.parametrize(
    ("kind", "name", "target"),
    [
        ("crisis", "crisis_contact", 30 * MINUTE),
        ("case", "case_reply", 48 * HOUR),
        ("consult", "consult_reply", 24 * HOUR),
    ],
)
def test_row_new_each_kind_has_its_clock_from_the_first_signal(world, kind, name, target):
    ticket_id = opened(world, kind=kind)
    row = clocks(ticket_id)[name]
    assert row.started_at == ticket(ticket_id).first_signal_at
    assert row.due_at - row.started_at == target
    assert (row.basis == "wall") == (kind == "crisis")


def test_row_triaged_a_crisis_waits_five_minutes_at_the_most(world):
    ticket_id = opened(world, kind="crisis")
    assert ticket(ticket_id).due_at == clock.now() + 5 * MINUTE
    do(world, ticket_id, tickets.triage, kind="crisis", category="psych", risk=3)
    assert clocks(ticket_id)["triage"].result == "met"
    assert ticket(ticket_id).due_at == clock.now() + 30 * MINUTE


@pytest.mark.parametrize(
    ("kind", "target"), [("crisis", 5 * MINUTE), ("case", 4 * HOUR), ("consult", 2 * HOUR)]
)
def test_row_dispatched_the_desk_signs_within_its_own_time(world, kind, target):
    ticket_id = triaged(world, kind=kind)
    send_to(world, ticket_id, second_desk(world))
    row = clocks(ticket_id)["sign_for.1"]
    assert row.due_at - row.started_at == target


def test_row_returned_names_the_suggested_desk_and_only_the_desk_itself_returns(world, client):
    desk = second_desk(world)
    ticket_id = triaged(world)
    send_to(world, ticket_id, desk)
    with pytest.raises(Forbidden):
        do(world, ticket_id, tickets.send_back, grounds="不是我的")
    with database.writing() as session:
        tickets.send_back(
            session,
            by=actor(county_operator()),
            ticket=session.get_one(HotlineTicket, ticket_id),
            grounds="孩子住在市里",
            suggested=session.get_one(Organisation, desk),
        )
    sign_in(client, world.people.operator)
    page = client.get(f"/hotline/{ticket_id}").text
    assert "建议由 青山区12355 办理" in page
    assert f'<option selected value="{desk}">' in page


def test_row_returned_in_the_first_quarter_and_later_the_superior_decides(world, client):
    desk = second_desk(world)
    early, late = triaged(world), triaged(world)
    for ticket_id in (early, late):
        send_to(world, ticket_id, desk)
    sign_in(client, county_operator())
    assert "更晚的退单由上级裁定" in client.get(f"/hotline/{early}").text
    with clock.frozen(clock.now() + 12 * HOUR):
        do(world, early, tickets.send_back, by=county_operator(), grounds="不在辖区")
    with clock.frozen(clock.now() + 12 * HOUR + MINUTE):
        do(world, late, tickets.send_back, by=county_operator(), grounds="不在辖区")
    assert (ticket(early).state, ticket(late).state) == ("returned", "arbitration")
    assert ticket(late).duty_role == "supervisor"


def test_row_in_contact_stops_the_crisis_clock_with_a_person_reached(world):
    ticket_id = triaged(world, kind="crisis")
    do(world, ticket_id, tickets.accept)
    with pytest.raises(Refused):
        do(world, ticket_id, handling.contact, whom="语音信箱", text="")
    do(world, ticket_id, handling.contact, whom="police_receipt", text="110 回执 7")
    assert clocks(ticket_id)["crisis_contact"].result == "met"


def test_row_waiting_pauses_a_day_each_and_three_days_together(world):
    ticket_id = in_contact(world)
    due = clocks(ticket_id)["case_reply"].due_at
    moment = clock.now()
    for _day in range(3):
        with clock.frozen(moment):
            do(world, ticket_id, handling.wait, code="awaiting_agency", hours=99)
            assert ticket(ticket_id).due_at == moment + 24 * HOUR
        moment += 24 * HOUR + MINUTE
        with clock.frozen(moment):
            jobs.end_pauses()
    with clock.frozen(moment), pytest.raises(Refused, match="暂停的时间已经用完"):
        do(world, ticket_id, handling.wait, code="awaiting_agency", hours=1)
    # three days of waiting, and the weekend that now lies in the two working days that are left
    assert clocks(ticket_id)["case_reply"].due_at == due + 72 * HOUR + timedelta(days=2)
    assert ticket(ticket_id).state == "in_contact"


def test_row_replied_is_rated_after_three_days_of_calls_or_stays_open(world):
    ticket_id = replied(world)
    for day in range(3):
        with clock.frozen(clock.now() + day * 24 * HOUR):
            with pytest.raises(Refused):
                do(world, ticket_id, handling.close)
            do(world, ticket_id, handling.invite)
    do(world, ticket_id, handling.close)
    assert (ticket(ticket_id).state, ticket(ticket_id).rating) == ("closed", None)


def test_row_redo_has_a_clock_of_its_own_and_keeps_the_first_result(world):
    ticket_id = replied(world)
    do(world, ticket_id, handling.rate, rating=1, solved=False, comment="没有人来")
    with clock.frozen(clock.now() + HOUR):
        do(world, ticket_id, handling.redo, by=world.people.supervisor, reason="再约一次")
        found = clocks(ticket_id)
        assert found["case_reply"].result == "met"
        assert found["case_reply.1"].due_at == clock.now() + 48 * HOUR
        assert ticket(ticket_id).due_at == found["case_reply.1"].due_at
    with database.reading() as session:
        step = session.scalars(select(HotlineStep).where(HotlineStep.event == "redo")).one()
    assert step.detail["reply"] == "已约好。"


def test_row_transferred_stays_ours_until_the_receipt(world):
    ticket_id = in_contact(world, consent_to_hand_on=True)
    do(world, ticket_id, handling.offer_transfer, receiver="12345", text="入学")
    assert ticket(ticket_id).ended_at is None
    with pytest.raises(Refused):
        do(world, ticket_id, handling.transfer_receipt, receipt=" ")
    do(world, ticket_id, handling.transfer_receipt, receipt="12345-7")
    assert ticket(ticket_id).receipt == "12345-7"


def test_row_inbound_keeps_both_numbers(world):
    found = ticket(opened(world, channel="12345", foreign_number="BJ-2026-9"))
    assert found.foreign_number == "BJ-2026-9"
    assert found.number.startswith("GD")


@pytest.mark.parametrize("kind", ["case", "crisis"])
def test_row_reopened_runs_again_and_a_crisis_pages_again(world, kind):
    ticket_id = replied(world) if kind == "case" else stood_down(world)
    if kind == "case":
        do(world, ticket_id, handling.rate, rating=5, solved=True, comment="")
    else:
        do(world, ticket_id, handling.followed_up, text="平稳")
    do(world, ticket_id, handling.close, by=world.people.supervisor)
    with clock.frozen(clock.now() + 29 * 24 * HOUR):
        do(world, ticket_id, handling.reopen, reason="又来电")
        found = ticket(ticket_id)
        assert found.due_at is not None
        assert found.due_at > clock.now()
        assert (found.ladder_step, found.contacted_at is None) == (
            (0, True) if kind == "crisis" else (-1, False)
        )
    do_close = clock.now() + 90 * 24 * HOUR
    with clock.frozen(do_close), pytest.raises(Problem):
        do(world, ticket_id, handling.reopen, reason="太晚")


def stood_down(world: Any) -> int:
    ticket_id = triaged(world, kind="crisis")
    do(world, ticket_id, tickets.accept)
    do(world, ticket_id, handling.contact, whom="child", text="在身边")
    do(world, ticket_id, handling.ask_stand_down, safe_adult="母亲", text="今晚陪着")
    do(world, ticket_id, handling.stand_down, by=world.people.supervisor)
    return ticket_id


def test_row_stood_down_is_followed_up_after_a_day_and_read_by_the_supervisor(world, client):
    ticket_id = stood_down(world)
    assert ticket(ticket_id).due_at == clock.now() + 24 * HOUR
    do(world, ticket_id, handling.followed_up, text="平稳")
    sign_in(client, world.people.operator)
    assert "等待督导核对后办结" in client.get(f"/hotline/{ticket_id}").text
    with pytest.raises(Forbidden):
        do(world, ticket_id, handling.close)
    do(world, ticket_id, handling.close, by=world.people.supervisor)


def test_ladder_each_minute_adds_its_watchers_until_a_name_stops_it(world, client):
    ticket_id = crisis(world)
    start = clock.now()
    reached = []
    for minute in (3, 5, 10, 15, 20, 30):
        with clock.frozen(start + minute * MINUTE):
            jobs.climb_ladders()
            reached.append(ticket(ticket_id).ladder_step)
    assert reached == [3, 5, 10, 15, 20, 30]
    with database.reading() as session:
        ways = session.scalars(
            select(HotlineStep.reason).where(HotlineStep.event == "page").order_by(HotlineStep.id)
        ).all()
    assert ways == ["push", "phone", "push", "push", "push", "card", "incident"]
    assert ticket(ticket_id).owner_organisation_id == world.people.desk.id
    sign_in(client, world.people.operator)
    assert "超过时限没有联系上" in client.get(f"/hotline/{ticket_id}").text


def test_ladder_goes_on_ten_minutes_after_a_name_without_contact(world):
    ticket_id = crisis(world)
    start = clock.now()
    with clock.frozen(start + 2 * MINUTE), database.writing() as session:
        found = session.get_one(HotlineTicket, ticket_id)
        paging.acknowledge(session, by=actor(world.people.operator), ticket=found)
    with clock.frozen(start + 11 * MINUTE):
        jobs.climb_ladders()
    assert ticket(ticket_id).ladder_step == 0
    with clock.frozen(start + 12 * MINUTE):
        jobs.climb_ladders()
    assert ticket(ticket_id).ladder_step == 10
