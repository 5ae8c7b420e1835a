"""Whoever works an alert reaches the student at once; nobody else is shown a telephone number."""

from sqlalchemy import select

from accounts.models import User
from accounts.policy import Role
from foundation import clock, database
from foundation.audit import AuditRow
from schools.models import Student
from screening.models import Alert, Case
from screening.triage import alert_actions, case_actions
from screening.triage.alert_workflow import Event
from screening.triage.raising import raise_alert
from tests import make
from tests.people import Cast, actor, sign_in
from tests.support.pages import CheckedClient

MOTHER, FATHER, HOMEROOM = "13800001111", "13800002222", "13800003333"


def raised(people: Cast, severity: int = 3) -> int:
    """An alert about Lin, who boards; the father must not be called."""
    with database.writing() as session:
        lin = session.get_one(Student, people.lin.id)
        lin.boarding = True
        session.get_one(User, people.homeroom.id).phone = HOMEROOM
        make.guardian(session, of=lin, name="林妈妈", relation="母亲", phone=MOTHER)
        make.guardian(
            session, of=lin, name="林爸爸", relation="父亲", phone=FATHER, status="suspected"
        )
        ticket = make.ticket(
            session, of=make.campaign(session, school=people.school), student=people.lin
        )
        inputs = {"instrument": "phq-9", "item": "9", "value": 1, "at_least": 1}
        return raise_alert(
            session, ticket=ticket, rule="phq-9:item-9", severity=severity, inputs=inputs
        ).id


def duty_person(people: Cast) -> User:
    with database.writing() as session:
        person = make.user(session, name="夜班老师", username="night")
        make.role(session, of=person, role=Role.DUTY_PERSON, at=people.school)
        return person


def reads() -> list[tuple[str, str]]:
    with database.reading() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.event == "contacts.read"))
        return [(row.by, row.subject) for row in rows]


def test_the_counselor_sees_whom_to_call_and_the_way_to_the_student(
    people: Cast, client: CheckedClient
) -> None:
    alert = raised(people)
    sign_in(client, people.counselor)
    page = client.get(f"/alerts/{alert}").text
    assert f'href="tel:{MOTHER}"' in page
    assert f'href="tel:{HOMEROOM}"' in page
    assert people.homeroom.name in page
    assert "住校" in page
    assert f'href="/students/{people.lin.id}"' in page
    assert FATHER not in page
    assert "不要联系" in page
    assert reads() == [(f"user:{people.counselor.id}", f"student:{people.lin.id}")]


def test_who_has_called_is_told(people: Cast, client: CheckedClient) -> None:
    alert = raised(people)
    sign_in(client, people.counselor)
    assert "还没有联系上" in client.get(f"/alerts/{alert}").text
    assert client.post(f"/alerts/{alert}/contact", data={"reason": "电话里谈过"}).status_code == 303
    page = client.get(f"/alerts/{alert}").text
    assert "还没有联系上" not in page
    assert "电话里谈过" in page.split("谁联系过")[1].split("</dl>")[0]


def test_the_duty_person_sees_them_for_a_critical_alert_while_it_is_open(
    people: Cast, client: CheckedClient
) -> None:
    alert, night = raised(people), duty_person(people)
    sign_in(client, night)
    page = client.get(f"/alerts/{alert}").text
    assert f'href="tel:{MOTHER}"' in page
    assert "/students/" not in page
    assert "phq-9" not in page
    assert reads() == [(f"user:{night.id}", f"student:{people.lin.id}")]
    with database.writing() as session:
        shown, by = session.get_one(Alert, alert), actor(people.counselor)
        for event in (Event.ACKNOWLEDGE, Event.REVIEW, Event.FALSE_ALARM):
            alert_actions.step(session, by=by, alert=shown, event=event, reason="误按")
    page = client.get(f"/alerts/{alert}").text
    assert MOTHER not in page


def test_a_lesser_alert_shows_the_duty_person_no_number(
    people: Cast, client: CheckedClient
) -> None:
    alert = raised(people, severity=2)
    sign_in(client, duty_person(people))
    assert MOTHER not in client.get(f"/alerts/{alert}").text
    sign_in(client, people.counselor)
    assert MOTHER in client.get(f"/alerts/{alert}").text


def test_the_care_list_shows_no_number(people: Cast, client: CheckedClient) -> None:
    raised(people)
    for user in (people.secretary, people.school_lead):
        sign_in(client, user)
        page = client.get("/care").text
        assert people.lin.name in page
        assert MOTHER not in page
        assert HOMEROOM not in page


def test_what_to_do_follows_the_state_of_the_alert(people: Cast, client: CheckedClient) -> None:
    alert = raised(people)
    sign_in(client, people.secretary)
    assert "请立即陪伴" in client.get("/care").text
    with database.writing() as session:
        shown, by = session.get_one(Alert, alert), actor(people.counselor)
        for event in (Event.ACKNOWLEDGE, Event.REVIEW):
            alert_actions.step(session, by=by, alert=shown, event=event, reason="谈过")
    assert "请立即陪伴" in client.get("/care").text
    with database.writing() as session:
        shown = session.get_one(Alert, alert)
        alert_actions.step(session, by=by, alert=shown, event=Event.WATCH, reason="情绪平稳")
    page = client.get("/care").text
    assert "请立即陪伴" not in page
    assert "紧急" not in page
    assert "心理老师已经在跟进" in page
    sign_in(client, duty_person(people))
    assert "请立即陪伴" not in client.get(f"/alerts/{alert}").text


def test_who_is_in_grave_danger_is_not_left_alone_while_the_counselor_works(
    people: Cast, client: CheckedClient
) -> None:
    alert, by = raised(people), actor(people.counselor)
    with database.writing() as session:
        shown = session.get_one(Alert, alert)
        for event in (Event.ACKNOWLEDGE, Event.REVIEW, Event.INTERVENE):
            alert_actions.step(session, by=by, alert=shown, event=event, reason="谈过")
        case = session.get_one(Case, shown.case_id)
    sign_in(client, people.secretary)
    for level, alone in ((None, False), (3, False), (2, True)):
        with database.writing() as session:
            if level is not None:
                case = session.get_one(Case, case.id)
                case_actions.interview(
                    session, by=by, case=case, record="谈话", level=level, held_at=clock.now()
                )
        page = client.get("/care").text
        assert ("不要让学生独处" not in page) is alone, level
        assert ("跟进中" in page) is alone, level
