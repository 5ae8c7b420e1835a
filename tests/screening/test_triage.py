"""The way of an alert: queue, taking, case, level, clearing; who sees it and who never does."""

from datetime import datetime

import pytest

from foundation import clock, database
from foundation.problems import WrongState
from foundation.state_machine import follow
from screening import alert_actions, case_actions
from screening.alert_workflow import ENDED, TRANSITIONS, Event, State
from screening.case_workflow import Event as CaseEvent
from screening.custody import Charge, violations
from screening.models import Alert, AlertReach, Case
from screening.raising import raise_alert
from tests import make
from tests.people import Cast, actor, sign_in
from tests.support.pages import CheckedClient


def raised(people: Cast, rule: str = "phq-9:9>=1") -> int:
    with database.writing() as session:
        campaign = make.campaign(session, school=people.school)
        ticket = make.ticket(session, of=campaign, student=people.lin)
        return raise_alert(
            session, ticket=ticket, rule=rule, severity=3, inputs={"item": "9", "value": 1}
        ).id


def test_the_clock_never_moves_an_alert() -> None:
    for state, event in TRANSITIONS:
        with pytest.raises(WrongState):
            follow(TRANSITIONS, state, event, person=False)


def test_every_open_state_can_be_cleared_and_no_ended_one_moves() -> None:
    assert {s for s, e in TRANSITIONS if e == Event.CLEAR} == set(State) - ENDED


def test_a_record_without_owner_or_past_its_time_is_a_violation(frozen: datetime) -> None:
    hole = Charge("alert", 1, 1, "counselor", None, None)
    late = Charge("case", 2, 1, "counselor", 3, frozen.replace(year=2025))
    good = Charge("case", 4, 1, "counselor", 3, frozen.replace(year=2027))
    found = violations([hole, late, good], clock.now())
    assert [(v.charge.id, v.code) for v in found] == [
        (1, "no_owner"),
        (1, "no_due"),
        (2, "overdue"),
    ]


def test_a_flag_reaches_counselor_and_secretary_but_no_fellow_student(people: Cast) -> None:
    raised(people)
    with database.reading() as session:
        reached = {row.user_id for row in session.query(AlertReach)}
        assert session.query(Alert).one().owner_user_id == people.counselor.id
    assert {people.counselor.id, people.secretary.id} <= reached
    assert people.contact.id not in reached


def test_an_alert_is_taken_reviewed_and_becomes_a_case(people: Cast, client: CheckedClient) -> None:
    alert = raised(people)
    sign_in(client, people.counselor)
    assert people.lin.name in client.get("/alerts").text
    assert client.get(f"/alerts/{alert}").status_code == 200
    for event in ("acknowledge", "review", "intervene"):
        assert client.post(f"/alerts/{alert}/{event}").status_code == 303
    assert client.get("/cases").status_code == 200
    with database.reading() as session:
        case = session.query(Case).one().id
    assert client.get(f"/cases/{case}").status_code == 200
    talk = {"talk-held_at": "2026-11-22T10:00", "talk-record": "谈话", "talk-level": "2"}
    assert client.post(f"/cases/{case}/interview", data=talk).status_code == 303
    assert client.post(f"/cases/{case}/steps/start_care").status_code == 303
    for path in ("/custody", f"/cases/{case}", f"/alerts/{alert}"):
        assert client.get(path).status_code == 200


def test_the_poll_answers_304_while_nothing_is_new(people: Cast, client: CheckedClient) -> None:
    raised(people)
    sign_in(client, people.counselor)
    first = client.get("/alerts/poll")
    again = client.get("/alerts/poll", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)


def test_another_school_a_peer_and_a_homeroom_teacher_see_nothing(
    people: Cast, client: CheckedClient
) -> None:
    alert = raised(people)
    for user in (people.other_counselor, people.contact, people.homeroom, people.secretary):
        sign_in(client, user)
        assert client.get(f"/alerts/{alert}").status_code == 404
    sign_in(client, people.homeroom)
    assert people.lin.name not in client.get("/advice").text
    sign_in(client, people.secretary)
    page = client.get("/care").text
    assert people.lin.name in page
    assert "phq-9" not in page


def test_a_grave_case_is_cleared_by_two_people_and_recalls_every_flag(people: Cast) -> None:
    alert_id = raised(people)
    by, lead = actor(people.counselor), actor(people.school_lead)
    with database.writing() as session:
        alert = session.get_one(Alert, alert_id)
        case = case_actions.open_case(session, by=by, alert=alert)
        alert_actions.step(session, by=by, alert=alert, event=Event.ACKNOWLEDGE)
        case_actions.interview(
            session, by=by, case=case, record="谈话", level=3, held_at=clock.now()
        )
        clear = CaseEvent.CLEAR
        assert not case_actions.step(session, by=by, case=case, event=clear, reason="安全")
        assert not case_actions.step(session, by=by, case=case, event=clear, reason="安全")
        assert case_actions.step(session, by=lead, case=case, event=clear, reason="安全")
        assert (case.state, alert.state) == ("cleared", "cleared")
