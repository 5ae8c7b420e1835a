"""Handing work over, reassigning, deputies, contact and saves that meet: tried as sentences."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from accounts.models import User
from accounts.policy import Role
from foundation import clock, database
from foundation.problems import Forbidden
from schools.models import Organisation, Student
from screening.models import Alert, AlertReach, Case, FollowUp, Handover
from screening.triage import alert_actions, case_actions, handover_actions
from screening.triage.alert_workflow import Event
from screening.triage.raising import raise_alert
from tests import make
from tests.people import Cast, actor, sign_in
from tests.support.pages import CheckedClient


def opened(people: Cast, origin: str = "live") -> tuple[int, int]:
    """An alert under way and its case with one follow-up, both of the counselor."""
    by = actor(people.counselor)
    with database.writing() as session:
        campaign = make.campaign(session, school=people.school)
        ticket = make.ticket(session, of=campaign, student=people.lin)
        alert = raise_alert(
            session, ticket=ticket, rule="phq-9:9>=1", severity=3, inputs={}, origin=origin
        )
        for event in (Event.ACKNOWLEDGE, Event.REVIEW, Event.INTERVENE):
            alert_actions.step(session, by=by, alert=alert, event=event)
        case = session.get_one(Case, alert.case_id)
        soon = clock.now() + timedelta(days=2)
        case_actions.add_follow_up(session, by=by, case=case, what="再谈", due_at=soon)
        return alert.id, case.id


def colleague(people: Cast) -> User:
    with database.writing() as session:
        user = make.user(session, name="孙老师", username="sun")
        make.role(session, of=user, role=Role.COUNSELOR, at=people.school)
        return user


def owners() -> set[int | None]:
    with database.reading() as session:
        columns = (Alert.owner_user_id, Case.owner_user_id, FollowUp.owner_user_id)
        return {owner for column in columns for owner in session.scalars(select(column))}


def test_a_handover_moves_everything_only_once_it_is_accepted(
    people: Cast, client: CheckedClient
) -> None:
    opened(people)
    other = colleague(people)
    sign_in(client, people.counselor)
    assert client.post("/handovers", data={"to": other.id, "note": "寒假"}).status_code == 303
    assert owners() == {people.counselor.id}
    assert client.post("/handovers/1/accept").status_code == 403
    sign_in(client, other)
    assert "寒假" in client.get("/handovers").text
    assert client.post("/handovers/1/accept").status_code == 303
    assert owners() == {other.id}
    assert client.post("/handovers/1/return").status_code == 303
    assert owners() == {people.counselor.id}
    assert client.post("/handovers/1/accept").status_code == 409


def second_school(people: Cast, *users: User) -> tuple[int, Student]:
    """Another school at which these people are counselors too, with one student."""
    with database.writing() as session:
        school = make.organisation(session, name="青山二中", under=people.county)
        room = make.klass(session, school=school, grade=make.grade(session, school=school))
        for user in users:
            make.role(session, of=user, role=Role.COUNSELOR, at=school)
        return school.id, make.student(session, klass=room, name="姜小溪")


def flagged(school_id: int, student: Student, owner: User) -> int:
    with database.writing() as session:
        campaign = make.campaign(session, school=session.get_one(Organisation, school_id))
        ticket = make.ticket(session, of=campaign, student=student)
        alert = raise_alert(session, ticket=ticket, rule="gad-7:severe", severity=2, inputs={})
        alert.owner_user_id = owner.id
        return alert.id


def test_one_handover_covers_every_school_that_both_work_at(
    people: Cast, client: CheckedClient
) -> None:
    opened(people)
    other = colleague(people)
    school, student = second_school(people, people.counselor, other)
    flagged(school, student, people.counselor)
    sign_in(client, people.counselor)
    page = client.get("/handovers").text
    assert "孙老师（青山中学、青山二中）" in page
    assert client.post("/handovers", data={"to": other.id, "note": "寒假"}).status_code == 303
    sign_in(client, other)
    page = client.get("/handovers").text
    assert "青山二中" in page
    assert client.post("/handovers/1/accept").status_code == 303
    assert owners() == {other.id}
    assert client.post("/handovers/2/return").status_code == 303
    assert owners() == {people.counselor.id}


def test_work_at_a_school_where_the_colleague_is_nobody_stays_and_is_named(
    people: Cast, client: CheckedClient
) -> None:
    opened(people)
    other = colleague(people)
    school, student = second_school(people, people.counselor)
    alert = flagged(school, student, people.counselor)
    sign_in(client, people.counselor)
    client.post("/handovers", data={"to": other.id, "note": "寒假"})
    assert "青山二中" in client.get("/handovers").text
    sign_in(client, other)
    client.post("/handovers/1/accept")
    with database.reading() as session:
        assert session.get_one(Alert, alert).owner_user_id == people.counselor.id


def test_another_school_never_sees_a_handover(people: Cast, client: CheckedClient) -> None:
    other = colleague(people)
    by = actor(people.counselor)
    with database.writing() as session:
        (row,) = handover_actions.offer(
            session,
            by=by,
            school_ids=[people.school.id],
            to_user_id=other.id,
            note="寒假",
            until=None,
        )
        with pytest.raises(Forbidden):
            handover_actions.answer(session, by=by, rows=[row], event="accept")
    for user in (people.other_counselor, people.school_lead):
        sign_in(client, user)
        assert client.post(f"/handovers/{row.id}/accept").status_code == 404
    with database.reading() as session:
        assert session.query(Handover).one().state == "offered"


def test_a_decision_is_no_contact_but_a_talk_is(people: Cast) -> None:
    alert_id, case_id = opened(people)
    with database.writing() as session:
        alert, case = session.get_one(Alert, alert_id), session.get_one(Case, case_id)
        assert alert.first_contact_at is None
        before, now = alert.due_at, clock.now()
        assert before is not None
        assert before < now + timedelta(days=1)
        case_actions.interview(
            session, by=actor(people.counselor), case=case, record="谈话", level=2, held_at=now
        )
        assert alert.first_contact_at == now
        assert alert.due_at is not None
        assert alert.due_at > before


def test_a_contact_needs_a_note(people: Cast, client: CheckedClient) -> None:
    alert_id, _case = opened(people)
    sign_in(client, people.counselor)
    assert client.post(f"/alerts/{alert_id}/contact").status_code == 422
    there = {"reason": "电话里聊了"}
    assert client.post(f"/alerts/{alert_id}/contact", data=there).status_code == 303
    with database.reading() as session:
        assert session.query(Alert).one().first_contact_at is not None


def test_the_second_of_two_saves_sees_the_first(people: Cast, client: CheckedClient) -> None:
    alert_id, case_id = opened(people)
    sign_in(client, people.counselor)
    plan = {"plan-goals": "每周一次", "plan-owner": people.counselor.id, "plan-deputy": 0}
    with database.reading() as session:
        version = session.get_one(Case, case_id).version
    sent = {**plan, "version": version}
    assert client.post(f"/cases/{case_id}/plan", data=sent).status_code == 303
    late = client.post(f"/cases/{case_id}/plan", data={**sent, "plan-goals": "改写"})
    assert late.status_code == 409
    assert "每周一次" in late.text
    assert "改写" in late.text
    stale = {"version": 1, "reason": "完成"}
    assert client.post(f"/alerts/{alert_id}/close", data=stale).status_code == 409


def test_a_case_gets_a_new_owner_with_its_follow_ups_and_a_deputy(
    people: Cast, client: CheckedClient
) -> None:
    _alert, case_id = opened(people)
    other = colleague(people)
    sign_in(client, people.counselor)
    plan = {"plan-goals": "", "plan-owner": other.id, "plan-deputy": people.counselor.id}
    assert client.post(f"/cases/{case_id}/plan", data=plan).status_code == 303
    with database.reading() as session:
        case = session.get_one(Case, case_id)
        assert (case.owner_user_id, case.deputy_user_id) == (other.id, people.counselor.id)
        assert session.query(FollowUp).one().owner_user_id == other.id
    assert (
        client.post(f"/cases/{case_id}/plan", data={**plan, "plan-deputy": other.id}).status_code
        == 422
    )


def test_the_student_s_page_tells_each_what_he_may_know(
    people: Cast, client: CheckedClient
) -> None:
    alert_id, case_id = opened(people)
    sign_in(client, people.counselor)
    page = client.get(f"/students/{people.lin.id}").text
    assert f"/alerts/{alert_id}" in page
    assert f"/cases/{case_id}" in page
    sign_in(client, people.school_admin)
    page = client.get(f"/students/{people.lin.id}").text
    assert "/alerts/" not in page
    assert "/cases/" not in page


def test_the_list_to_print_has_whom_nobody_spoke_with(people: Cast, client: CheckedClient) -> None:
    opened(people)
    sign_in(client, people.counselor)
    page = client.get("/alerts/print").text
    assert people.lin.name in page
    assert "phq-9" not in page


def test_an_old_sheet_reaches_its_owner_and_nobody_on_duty(people: Cast) -> None:
    opened(people, origin="import")
    with database.reading() as session:
        roles = {row.as_role for row in session.query(AlertReach)}
    assert "counselor" in roles
    assert "duty_person" not in roles
