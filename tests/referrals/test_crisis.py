"""A crisis at the 12355 desk: from the first word to the follow-up a day after it is over."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from foundation import clock, database
from foundation.outbox import OutboxMessage
from foundation.problems import Forbidden, Refused
from referrals import jobs
from referrals.actions import handling, paging, tickets
from referrals.models import HotlineTicket, Page
from tests.people import sign_in
from tests.referrals.calls import (
    crisis,
    do,
    in_contact,
    opened,
    ticket,
)
from tests.referrals.test_referral_rows import pushed, reachable


def test_a_crisis_pages_the_duty_chain_in_the_same_transaction(world):
    ticket_id = crisis(world)
    found = ticket(ticket_id)
    assert (found.risk, found.ladder_step) == (3, 0)
    assert found.due_at == found.first_signal_at + timedelta(minutes=5)
    with database.reading() as session:
        assert session.scalars(select(Page).where(Page.subject == f"ticket:{ticket_id}")).all()
        messages = session.scalars(
            select(OutboxMessage).where(OutboxMessage.kind == "push.email")
        ).all()
        assert any(m.urgent and m.payload["path"].endswith("/page") for m in messages)
        for message in messages:
            assert "孩子" not in str(message.payload)


def test_the_ladder_climbs_until_somebody_gives_his_name(world, client):
    ticket_id = crisis(world)
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        jobs.climb_ladders()
        assert ticket(ticket_id).ladder_step == 10
        owner_before = ticket(ticket_id).owner_organisation_id
        do(world, ticket_id, paging.acknowledge)
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        jobs.climb_ladders()
        assert ticket(ticket_id).ladder_step == 10
    with clock.frozen(clock.now() + timedelta(minutes=31)):
        jobs.climb_ladders()
        assert ticket(ticket_id).ladder_step == 30
    assert ticket(ticket_id).owner_organisation_id == owner_before


def test_a_paged_person_sees_one_button_and_the_emergency_card(world, client):
    ticket_id = crisis(world)
    sign_in(client, world.people.operator)
    page = client.get(f"/hotline/{ticket_id}/page")
    assert "我在处理" in page.text
    assert "tel:110" in page.text
    assert client.post(f"/hotline/{ticket_id}/page").status_code == 303
    assert ticket(ticket_id).acknowledged_by == world.people.operator.id
    assert "tel:120" in client.get(f"/hotline/{ticket_id}").text


def test_two_people_stand_a_crisis_down_and_it_is_followed_up_after_a_day(world):
    ticket_id = crisis(world)
    do(world, ticket_id, tickets.triage, kind="crisis", category="psych", risk=3)
    with pytest.raises(Refused):
        do(world, ticket_id, tickets.triage, kind="consult", category="psych", risk=0)
    do(world, ticket_id, tickets.accept)
    do(world, ticket_id, handling.contact, whom="child", text="在教室，有同学陪")
    with pytest.raises(Refused):
        do(world, ticket_id, handling.ask_stand_down, safe_adult=" ", text="安全")
    reachable(world.people.supervisor)
    before = pushed()
    do(world, ticket_id, handling.ask_stand_down, safe_adult="班主任王老师", text="安全")
    assert pushed() == [*before, f"/hotline/{ticket_id}"]
    with pytest.raises(Refused):
        do(world, ticket_id, handling.stand_down)
    do(world, ticket_id, handling.stand_down, by=world.people.supervisor)
    with pytest.raises(Refused):
        do(world, ticket_id, handling.close)
    do(world, ticket_id, handling.followed_up, text="今日到校，情绪平稳")
    with pytest.raises(Forbidden):
        do(world, ticket_id, handling.close)
    do(world, ticket_id, handling.close, by=world.people.supervisor)
    assert ticket(ticket_id).state == "closed"


def test_danger_heard_later_makes_a_crisis_of_any_ticket(world):
    ticket_id = in_contact(world)
    do(world, ticket_id, tickets.escalate, reason="说不想活了")
    found = ticket(ticket_id)
    assert (found.kind, found.state, found.contacted_at) == ("crisis", "accepted", None)
    assert found.due_at == found.first_signal_at + timedelta(minutes=30)
    do(world, ticket_id, handling.contact, whom="child", text="在通话")
    do(world, ticket_id, handling.ask_stand_down, safe_adult="母亲", text="安全")
    do(world, ticket_id, handling.stand_down, by=world.people.supervisor)
    do(world, ticket_id, tickets.escalate, reason="又说要跳楼")
    again = ticket(ticket_id)
    assert again.due_at == again.first_signal_at + timedelta(minutes=30)
    assert again.contacted_at is None


def test_emergency_calls_are_written_down(world, client):
    ticket_id = crisis(world)
    sign_in(client, world.people.operator)
    data = {"emergency_report-number": "110", "emergency_report-text": "青山区某小区"}
    assert client.post(f"/hotline/{ticket_id}/emergency_report", data=data).status_code == 303
    assert ticket(ticket_id).emergency_report["number"] == "110"


def test_every_open_ticket_has_a_desk_a_role_and_a_due_time(world):
    opened(world)
    in_contact(world)
    crisis(world)
    with database.reading() as session:
        for row in session.scalars(select(HotlineTicket)):
            assert row.owner_organisation_id
            assert row.duty_role
            assert row.due_at is not None
