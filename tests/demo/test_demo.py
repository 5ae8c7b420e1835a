"""The demo holds a record in every state, everybody has an account, and nothing is stuck."""

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.policy import Role
from foundation import database, outbox, seals
from foundation.database import Model
from referrals import hotline_workflow, workflow
from referrals.models import HotlineTicket, Referral
from schools.models import StaffRole, Student
from screening.campaigns import workflow as campaign_workflow
from screening.league import care_task_rules, concern_workflow
from screening.models import Alert, Campaign, CareTask, Case, Concern, Ticket
from screening.tickets import rules as tickets
from screening.triage import alert_workflow, case_workflow
from tests.demo.conftest import Loaded
from web import demo_mode, documents
from web.demo import ACCOUNTS, care

# state table -> its states and the records that walk through it
MACHINES: dict[str, tuple[type[StrEnum], type[Model]]] = {
    "screening.triage.alert_workflow": (alert_workflow.State, Alert),
    "screening.triage.case_workflow": (case_workflow.State, Case),
    "screening.campaigns.workflow": (campaign_workflow.State, Campaign),
    "screening.tickets.rules": (tickets.TicketState, Ticket),
    "screening.league.concern_workflow": (concern_workflow.State, Concern),
    "screening.league.care_task_rules": (care_task_rules.State, CareTask),
    "referrals.workflow": (workflow.State, Referral),
    "referrals.hotline_workflow": (hotline_workflow.State, HotlineTicket),
}
STATES = [(name, state) for name, (states, _model) in MACHINES.items() for state in states]


@pytest.fixture
def session(loaded: Loaded) -> Iterator[Session]:
    with database.reading() as opened:
        yield opened


def test_every_state_table_is_tried_here() -> None:
    assert set(documents.tables()) == set(MACHINES)


@pytest.mark.parametrize(("machine", "state"), STATES)
def test_a_record_is_in_the_state(session: Session, machine: str, state: StrEnum) -> None:
    model = MACHINES[machine][1]
    rows = select(func.count()).select_from(model).where(model.state == state.value)  # type: ignore[attr-defined]
    assert session.scalar(rows)


def test_it_looks_like_an_ordinary_working_day(session: Session) -> None:
    """At the first start one alert is overdue on purpose; some are due within the hour."""
    newest = session.scalar(select(func.max(Alert.created_at)))
    assert newest is not None
    started = newest + timedelta(minutes=min(minutes for minutes, _danger, _events in care.FRESH))
    late = [
        session.scalar(
            select(func.count(each.id)).where(each.ended_at.is_(None), each.due_at < started)
        )
        for each in (Alert, Case, Concern)
    ]
    assert late == [1, 0, 0]
    soon = Alert.due_at.between(started, started + timedelta(hours=1))
    assert (session.scalar(select(func.count(Alert.id)).where(soon)) or 0) >= 2


def test_there_are_more_than_two_thousand_three_hundred_students(session: Session) -> None:
    assert (session.scalar(select(func.count()).select_from(Student)) or 0) >= 2300


@pytest.mark.parametrize("role", list(Role))
def test_the_role_is_staffed_and_has_an_account(
    session: Session, loaded: Loaded, role: Role
) -> None:
    lines = (loaded.home / ACCOUNTS).read_text(encoding="utf-8").splitlines()
    assert role.value in {line.split("\t")[1] for line in lines}
    assert session.scalars(select(StaffRole.id).where(StaffRole.role == role.value)).first()


def test_a_thousand_tickets_of_open_campaigns_are_unanswered(session: Session) -> None:
    waiting = (
        select(func.count())
        .select_from(Ticket)
        .join(Campaign, Campaign.id == Ticket.campaign_id)
        .where(Campaign.state == "approved", Ticket.state == "issued")
    )
    assert (session.scalar(waiting) or 0) >= 1000


def test_the_list_of_accounts_is_for_the_owner_of_the_home_only(loaded: Loaded) -> None:
    assert (loaded.home / ACCOUNTS).stat().st_mode & 0o077 == 0


def test_nothing_waits_to_leave_and_the_trail_is_whole(loaded: Loaded) -> None:
    assert outbox.drain(limit=100_000) >= 0
    with database.reading() as session:
        assert outbox.oldest_seconds(session) == 0
    assert seals.verify().ok


@pytest.mark.parametrize(
    ("form", "username"),
    [
        ({"role": "counselor"}, "counselor-9901010001"),
        ({"role": "counselor", "place": "青山高级中学"}, "counselor-9901010002"),
        ({"role": "operator", "place": "临江市12355青少年服务台"}, "operator-d990100"),
    ],
)
def test_one_click_leads_to_a_role_and_to_a_role_of_one_place(
    application: Flask,
    loaded: Loaded,
    monkeypatch: pytest.MonkeyPatch,
    form: dict[str, str],
    username: str,
) -> None:
    for key in ("DEMO", "DEMO_ROLES", "DEMO_PLACES"):
        monkeypatch.setitem(application.config, key, None)
    demo_mode.load(application, loaded.home)
    client = application.test_client()
    assert (
        f'name="place" value="{form.get("place", "青山高级中学")}"' in client.get("/sign-in").text
    )
    assert client.post("/sign-in/demo", data=form).status_code == 303
    with database.reading() as session:
        name = session.scalar(select(User.name).where(User.username == username))
    assert str(name) in client.get("/start").text
