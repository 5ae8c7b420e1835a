"""The way of an alert: queue, taking, case, level, clearing; who sees it and who never does."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from accounts.policy import Role
from foundation import clock, database
from foundation.problems import WrongState
from foundation.state_machine import follow
from schools.names import pinyin
from screening.models import Alert, AlertChange, AlertReach, Case
from screening.triage import alert_actions, case_actions
from screening.triage.alert_workflow import ENDED, TRANSITIONS, Event, State
from screening.triage.case_workflow import Event as CaseEvent
from screening.triage.custody import Charge, violations
from screening.triage.raising import raise_alert
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


def changed_later(people: Cast) -> int:
    """An alert whose answer the student changed afterwards."""
    alert = raised(people)
    with database.writing() as session:
        session.add(
            AlertChange(
                alert_id=alert,
                event="answer_changed",
                from_state="open",
                to_state="open",
                detail={"from": 2, "to": None},
                by="ticket:1",
                at=clock.now(),
            )
        )
    return alert


def test_a_changed_answer_stands_on_the_alert_and_the_timeline_with_both_values(
    people: Cast, client: CheckedClient
) -> None:
    alert = changed_later(people)
    sign_in(client, people.counselor)
    for path in (f"/alerts/{alert}", f"/students/{people.lin.id}"):
        assert "原来 一半以上的天数（2），后来 不回答" in client.get(path).text


def test_nobody_but_the_counselor_learns_of_a_changed_answer(
    people: Cast, client: CheckedClient
) -> None:
    alert = changed_later(people)
    with database.writing() as session:
        duty = make.user(session, name="值班", username="duty")
        make.role(session, of=duty, role=Role.DUTY_PERSON, at=people.school)
    for user, path in (
        (duty, f"/alerts/{alert}"),
        (people.school_lead, f"/students/{people.lin.id}"),
        (people.secretary, "/care"),
    ):
        sign_in(client, user)
        page = client.get(path)
        assert page.status_code == 200
        assert "改了答案" not in page.text
        assert "后来" not in page.text


def queue_of(people: Cast, number: int) -> list[int]:
    """So many flagged students of class 1; their ids in the order of the queue."""
    with database.writing() as session:
        campaign = make.campaign(session, school=people.school, name="冬季测评")
        students = [
            make.student(session, klass=people.klass_1, name=f"秦小{n:04}", student_number=f"Q{n}")
            for n in range(number)
        ]
        for student in students:
            student.pinyin, student.initials = pinyin(student.name)
            ticket = make.ticket(session, of=campaign, student=student)
            raise_alert(session, ticket=ticket, rule="gad-7:severe", severity=2, inputs={})
        return [student.id for student in students]


def alert_of(student_id: int) -> int:
    with database.reading() as session:
        return session.scalars(select(Alert.id).where(Alert.student_id == student_id)).one()


def test_save_and_next_goes_through_the_queue_he_came_from_and_never_back(
    people: Cast, client: CheckedClient
) -> None:
    raised(people)
    first, second, third = (alert_of(student) for student in queue_of(people, 3))
    sign_in(client, people.counselor)
    save = {"next": "1"}
    for here, there in ((first, second), (second, third)):
        answer = client.post(f"/alerts/{here}/acknowledge?severity=2", data=save)
        assert answer.headers["Location"] == f"/alerts/{there}?severity=2&next=1"
    answer = client.post(f"/alerts/{third}/acknowledge?severity=2", data=save)
    assert answer.headers["Location"] == "/alerts?severity=2"


def test_all_students_of_a_long_queue_are_shared_out_evenly(
    people: Cast, client: CheckedClient
) -> None:
    queue_of(people, 61)
    with database.writing() as session:
        second = make.user(session, name="孙老师", username="sun")
        make.role(session, of=second, role=Role.COUNSELOR, at=people.school)
    sign_in(client, people.counselor)
    assert "共 61 条" in client.get("/alerts?page=2").text
    sent = {"all": "1", "to": "evenly"}
    assert client.post("/alerts/assign", data=sent).status_code == 303
    with database.reading() as session:
        owners = Counter(session.scalars(select(Alert.owner_user_id)))
    assert owners == {people.counselor.id: 31, second.id: 30}


def test_batch_assignment_offers_the_counselors_of_every_school_and_refuses_a_stranger(
    people: Cast, client: CheckedClient
) -> None:
    students = queue_of(people, 2)
    with database.writing() as session:
        school = make.organisation(session, name="青山二中", under=people.county)
        room = make.klass(session, school=school, grade=make.grade(session, school=school))
        local = make.user(session, name="钱小莫", username="local")
        for user in (people.counselor, local):
            make.role(session, of=user, role=Role.COUNSELOR, at=school)
        far = make.student(session, klass=room, name="姜小溪")
        ticket = make.ticket(session, of=make.campaign(session, school=school), student=far)
        raise_alert(session, ticket=ticket, rule="gad-7:severe", severity=2, inputs={})
    sign_in(client, people.counselor)
    page = client.get("/alerts").text
    assert "青山二中" in page
    assert "钱小莫" in page
    both = {"student": [str(students[0]), str(far.id)]}
    assert client.post("/alerts/assign", data={**both, "to": local.id}).status_code == 422
    assert (
        client.post("/alerts/assign", data={"student": far.id, "to": local.id}).status_code == 303
    )
    with database.reading() as session:
        owner = select(Alert.owner_user_id).where(Alert.student_id == far.id)
        assert session.scalar(owner) == local.id


@pytest.mark.parametrize("typed", ["秦小0042", "qinxiao0042", "q42"])
def test_a_student_is_found_by_name_pinyin_and_number_in_the_queue_and_the_care_list(
    people: Cast, client: CheckedClient, typed: str
) -> None:
    queue_of(people, 60)
    for user, path in ((people.counselor, "/alerts"), (people.secretary, "/care")):
        sign_in(client, user)
        page = client.get(f"{path}?q={typed}").text
        assert "秦小0042" in page
        assert "秦小0041" not in page


def test_the_care_list_and_the_check_of_custody_say_how_many_there_are(
    people: Cast, client: CheckedClient
) -> None:
    queue_of(people, 60)
    sign_in(client, people.secretary)
    assert "共 60 条" in client.get("/care").text
    assert "秦小0059" in client.get("/care?page=2").text
    with clock.frozen(clock.now() + timedelta(days=30)):
        sign_in(client, people.counselor)
        assert "已超时 60" in client.get("/custody?page=2").text


def test_the_care_list_has_one_line_for_a_student_the_most_urgent_first(
    people: Cast, client: CheckedClient
) -> None:
    queue_of(people, 2)
    raised(people)
    with database.writing() as session:
        campaign = make.campaign(session, school=people.school, name="第二次测评")
        ticket = make.ticket(session, of=campaign, student=people.lin)
        raise_alert(session, ticket=ticket, rule="gad-7:severe", severity=2, inputs={})
    sign_in(client, people.secretary)
    page = client.get("/care").text
    assert page.count(f"<td>{people.lin.name}</td>") == 1
    assert page.index(people.lin.name) < page.index("秦小0000")
    assert "请立即陪伴" in page
    assert "另有 1 条" in page
    assert "共 3 条" in page  # of students, as on the first page
    before = client.get("/start").text.partition('<span class="waiting-label">需要关怀的学生')[0]
    assert before.rpartition('<span class="waiting-count">')[2].startswith("3<")


def test_the_list_to_print_holds_everybody_whom_the_filter_shows(
    people: Cast, client: CheckedClient
) -> None:
    queue_of(people, 60)
    sign_in(client, people.counselor)
    page = client.get("/alerts/print?severity=2").text
    assert "秦小0059" in page
    assert "秦小" not in client.get("/alerts/print?severity=3").text
