"""Two adults decide about the same thing in the same second: one decides, the other is told."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import User
from foundation import database
from foundation.audit import AuditRow
from screening.campaigns import actions as campaign_actions
from screening.campaigns.workflow import State
from screening.league import concern_actions
from screening.models import Alert, Campaign, Case, Concern, Ticket
from screening.triage import alert_actions
from screening.triage.alert_workflow import Event
from screening.triage.raising import raise_alert
from tests import make
from tests.people import Cast, actor, sign_in
from tests.screening.test_campaigns import draft, staff_duty
from tests.screening.test_concerns import reported
from tests.support.meeting import at_once


@pytest.fixture(autouse=True)
def _now(frozen: datetime) -> None:
    """It is Monday morning."""


def press(app: Flask, user: User, path: str, **form: str) -> Callable[[], int]:
    """A signed-in person who is about to send a form; the answer is its status."""
    client = sign_in(app.test_client(), user)
    return partial(lambda: client.post(path, data=form).status_code)


def written(event: str) -> int:
    """How often the trail says that it was done."""
    with database.reading() as session:
        rows = select(func.count(AuditRow.id)).where(AuditRow.event == event)
        return session.scalar(rows) or 0


def test_two_approvals_in_the_same_second_open_the_campaign(
    app: Flask, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff_duty(people)
    made = draft(people, people.counselor)
    with database.writing() as session:
        campaign = session.get_one(Campaign, made.id)
        lead = actor(people.school_lead)
        campaign_actions.approve_sensitive(session, by=lead, campaign=campaign, reason="年级合适")
        campaign_actions.submit(session, by=actor(people.counselor), campaign=campaign)
    path = f"/campaigns/{made.id}/approve"
    approvers = (people.counselor, people.school_lead)
    assert at_once(monkeypatch, *(press(app, each, path) for each in approvers)) == [303, 303]
    with database.reading() as session:
        assert session.get_one(Campaign, made.id).state == State.APPROVED
        assert session.scalar(select(func.count(Ticket.id))) == 3


def test_of_two_who_take_a_concern_one_takes_it(
    app: Flask, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/concerns/{reported(people)}/acknowledge"
    readers = (people.counselor, people.secretary)
    assert sorted(at_once(monkeypatch, *(press(app, each, path) for each in readers))) == [303, 409]
    assert written("concern.acknowledged") == 1


def test_a_concern_is_not_closed_by_one_and_joined_by_the_other(
    app: Flask, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    concern_id = reported(people)
    with database.writing() as session:
        concern = session.get_one(Concern, concern_id)
        concern_actions.acknowledge(session, by=actor(people.counselor), concern=concern)
    done = at_once(
        monkeypatch,
        press(
            app, people.counselor, f"/concerns/{concern_id}/close", **{"close-reason": "没有根据"}
        ),
        press(app, people.counselor, f"/concerns/{concern_id}/join"),
    )
    assert sorted(done) == [303, 409]
    assert written("concern.closed") + written("concern.joined") == 1


def test_two_reports_about_one_student_open_one_case(
    app: Flask, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    concerns = [reported(people, client_key=f"key-{number}") for number in range(2)]
    joins = [press(app, people.counselor, f"/concerns/{each}/join") for each in concerns]
    assert at_once(monkeypatch, *joins) == [303, 303]
    with database.reading() as session:
        assert session.scalar(select(func.count(Case.id))) == 1


def test_a_concern_and_an_alert_of_one_student_open_one_case(
    app: Flask, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writing() as session:
        campaign = make.campaign(session, school=people.school, klasses=[people.klass_1])
        ticket = make.ticket(session, of=campaign, student=people.lin)
        alert = raise_alert(session, ticket=ticket, rule="phq-9:item-9", severity=3, inputs={})
        for event in (Event.ACKNOWLEDGE, Event.REVIEW):
            alert_actions.step(session, by=actor(people.counselor), alert=alert, event=event)
    done = at_once(
        monkeypatch,
        press(app, people.counselor, f"/concerns/{reported(people)}/join"),
        press(app, people.counselor, f"/alerts/{alert.id}/intervene"),
    )
    with database.reading() as session:
        assert session.scalar(select(func.count(Case.id))) == 1
        assert session.get_one(Alert, alert.id).case_id is not None
    assert done == [303, 303]
