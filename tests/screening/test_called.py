"""Who is called because he is on duty can act; who has left is called no more and owns nothing."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.policy import Role
from foundation import clock, database, push
from foundation.audit import AuditRow
from foundation.outbox import OutboxMessage
from schools.actions import end_role
from schools.duty.queries import on_duty
from schools.models import DutySlot, Organisation, StaffRole
from screening.league import concern_actions, concern_paging
from screening.models import Alert, AlertChange, Case, Concern
from screening.triage import jobs
from screening.triage.alert_actions import step
from screening.triage.alert_workflow import Event
from screening.triage.raising import raise_alert
from tests import make
from tests.people import Cast, actor, sign_in
from tests.support.pages import CheckedClient

ALMOST_MIDNIGHT = datetime(2026, 11, 27, 23, 59, 30, tzinfo=clock.SHANGHAI)
RULE = "phq-9:item-9"


def on_the_roster(session: Session, person: User, at: Organisation) -> None:
    hours = {"starts_at": datetime.min.time(), "ends_at": datetime.min.time()}
    make.added(session, DutySlot(organisation_id=at.id, user_id=person.id, position=1, **hours))
    address = f"{person.username}@example.org"
    push.add_channel(session, by=make.BY, user_id=person.id, kind="email", address=address)


def flagged(session: Session, people: Cast, severity: int = 3) -> Alert:
    name = f"测评{next(make.numbers)}"
    campaign = make.campaign(session, school=people.school, klasses=[people.klass_1], name=name)
    ticket = make.ticket(session, of=campaign, student=people.lin)
    inputs = {"instrument": "phq-9", "item": "9", "value": 2}
    return raise_alert(session, ticket=ticket, rule=RULE, severity=severity, inputs=inputs)


@pytest.fixture
def called(people: Cast) -> Alert:
    """Friday night: nobody of the school is on duty, the operator backs the county's schools."""
    with database.writing() as session, clock.frozen(ALMOST_MIDNIGHT):
        on_the_roster(session, people.operator, people.city)
        make.guardian(session, of=people.lin, name="林妈妈", phone="13911112222")
        return flagged(session, people)


def paths(person: User) -> list[str]:
    with database.reading() as session:
        channels = {each.id for each in push.channels_of(session, person.id)}
        rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
        return [row.payload["path"] for row in rows if row.payload.get("channel") in channels]


def fresh(alert: Alert) -> Alert:
    with database.reading() as session:
        return session.get_one(Alert, alert.id)


def test_who_is_on_duty_above_the_school_opens_what_called_him(
    client: CheckedClient, people: Cast, called: Alert
) -> None:
    [path] = paths(people.operator)
    page = sign_in(client, people.operator).get(path)
    assert page.status_code == 200
    assert people.lin.name in page.text
    assert "13911112222" in page.text
    assert RULE not in page.text
    assert "PHQ" not in page.text


def test_he_takes_it_and_says_how_he_reached_the_student(
    client: CheckedClient, people: Cast, called: Alert
) -> None:
    sign_in(client, people.operator)
    path = f"/called/{called.id}"
    assert client.post(f"{path}/take").status_code == 303
    assert client.post(f"{path}/take").status_code == 303  # the same tap twice
    assert fresh(called).state == "acknowledged"
    assert fresh(called).owner_user_id == people.counselor.id
    assert client.post(f"{path}/contact", data={"reason": ""}).status_code == 422
    note = {"reason": "已和妈妈通话，她陪着"}
    assert client.post(f"{path}/contact", data=note).status_code == 303
    assert fresh(called).first_contact_at is not None


def test_nobody_else_opens_it_and_he_only_until_the_counselor_works_on_it(
    client: CheckedClient, people: Cast, called: Alert
) -> None:
    path = f"/called/{called.id}"
    assert sign_in(client, people.supervisor).get(path).status_code == 404
    assert sign_in(client, people.homeroom).get(path).status_code == 404
    by = actor(people.counselor)
    with database.writing() as session:
        alert = session.get_one(Alert, called.id)
        step(session, by=by, alert=alert, event=Event.ACKNOWLEDGE)
        step(session, by=by, alert=alert, event=Event.REVIEW)
    assert sign_in(client, people.operator).get(path).status_code == 404


def test_what_is_not_critical_names_nobody_outside_the_school(people: Cast) -> None:
    with database.writing() as session:
        on_the_roster(session, people.operator, people.city)
        flagged(session, people, severity=2)
    assert paths(people.operator) == []


def test_a_school_that_has_nobody_left_is_answered_for_by_who_is_on_duty_above(
    client: CheckedClient, people: Cast
) -> None:
    with database.writing() as session:
        on_the_roster(session, people.operator, people.city)
        _leaves(session, people)
        alert = flagged(session, people, severity=2)
        assert alert.owner_user_id == people.operator.id
    [path] = paths(people.operator)
    assert sign_in(client, people.operator).get(path).status_code == 200


def test_who_has_no_role_there_any_more_is_not_on_duty(people: Cast) -> None:
    with database.writing() as session:
        on_the_roster(session, people.counselor, people.school)
        found = on_duty(session, people.school.id, clock.now())
        assert found is not None
        assert found.user_ids == (people.counselor.id,)
        _leaves(session, people)
    with database.reading() as session:
        assert on_duty(session, people.school.id, clock.now()) is None


def _leaves(session: Session, people: Cast) -> None:
    held = session.scalars(select(StaffRole).where(StaffRole.user_id == people.counselor.id)).one()
    end_role(session, by=actor(people.security_admin), held=held)


def _colleague(session: Session, people: Cast) -> User:
    made = make.user(session, name="新来的老师")
    make.role(session, of=made, role=Role.COUNSELOR, at=people.school)
    address = "new@example.org"
    push.add_channel(session, by=make.BY, user_id=made.id, kind="email", address=address)
    return made


def test_what_a_counselor_leaves_behind_gets_an_owner_who_is_told(people: Cast) -> None:
    with database.writing() as session:
        alert = flagged(session, people)
        step(session, by=actor(people.counselor), alert=alert, event=Event.ACKNOWLEDGE)
        step(session, by=actor(people.counselor), alert=alert, event=Event.REVIEW)
        step(session, by=actor(people.counselor), alert=alert, event=Event.WATCH)
        colleague = _colleague(session, people)
        _leaves(session, people)
    assert jobs.fill_vacancies() is None
    assert fresh(alert).owner_user_id == colleague.id
    with database.reading() as session:
        assert session.scalars(select(Case.owner_user_id)).all() == [colleague.id]
    told = len(paths(colleague))
    assert told > 0
    jobs.fill_vacancies()
    assert len(paths(colleague)) == told


def test_a_new_flag_of_a_case_whose_counselor_has_left_goes_to_who_is_there(people: Cast) -> None:
    with database.writing() as session:
        first = flagged(session, people)
        for event in (Event.ACKNOWLEDGE, Event.REVIEW, Event.WATCH):
            step(session, by=actor(people.counselor), alert=first, event=event)
        colleague = _colleague(session, people)
        _leaves(session, people)
        assert flagged(session, people).owner_user_id == colleague.id


def test_a_critical_alert_that_was_taken_and_then_forgotten_calls_again_once(
    people: Cast, frozen: datetime
) -> None:
    with database.writing() as session:
        on_the_roster(session, people.counselor, people.school)
        on_the_roster(session, people.operator, people.city)
        alert = flagged(session, people)
        step(session, by=actor(people.counselor), alert=alert, event=Event.ACKNOWLEDGE)
    before = len(paths(people.counselor))
    for minutes, calls in ((29, 0), (31, 1), (45, 1)):
        with clock.frozen(frozen + timedelta(minutes=minutes)):
            jobs.climb()
        assert len(paths(people.counselor)) == before + calls
    assert paths(people.operator) == []
    with database.reading() as session:
        events = session.scalars(select(AlertChange.event).order_by(AlertChange.id)).all()
    assert events == ["raised", "acknowledge", "escalated"]


def test_an_alert_is_not_held_up_by_a_clock_that_is_set_back(
    people: Cast, frozen: datetime
) -> None:
    with database.writing() as session, clock.frozen(frozen + timedelta(hours=8)):
        on_the_roster(session, people.counselor, people.school)
        flagged(session, people)
    before = len(paths(people.counselor))
    jobs.climb()
    jobs.climb()
    assert len(paths(people.counselor)) == before + 1


def test_a_contact_in_time_calls_nobody_again(people: Cast, frozen: datetime) -> None:
    with database.writing() as session:
        on_the_roster(session, people.counselor, people.school)
        alert = flagged(session, people)
        step(session, by=actor(people.counselor), alert=alert, event=Event.ACKNOWLEDGE)
        alert.first_contact_at = clock.now()
    before = len(paths(people.counselor))
    with clock.frozen(frozen + timedelta(days=2)):
        jobs.climb()
    assert len(paths(people.counselor)) == before


# --- urgent concerns -----------------------------------------------------------------------------


def worried(session: Session, people: Cast, **values: Any) -> Concern:
    """What the fellow student Zhou reports about Lin, urgent unless said otherwise."""
    told = {"student": people.lin, "facts": "他说不想活了，在天台", "urgency": "urgent"} | values
    key = f"key-{next(make.numbers)}"
    report = concern_actions.Report(school_id=people.school.id, client_key=key, **told)
    return concern_actions.report(session, by=actor(people.contact), report=report)


def minutes_later(since: datetime, minutes: int) -> None:
    with clock.frozen(since + timedelta(minutes=minutes)):
        concern_paging.climb()


@pytest.fixture
def calling(people: Cast, frozen: datetime) -> Concern:
    """Nobody of the school takes it within five minutes, so the desk above is called."""
    with database.writing() as session:
        on_the_roster(session, people.operator, people.city)
        make.guardian(session, of=people.lin, name="林妈妈", phone="13911112222")
        concern = worried(session, people)
    minutes_later(frozen, 5)
    return concern


def stored(concern: Concern) -> Concern:
    with database.reading() as session:
        return session.get_one(Concern, concern.id)


def test_an_urgent_concern_opens_for_who_is_on_duty_above_without_its_text(
    client: CheckedClient, people: Cast, calling: Concern
) -> None:
    [path] = paths(people.operator)
    assert path == f"/called/concerns/{calling.id}"
    page = sign_in(client, people.operator).get(path)
    assert page.status_code == 200
    for words in (people.lin.name, "13911112222", people.contact.name, "不想活、想死之类的话"):
        assert words in page.text
    assert "天台" not in page.text
    assert path in client.get("/start").text
    with database.reading() as session:
        read = select(AuditRow.subject).where(
            AuditRow.by == actor(people.operator).ref,
            AuditRow.event.in_(("concern.read", "contacts.read")),
        )
        subjects = set(session.scalars(read))
    assert subjects == {f"concern:{calling.id}", f"student:{people.lin.id}"}


def test_he_is_on_it_nobody_further_is_called_and_the_school_sees_it(
    client: CheckedClient, people: Cast, calling: Concern, frozen: datetime
) -> None:
    sign_in(client, people.operator)
    path = f"/called/concerns/{calling.id}"
    assert client.post(f"{path}/take").status_code == 303
    assert client.post(f"{path}/take").status_code == 303  # the same tap twice
    minutes_later(frozen, 20)
    assert paths(people.operator) == [path]
    assert client.post(f"{path}/contact", data={"reason": " "}).status_code == 422
    note = {"reason": "已和妈妈通话，她陪着"}
    assert client.post(f"{path}/contact", data=note).status_code == 303
    assert "已联系上学生" in client.get(path).text
    minutes_later(frozen, 45)
    assert paths(people.operator) == [path]
    shown = sign_in(client, people.counselor).get(f"/concerns/{calling.id}").text
    assert note["reason"] in shown
    assert people.operator.name in shown
    assert stored(calling).state == "open"
    assert stored(calling).owner_user_id == people.counselor.id
    assert "紧急担心还没有人接手" in client.get("/start").text


def test_who_is_on_it_and_reaches_nobody_in_time_is_called_once_more(
    client: CheckedClient, people: Cast, calling: Concern, frozen: datetime
) -> None:
    path = f"/called/concerns/{calling.id}"
    sign_in(client, people.operator).post(f"{path}/take")
    for minutes, calls in ((29, 1), (31, 2), (45, 2)):
        minutes_later(frozen, minutes)
        assert paths(people.operator) == [path] * calls


def test_the_call_of_a_concern_is_his_alone_until_the_school_takes_it(
    client: CheckedClient, people: Cast, calling: Concern
) -> None:
    path = f"/called/concerns/{calling.id}"
    for other in (people.supervisor, people.homeroom, people.counselor, people.contact):
        assert sign_in(client, other).get(path).status_code == 404
        assert client.post(f"{path}/take").status_code == 404
    sign_in(client, people.operator).post(f"{path}/contact", data={"reason": "电话里谈了"})
    with database.writing() as session:
        concern = session.get_one(Concern, calling.id)
        by = actor(people.counselor)
        concern_actions.acknowledge(session, by=by, concern=concern)
        concern_actions.close(session, by=by, concern=concern, reason="已当面谈过")
    assert stored(calling).outcome_reason == "电话里谈了\n已当面谈过"
    assert sign_in(client, people.operator).get(path).status_code == 404
    assert path not in client.get("/start").text


def test_a_concern_about_somebody_unknown_leads_to_who_reported_it(
    client: CheckedClient, people: Cast, frozen: datetime
) -> None:
    with database.writing() as session:
        on_the_roster(session, people.operator, people.city)
        worried(session, people, student=None, about="天台上的一位同学")
    minutes_later(frozen, 5)
    [path] = paths(people.operator)
    page = sign_in(client, people.operator).get(path)
    assert people.contact.name in page.text
    assert "天台" not in page.text


def test_who_opens_the_concern_by_his_role_keeps_its_own_page(
    client: CheckedClient, people: Cast, frozen: datetime
) -> None:
    with database.writing() as session:
        make.role(session, of=people.operator, role=Role.DUTY_PERSON, at=people.city)
        on_the_roster(session, people.operator, people.city)
        concern = worried(session, people)
    minutes_later(frozen, 5)
    [path] = paths(people.operator)
    assert path == f"/concerns/{concern.id}"
    assert sign_in(client, people.operator).get(path).status_code == 200
    assert client.get(f"/called{path}").status_code == 404


def test_a_concern_that_is_not_urgent_names_nobody_outside_the_school(
    people: Cast, frozen: datetime
) -> None:
    with database.writing() as session:
        on_the_roster(session, people.operator, people.city)
        worried(session, people, facts="她不太说话", urgency="worried")
    minutes_later(frozen, 25 * 60)
    assert paths(people.operator) == []


def test_a_school_that_has_nobody_left_calls_who_is_on_duty_above_at_once(
    client: CheckedClient, people: Cast
) -> None:
    with database.writing() as session:
        on_the_roster(session, people.operator, people.city)
        for person in (people.counselor, people.secretary):
            held = session.scalars(select(StaffRole).where(StaffRole.user_id == person.id)).one()
            end_role(session, by=actor(people.security_admin), held=held)
        concern = worried(session, people)
    [path] = paths(people.operator)
    assert path == f"/called/concerns/{concern.id}"
    assert sign_in(client, people.operator).get(path).status_code == 200
