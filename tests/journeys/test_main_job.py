"""The main job once, through the pages: roster, campaign, answers, alert, case, hospital, 12355."""

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.policy import Actor
from foundation import clock, database
from referrals.models import HotlineTicket, Referral
from schools.actions import add_duty
from schools.models import Student
from screening.models import Alert, AlertReach, Campaign, Case, Response, Ticket
from screening.tickets.rules import shown
from tests import make
from tests.people import Cast, sign_in

PLAN = {"confirm-goals": "先上半天，心理老师每天见一面。", "confirm-advice": "不当众问起请假的事。"}
ROSTER = """学号,姓名,性别,出生日期,年级,班级,监护人,关系,监护人电话
26010101,丁书龘,女,2012-03-04,七年级,1班,丁妈妈,母亲,13900000001
26010102,顾亦安,男,2012-05-06,七年级,1班,顾爸爸,父亲,13900000002
"""
LETTER = {
    "urgency": "urgent",
    "reasons": ["interview"],
    "facts": "面谈时说最近常想到死。",
    "risk_plan": "no",
    "risk_means": "no",
    "risk_attempt": "unknown",
    "feedback": "advice",
    "counselor": "陈老师",
}


@pytest.fixture
def school(people: Cast, frozen: Any) -> Cast:
    """Two persons on duty, a hospital with an agreement."""
    by = Actor.system("tests")
    with database.writing() as session:
        for position, user in enumerate((people.counselor, people.school_lead), start=1):
            add_duty(
                session,
                by=by,
                organisation=people.school,
                user=user,
                position=position,
                starts_at=clock.local(clock.now()).time().replace(hour=0, tzinfo=None),
                ends_at=clock.local(clock.now()).time().replace(hour=0, tzinfo=None),
            )
        make.green_channel(session, region=people.county, hospital=people.hospital)
    return people


def one(model: Any, *conditions: Any) -> Any:
    """The one row of a table."""
    with database.reading() as session:
        return session.scalars(select(model).where(*conditions)).one()


def follow(client: FlaskClient, path: str, **data: Any) -> str:
    """Send a form; where it leads."""
    answer = client.post(path, data=data)
    assert answer.status_code == 303, (path, answer.status_code, answer.text[:2000])
    return str(answer.location)


def upload_roster(client: FlaskClient, people: Cast) -> Student:
    sign_in(client, people.school_admin)
    file = (io.BytesIO(ROSTER.encode("gb18030")), "名单.csv")
    form = {"organisation": people.school.id, "organisation_id": people.school.id, "file": file}
    answer = client.post("/roster", data=form, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text[:3000]
    follow(client, f"{answer.location.split('?')[0]}/commit", confirmed="y")
    student: Student = one(Student, Student.student_number == "26010101")
    assert student.name == "丁书龘"
    return student


def open_campaign(client: FlaskClient, people: Cast, student: Student) -> Campaign:
    sign_in(client, people.counselor)
    url = follow(
        client,
        "/campaigns/new",
        school_id=people.school.id,
        name="秋季测评",
        opens_at="2026-11-23T08:00",
        closes_at="2026-11-27T18:00",
        instruments=["phq-9|default", "gad-7|default"],
        klasses=[student.klass_id],
    )
    sign_in(client, people.school_lead)
    follow(client, f"{url}/approve-sensitive", reason="年级合适，值班已排好")
    sign_in(client, people.counselor)
    follow(client, f"{url}/submit")
    follow(client, f"{url}/approve")
    sign_in(client, people.school_lead)
    follow(client, f"{url}/approve")
    sign_in(client, people.counselor)
    consents = {f"student-{student.id}": "granted", "party": "guardian", "method": "paper"}
    follow(client, f"{url}/consents", **consents)
    campaign: Campaign = one(Campaign)
    return campaign


def answer_on_a_phone(phone: FlaskClient, student: Student) -> None:
    """Five answers, one of them critical; then the sheet is sent."""
    ticket: Ticket = one(Ticket, Ticket.student_id == student.id)
    form = {"code": shown(ticket.code), "check": "0101", "pin": "2468"}
    sheet = follow(phone, "/take", **form)
    follow(phone, f"{sheet}/start", agree="1", consent="granted", agreed="1")
    answers = {"phq-9": {"9": {"v": 2, "seq": 1}, "1": {"v": 1, "seq": 2}}}
    saved = phone.put(f"{sheet}/answers", json={"answers": answers})
    assert saved.json == {"acked": {"phq-9": {"9": 1, "1": 2}}, "help": True}
    assert one(Alert).rule == "phq-9:item-9"  # before anything is submitted
    rest = {
        "phq-9": {str(n): {"v": 1, "seq": 3} for n in range(1, 9)},
        "gad-7": {str(n): {"v": 1, "seq": 3} for n in range(1, 8)},
    }
    done = phone.post(f"{sheet}/submit", json={"idempotency_key": "k", "answers": rest})
    assert done.status_code == 200, done.text
    assert one(Response).any_critical


def triage(client: FlaskClient, people: Cast) -> Case:
    sign_in(client, people.counselor)
    with database.reading() as session:
        alert = session.scalars(
            select(Alert).order_by(Alert.severity.desc(), Alert.id).limit(1)
        ).one()
        reached = set(
            session.scalars(select(AlertReach.user_id).where(AlertReach.alert_id == alert.id))
        )
    assert people.counselor.id in reached
    assert people.contact.id not in reached  # a fellow student is never told by a rule
    assert "丁书龘" in client.get("/alerts").text
    for event in ("acknowledge", "review"):
        follow(client, f"/alerts/{alert.id}/{event}")
    follow(client, f"/alerts/{alert.id}/refer", reason="面谈后需要专科评估")
    case: Case = one(Case)
    talk = {"talk-held_at": "2026-11-23T09:10", "talk-record": "谈了二十分钟", "talk-level": "3"}
    follow(client, f"/cases/{case.id}/interview", **talk)
    case = one(Case)
    assert case.level == 3
    return case


def refer(client: FlaskClient, people: Cast, case: Case) -> None:
    url = follow(client, f"/cases/{case.id}/refer", hospital=people.hospital.id, **LETTER)
    page = client.get(url).text
    guardian = page.split("consent-guardian_")[1].split('"')[0]
    said = {f"consent-guardian_{guardian}": "granted", "consent-student": "granted"}
    follow(client, f"{url}/consent", **said, **{"consent-attempts": "1"})
    preview = client.get(f"{url}/preview").text
    follow(client, f"{url}/send", sha256=preview.split('name="sha256" value="')[1][:64])
    assert client.get(f"{url}/letter.pdf").data.startswith(b"%PDF")


def treat(client: FlaskClient, people: Cast) -> None:
    referral: Referral = one(Referral)
    sign_in(client, people.hospital_contact)
    there = f"/hospital/{referral.id}"
    for event in ("receive", "accept"):
        follow(client, f"{there}/{event}")
    slot = {"schedule-at": "2026-11-24T09:30", "schedule-department": "儿少科"}
    follow(client, f"{there}/schedule", **slot)
    for event in ("arrive", "see"):
        follow(client, f"{there}/{event}")
    slip = {
        "reply-department": "儿少科",
        "reply-outcome": "no_disorder",
        "reply-advice": "normal",
        "reply-risk_today": "low",
        "reply-text": "按时作息。",
        "reply-signed_by": "刘医生",
    }
    follow(client, f"{there}/reply", **slip)


def work_a_12355_ticket(client: FlaskClient, people: Cast) -> None:
    sign_in(client, people.operator)
    call = {
        "desk": people.desk.id,
        "kind": "case",
        "risk": "1",
        "summary": "家长问医院回执怎么看",
        "channel": "phone",
        "caller_type": "guardian",
        "call_back": "13900000001",
    }
    url = follow(client, "/hotline/new", **call)
    assert client.get(url).status_code == 200
    assert one(HotlineTicket).due_at is not None


def test_the_main_job_from_a_roster_to_the_hospital_and_back(
    client: FlaskClient, school: Cast
) -> None:
    student = upload_roster(client, school)
    open_campaign(client, school, student)
    phone = client.application.test_client()
    answer_on_a_phone(phone, student)
    case = triage(client, school)
    refer(client, school, case)
    treat(client, school)
    sign_in(client, school.counselor)
    follow(client, f"/referrals/{one(Referral).id}/confirm", **PLAN)
    assert one(Referral).state == "completed"
    work_a_12355_ticket(client, school)
    sign_in(client, school.counselor)
    assert client.get(f"/campaigns/{one(Campaign).id}/report").status_code == 200
