"""The demo's 12355 tickets: one in every state, taken there by the operators of two desks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from accounts.policy import Role
from foundation import clock, database
from referrals.actions import handling, tickets
from referrals.hotline_workflow import State
from referrals.models import HotlineTicket
from web.demo.referrals import place
from web.demo.screenings import actor

Step = Callable[[Session, HotlineTicket], Any]
CITY, COUNTY = "D990100", "D990101"
STEP = timedelta(minutes=2)
CALL = {
    "kind": "case",
    "risk": "1",
    "category": "schooling",
    "summary": "孩子不肯上学，已经一周，家里不知道怎么办。",
    "channel": "phone",
    "caller_type": "guardian",
    "caller_name": "来电家长",
    "call_back": "13900000001",
    "location": "青山区",
    "wish": "希望有人和孩子谈谈",
    "foreign_number": "",
    "consent_to_hand_on": True,
}


def build(morning: datetime) -> None:
    """A ticket in every state, from calls of the last hour."""
    for number, state in enumerate(State):
        with database.writing() as session:
            _bring(session, state, morning - timedelta(minutes=110 - number))


def _bring(session: Session, state: State, start: datetime) -> None:
    crisis = state is State.STOOD_DOWN
    with clock.frozen(start):
        ticket = tickets.open_ticket(
            session,
            by=actor(session, Role.OPERATOR, CITY),
            desk=place(session, CITY),
            facts={**CALL, "kind": "crisis"} if crisis else CALL,
        )
    for count, step in enumerate(WAYS[state], start=1):
        with clock.frozen(start + count * STEP):
            step(session, ticket)


def _by(role: Role, desk: str, verb: Callable[..., Any], /, **values: Any) -> Step:
    return lambda session, ticket: verb(
        session, by=actor(session, role, desk), ticket=ticket, **values
    )


def _city(verb: Callable[..., Any], /, **values: Any) -> Step:
    return _by(Role.OPERATOR, CITY, verb, **values)


def _dispatch(session: Session, ticket: HotlineTicket) -> None:
    by, desk = actor(session, Role.OPERATOR, CITY), place(session, COUNTY)
    tickets.dispatch(session, by=by, ticket=ticket, desk=desk, reason="属地办理")


def _triage(kind: str) -> Step:
    return _city(tickets.triage, kind=kind, category="psych", risk=1)


_back = _by(Role.OPERATOR, COUNTY, tickets.send_back, grounds="孩子不住在本区")
TRIAGED: tuple[Step, ...] = (_triage("case"),)
DISPATCHED: tuple[Step, ...] = (*TRIAGED, _dispatch)
RETURNED: tuple[Step, ...] = (*DISPATCHED, _back)
ACCEPTED: tuple[Step, ...] = (*TRIAGED, _city(tickets.accept))
IN_CONTACT: tuple[Step, ...] = (
    *ACCEPTED,
    _city(handling.contact, whom="guardian", text="已经和母亲通话。"),
)
HANDLING: tuple[Step, ...] = (*IN_CONTACT, _city(handling.handle))
REPLIED: tuple[Step, ...] = (
    *HANDLING,
    _city(handling.reply, text="已约好学校心理老师，家长知道时间。", result="solved"),
)
RATED: tuple[Step, ...] = (*REPLIED, _city(handling.rate, rating=5, solved=True, comment="谢谢"))
OFFERED: tuple[Step, ...] = (
    *HANDLING,
    _city(handling.offer_transfer, receiver="12345", text="户籍和入学问题"),
)
STOOD_DOWN: tuple[Step, ...] = (
    _triage("crisis"),
    _city(tickets.accept),
    _city(handling.contact, whom="child", text="孩子在家，母亲在身边。"),
    _city(handling.ask_stand_down, safe_adult="母亲", text="母亲今晚陪着。"),
    _by(Role.SUPERVISOR, CITY, handling.stand_down),
)
WAYS: dict[State, tuple[Step, ...]] = {
    State.NEW: (),
    State.TRIAGED: TRIAGED,
    State.DISPATCHED: DISPATCHED,
    State.RETURNED: RETURNED,
    State.ARBITRATION: (*RETURNED, _dispatch, _back),
    State.ACCEPTED: ACCEPTED,
    State.IN_CONTACT: IN_CONTACT,
    State.WAITING: (*IN_CONTACT, _city(handling.wait, code="awaiting_caller", hours=20)),
    State.HANDLING: HANDLING,
    State.REPLIED: REPLIED,
    State.RATED: RATED,
    State.TRANSFER_OFFERED: OFFERED,
    State.TRANSFERRED: (*OFFERED, _city(handling.transfer_receipt, receipt="12345-0001")),
    State.STOOD_DOWN: STOOD_DOWN,
    State.CLOSED: (*RATED, _city(handling.close)),
}
