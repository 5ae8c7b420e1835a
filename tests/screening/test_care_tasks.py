"""A care task says who and what to do; no score, level, instrument or reason reaches a peer."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, strategies
from sqlalchemy import func, select

from accounts.policy import Role
from foundation import clock, database
from foundation.problems import Forbidden, Refused, WrongState
from foundation.state_machine import follow
from schools.models import StaffRole, Student
from screening.league import care_task_actions as actions
from screening.league import pairing_actions
from screening.league.care_task_queries import contacts_for, instrument_names
from screening.league.care_task_rules import TRANSITIONS, Event, State, telling_words, too_close
from screening.league.forms import ADVICE
from screening.league.queries import members_of
from screening.models import Alert, AlertReach, CareTask, Concern
from tests import make
from tests.people import Cast, actor, sign_in
from tests.support.pages import CheckedClient

WORDS = "这一周多陪陪他，听他说话。"


@pytest.fixture(autouse=True)
def _now(frozen: Any) -> None:
    """It is Monday morning."""


@pytest.fixture
def ready(people: Cast) -> Cast:
    """A running term and Zhou's ordinary pairing with a third student of the class."""
    with database.writing() as session:
        make.term(session, at=people.province)
        third = make.student(session, klass=people.klass_1, name="孙小雨")
        member = session.scalars(members_of(people.school.id)).one()
        pairing_actions.pair(session, by=actor(people.secretary), member=member, student=third)
    return people


def released(people: Cast, **values: Any) -> int:
    """The id of a task that the counselor releases to Zhou about Lin."""
    by = actor(values.pop("by", people.counselor))
    about = values.pop("student", people.lin).id
    to = values.pop("to", people.contact).id
    with database.writing() as session:
        student = session.get_one(Student, about)
        contact = session.scalars(
            select(StaffRole).where(StaffRole.user_id == to, StaffRole.branch_id.is_not(None))
        ).one()
        filled: dict[str, Any] = {"advice": WORDS, "due_at": clock.now() + timedelta(days=7)}
        wish = actions.Release(contact=contact, student=student, **(filled | values))
        return actions.release(session, by=by, release=wish).id


def an_alert(people: Cast) -> int:
    """A flag about Lin."""
    with database.writing() as session:
        alert = Alert(
            school_id=people.school.id,
            student_id=people.lin.id,
            rule="phq-9:item9",
            inputs={"item": 9, "value": 2},
            severity=3,
            owner_organisation_id=people.school.id,
            duty_role="counselor",
            due_at=clock.now(),
            created_at=clock.now(),
        )
        return make.added(session, alert).id


def test_the_flag_s_log_says_that_the_fellow_student_was_reached(ready: Cast) -> None:
    alert_id = an_alert(ready)
    released(ready, alert_id=alert_id)
    with database.reading() as session:
        reach = session.scalars(select(AlertReach)).one()
    assert (reach.alert_id, reach.user_id) == (alert_id, ready.contact.id)
    assert (reach.as_role, reach.reached_at) == ("branch_contact", clock.now())


def test_a_flag_about_another_student_is_not_taken_over(ready: Cast) -> None:
    alert_id = an_alert(ready)
    with database.writing() as session:
        third = session.scalars(select(Student).where(Student.name == "孙小雨")).one()
    released(ready, alert_id=alert_id, student=third)
    with database.reading() as session:
        assert session.scalars(select(CareTask)).one().alert_id is None


def test_nobody_gets_one_about_himself_or_another_branch(ready: Cast) -> None:
    with pytest.raises(Refused, match="本人"):
        released(ready, student=ready.zhou)
    with pytest.raises(Refused, match="团支部"):
        released(ready, student=ready.wu)


def test_without_an_ordinary_pairing_a_task_would_say_something(people: Cast) -> None:
    with pytest.raises(Refused, match="普通结对"):
        released(people)


def test_not_within_seven_days_of_the_sitting_unless_confirmed(ready: Cast) -> None:
    with database.writing() as session:
        campaign = make.campaign(session, school=ready.school, klasses=[ready.klass_1])
        make.sitting(session, of=campaign, klass=ready.klass_1)
    with pytest.raises(Refused, match="7 天"):
        released(ready)
    with clock.frozen(clock.now() + timedelta(days=8)):
        assert released(ready)
    with database.writing() as session:
        task = session.scalars(select(CareTask)).one()
        actions.withdraw(session, by=actor(ready.counselor), task=task)
    assert released(ready, confirmed=True)


def test_a_sheet_handed_in_counts_as_a_sitting(ready: Cast) -> None:
    with database.writing() as session:
        campaign = make.campaign(session, school=ready.school, klasses=[ready.klass_1])
        make.ticket(
            session,
            of=campaign,
            student=ready.lin,
            state="submitted",
            submitted_at=clock.now() - timedelta(days=2),
        )
    with pytest.raises(Refused, match="7 天"):
        released(ready)


def test_the_same_task_does_not_run_twice(ready: Cast) -> None:
    released(ready)
    with pytest.raises(Refused, match="已有"):
        released(ready)


@pytest.mark.parametrize("name", ["secretary", "homeroom", "contact", "other_counselor"])
def test_only_a_counselor_of_the_school_releases(ready: Cast, name: str) -> None:
    with pytest.raises(Forbidden):
        released(ready, by=getattr(ready, name))


@pytest.mark.parametrize(
    "advice",
    [
        "他PHQ-9得了15分，多陪陪他",
        "他测评结果不好",
        "他是一级预警",
        "他可能抑 鬱",
        "他有自 杀的想法",
        "他总分 22 分",
        "gad7 不好",
        "",
    ],
)
def test_telling_words_are_refused(ready: Cast, advice: str) -> None:
    with pytest.raises(Refused):
        released(ready, advice=advice)


def test_the_ready_made_sentences_tell_nothing(app: Any) -> None:
    with app.test_request_context():
        for sentence in ADVICE:
            assert telling_words(str(sentence), instrument_names()) == []


@given(days=strategies.integers(min_value=-30, max_value=30))
def test_seven_days_count_on_both_sides(days: int) -> None:
    moment = clock.now()
    sat = moment + timedelta(days=days)
    assert too_close([sat], moment, 7) == (abs(days) < 7)


def test_every_state_and_event_has_an_answer() -> None:
    for state in State:
        for event in Event:
            if (state, event) in TRANSITIONS:
                assert follow(TRANSITIONS, state, event).to in State
            else:
                with pytest.raises(WrongState):
                    follow(TRANSITIONS, state, event)


def test_a_fellow_student_sees_no_score_level_instrument_or_reason(
    client: CheckedClient, ready: Cast
) -> None:
    task_id = released(ready, alert_id=an_alert(ready))
    sign_in(client, ready.contact)
    pages = [client.get(path).text for path in ("/tasks", f"/tasks/{task_id}", "/start")]
    assert WORDS in pages[0]
    hidden = ("phq", "PHQ", "item9", "预警", "一级", "得分", "量表", "alert", "severity", "紧急")
    for page in pages:
        for word in hidden:
            assert word not in page.replace('role="alert"', ""), word
    for path in ("/alerts", "/cases", "/care", "/students", "/care-tasks", "/coverage"):
        assert client.get(path).status_code == 404, path


def test_tasks_and_pairings_stand_in_one_list(client: CheckedClient, ready: Cast) -> None:
    released(ready)
    sign_in(client, ready.contact)
    page = client.get("/tasks").text
    assert "陪伴 林小禾" in page
    assert "陪伴 孙小雨" in page


def test_the_contact_accepts_and_finishes_and_a_worry_is_a_concern(
    client: CheckedClient, ready: Cast
) -> None:
    task_id = released(ready)
    sign_in(client, ready.contact)
    assert client.post(f"/tasks/{task_id}/accept").status_code == 303
    assert client.post(f"/tasks/{task_id}/accept").status_code == 409
    data = {"on_date": "2027-01-01", "mode": "together", "worried": "yes", "words": "她哭了"}
    assert client.post(f"/tasks/{task_id}/done", data=data).status_code == 422
    with database.reading() as session:
        assert session.get_one(CareTask, task_id).state == "accepted"
    data["on_date"] = "2026-11-23"
    assert client.post(f"/tasks/{task_id}/done", data=data).location == "/concerns/thanks"
    assert client.post(f"/tasks/{task_id}/done", data=data).status_code == 409
    with database.reading() as session:
        task = session.get_one(CareTask, task_id)
        assert (task.state, task.worried) == ("done", True)
        assert session.scalar(select(func.count(Concern.id))) == 1


def test_the_counselor_releases_and_withdraws_from_the_page(
    client: CheckedClient, ready: Cast
) -> None:
    sign_in(client, ready.counselor)
    path = f"/care-tasks/new?student_id={ready.lin.id}"
    page = client.get(path).text
    assert "周一帆" in page
    with database.reading() as session:
        student = session.get_one(Student, ready.lin.id)
        contact = contacts_for(session, student)[0].id
    data = {"contact": str(contact), "advice": "他得了 12 分", "until": "2026-11-30"}
    refused = client.post(path, data=data)
    assert refused.status_code == 422
    assert "不能有分数" in refused.text
    assert client.post(path, data=data | {"advice": WORDS}).status_code == 303
    assert "已发放" in client.get("/care-tasks").text
    with database.reading() as session:
        task_id = session.scalars(select(CareTask)).one().id
    assert client.post(f"/care-tasks/{task_id}/withdraw").status_code == 303
    sign_in(client, ready.contact)
    assert client.get(f"/tasks/{task_id}").status_code == 404


def test_a_class_without_contact_says_whom_to_ask(client: CheckedClient, people: Cast) -> None:
    with database.writing() as session:
        held = select(StaffRole).where(StaffRole.user_id == people.contact.id)
        session.scalars(held).one().ended_at = clock.now()
    sign_in(client, people.counselor)
    page = client.get(f"/care-tasks/new?student_id={people.lin.id}").text
    assert "还没有联系人" in page


@pytest.mark.parametrize("name", ["other_counselor", "adviser", "secretary", "contact"])
def test_tasks_of_another_do_not_exist(client: CheckedClient, ready: Cast, name: str) -> None:
    task_id = released(ready)
    user = getattr(ready, name)
    sign_in(client, user)
    path = f"/care-tasks/new?student_id={ready.lin.id}"
    assert client.get(path).status_code == 404
    assert client.post(f"/care-tasks/{task_id}/withdraw").status_code == 404
    if user is not ready.contact:
        assert client.get(f"/tasks/{task_id}").status_code == 404


def test_an_adult_contact_may_have_one_without_a_pairing(ready: Cast) -> None:
    assert Role.BRANCH_ADVISER.value != Role.BRANCH_CONTACT.value
    assert released(ready, student=ready.wu, to=ready.adviser)
