"""What operators and their supervisor find first: what waits for them, and what they can decide."""

from typing import Any

import pytest
from sqlalchemy import select

from accounts.models import User
from foundation import database
from referrals.actions import tickets
from referrals.models import Page
from schools.models import DutySlot
from tests.people import sign_in
from tests.referrals.calls import crisis, do, second_desk, send_to, ticket, triaged


def returned_twice(world: Any) -> int:
    """A ticket that the county sent back twice: the superior decides."""
    desk, ticket_id = second_desk(world), triaged(world)
    with database.reading() as session:
        county = session.scalars(select(User).where(User.username == "county_operator")).one()
    for _turn in range(2):
        send_to(world, ticket_id, desk)
        do(world, ticket_id, tickets.send_back, by=county, grounds="不在辖区")
    return ticket_id


def listed(client: Any, user: User, ticket_id: int) -> bool:
    sign_in(client, user)
    return f'href="/hotline/{ticket_id}"' in client.get("/hotline?show=mine").text


def test_arbitration_waits_for_the_supervisor_and_not_for_operators(world, client):
    ticket_id = returned_twice(world)
    assert listed(client, world.people.supervisor, ticket_id)
    assert "等您处理的工单" in client.get("/start").text
    assert not listed(client, world.people.operator, ticket_id)
    page = client.get(f"/hotline/{ticket_id}").text
    assert "等待督导裁定由哪个服务台办理" in page


def test_what_nobody_has_taken_waits_for_every_operator_of_the_desk(world, client):
    desk, ticket_id = second_desk(world), triaged(world)
    with database.reading() as session:
        county = session.scalars(select(User).where(User.username == "county_operator")).one()
    send_to(world, ticket_id, desk)
    assert listed(client, county, ticket_id)
    assert not listed(client, world.people.operator, ticket_id)
    do(world, ticket_id, tickets.accept, by=county)
    assert listed(client, county, ticket_id)


def test_the_superior_may_decide_that_his_own_desk_keeps_it(world, client):
    ticket_id = returned_twice(world)
    sign_in(client, world.people.supervisor)
    own = {"assign-desk": world.people.desk.id, "assign-reason": "由市台办理"}
    assert client.post(f"/hotline/{ticket_id}/assign", data=own).status_code == 303
    assert (ticket(ticket_id).state, ticket(ticket_id).duty_role) == ("dispatched", "operator")
    do(world, ticket_id, tickets.accept)
    assert ticket(ticket_id).state == "accepted"


@pytest.mark.parametrize("taken", [False, True])
def test_whoever_takes_a_crisis_has_said_that_he_is_on_it(world, client, taken):
    ticket_id = crisis(world)
    do(world, ticket_id, tickets.triage, kind="crisis", category="psych", risk=3)
    if taken:
        do(world, ticket_id, tickets.accept)
    with database.reading() as session:
        mine = select(Page).where(Page.user_id == world.people.operator.id)
        answered = [page.acknowledged_at is not None for page in session.scalars(mine)]
    assert answered == [taken]
    assert (ticket(ticket_id).acknowledged_by == world.people.operator.id) is taken


def test_the_board_begins_with_the_crises(world, client):
    sign_in(client, world.people.supervisor)
    assert "进行中的危机" not in client.get("/hotline/board").text
    crisis(world)
    page = client.get("/hotline/board").text
    assert page.index("进行中的危机") < page.index("<h2>等待接单")


def test_a_supervisor_puts_his_people_on_the_roster(world, client):
    sign_in(client, world.people.supervisor)
    page = client.get("/duty").text
    assert "这个机构还没有教职工" not in page
    slot = {
        "user": world.people.operator.id,
        "position": 3,
        "weekdays": ["0", "1"],
        "starts_at": "22:00",
        "ends_at": "07:00",
        "organisation": world.people.desk.id,
    }
    assert client.post("/duty", data=slot).status_code == 303
    with database.reading() as session:
        rows = select(DutySlot).where(DutySlot.organisation_id == world.people.desk.id)
        assert [row.user_id for row in session.scalars(rows).unique()] == [world.people.operator.id]
