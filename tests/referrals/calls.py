"""Calls to the 12355 desk, brought to the point at which a test begins."""

from typing import Any

from accounts.policy import Role
from foundation import database
from foundation.push import add_channel
from referrals.actions import handling, tickets
from referrals.models import HotlineTicket
from schools.models import Organisation
from tests import make
from tests.people import actor

CALL = {
    "kind": "case",
    "risk": "1",
    "summary": "孩子不肯上学，已经一周。",
    "channel": "phone",
    "caller_type": "guardian",
    "caller_name": "来电人",
    "call_back": "13900000001",
    "location": "青山区",
    "wish": "",
    "foreign_number": "",
}


def opened(world: Any, by: Any = None, **changes: Any) -> int:
    with database.writing() as session:
        desk = session.get_one(Organisation, world.people.desk.id)
        by = actor(by or world.people.operator)
        return tickets.open_ticket(session, by=by, desk=desk, facts={**CALL, **changes}).id


def do(world: Any, ticket_id: int, verb: Any, by: Any = None, **values: Any) -> None:
    with database.writing() as session:
        ticket = session.get_one(HotlineTicket, ticket_id)
        verb(session, by=actor(by or world.people.operator), ticket=ticket, **values)


def triaged(world: Any, **changes: Any) -> int:
    ticket_id = opened(world, **changes)
    kind = changes.get("kind", "case")
    do(world, ticket_id, tickets.triage, kind=kind, category="psych", risk=1)
    return ticket_id


def in_contact(world: Any, **changes: Any) -> int:
    ticket_id = triaged(world, **changes)
    do(world, ticket_id, tickets.accept)
    do(world, ticket_id, handling.contact, whom="guardian", text="已通话")
    return ticket_id


def ticket(ticket_id: int) -> HotlineTicket:
    with database.reading() as session:
        return session.get_one(HotlineTicket, ticket_id)


def second_desk(world: Any) -> int:
    with database.writing() as session:
        desk = make.organisation(
            session, name="青山区12355", kind="desk", under=world.people.county
        )
        made = make.user(session, name="区接线员", username="county_operator")
        make.role(session, of=made, role=Role.OPERATOR, at=desk)
        return desk.id


def send_to(world: Any, ticket_id: int, desk_id: int, by: Any = None) -> None:
    with database.writing() as session:
        tickets.dispatch(
            session,
            by=actor(by or world.people.operator),
            ticket=session.get_one(HotlineTicket, ticket_id),
            desk=session.get_one(Organisation, desk_id),
            reason="属地办理",
        )


def crisis(world: Any) -> int:
    with database.writing() as session:
        add_channel(
            session,
            by="system:tests",
            user_id=world.people.operator.id,
            kind="email",
            address="duty@example.org",
        )
    return opened(world, kind="crisis")
