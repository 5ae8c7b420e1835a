"""The record of a talk: its author and the supervisor the school named read it, nobody else."""

from datetime import timedelta

from sqlalchemy import select

from accounts.policy import Role
from foundation import clock, database
from foundation.audit import AuditRow
from schools.models import StaffRole
from screening.models import Case, Interview
from screening.triage import case_actions
from screening.triage.raising import raise_alert
from tests import make
from tests.people import Cast, actor, sign_in
from tests.support.pages import CheckedClient

RECORD = "只给自己和督导看的话"


def talked(people: Cast) -> int:
    """A case with one talk of the counselor's; returns the case."""
    by = actor(people.counselor)
    with database.writing() as session:
        ticket = make.ticket(
            session, of=make.campaign(session, school=people.school), student=people.lin
        )
        alert = raise_alert(session, ticket=ticket, rule="phq-9:9>=1", severity=3, inputs={})
        case = case_actions.open_case(session, by=by, alert=alert)
        case_actions.interview(
            session, by=by, case=case, record=RECORD, level=2, held_at=clock.now()
        )
        soon = clock.now() + timedelta(days=2)
        case_actions.add_follow_up(session, by=by, case=case, what="再谈", due_at=soon)
        return case.id


def readings(user_id: int) -> list[str]:
    """Which records of talks were shown to him."""
    with database.reading() as session:
        rows = select(AuditRow.subject).where(
            AuditRow.event == "interview.read", AuditRow.by == f"user:{user_id}"
        )
        return list(session.scalars(rows))


def test_the_author_and_the_named_supervisor_read_it_and_each_reading_is_written_down(
    people: Cast, client: CheckedClient
) -> None:
    case = talked(people)
    for user in (people.counselor, people.supervising_counselor):
        sign_in(client, user)
        assert RECORD in client.get(f"/cases/{case}").text
        assert readings(user.id) == ["interview:1"]
    client.get(f"/cases/{case}")
    assert readings(people.supervising_counselor.id) == ["interview:1"] * 2


def test_the_author_is_told_who_supervises(people: Cast, client: CheckedClient) -> None:
    case = talked(people)
    sign_in(client, people.counselor)
    assert people.supervising_counselor.name in client.get(f"/cases/{case}").text


def test_a_colleague_sees_that_there_was_a_talk_and_its_level_but_not_the_record(
    people: Cast, client: CheckedClient
) -> None:
    case = talked(people)
    with database.writing() as session:
        colleague = make.user(session, name="孙老师", username="sun")
        make.role(session, of=colleague, role=Role.COUNSELOR, at=people.school)
    sign_in(client, colleague)
    page = client.get(f"/cases/{case}").text
    assert people.counselor.name in page
    assert RECORD not in page
    assert readings(colleague.id) == []


def test_the_school_s_leader_sees_plan_and_follow_ups_without_the_record(
    people: Cast, client: CheckedClient
) -> None:
    case = talked(people)
    sign_in(client, people.school_lead)
    page = client.get(f"/cases/{case}")
    assert page.status_code == 200
    assert RECORD not in page.text
    assert "再谈" in client.get("/cases/follow-ups").text


def test_people_of_another_school_find_no_such_case(people: Cast, client: CheckedClient) -> None:
    case = talked(people)
    with database.writing() as session:
        far = make.user(session, name="外校督导", username="far")
        make.role(session, of=far, role=Role.SUPERVISING_COUNSELOR, at=people.other_school)
    for user in (far, people.other_counselor):
        sign_in(client, user)
        assert client.get(f"/cases/{case}").status_code == 404
        assert people.lin.name not in client.get("/cases").text


def test_a_supervisor_reads_and_changes_nothing(people: Cast, client: CheckedClient) -> None:
    case = talked(people)
    sign_in(client, people.supervising_counselor)
    talk = {"talk-held_at": "2026-11-22T10:00", "talk-record": "谈话", "talk-level": "0"}
    assert client.post(f"/cases/{case}/interview", data=talk).status_code == 404
    assert client.post(f"/cases/{case}/steps/start_care").status_code == 403
    assert client.get("/alerts").status_code == 404
    with database.reading() as session:
        assert session.get_one(Case, case).level == 2
        assert session.query(Interview).count() == 1


def test_once_the_school_has_named_somebody_else_the_record_is_closed(
    people: Cast, client: CheckedClient
) -> None:
    case = talked(people)
    with database.writing() as session:
        held = session.scalars(
            select(StaffRole).where(StaffRole.user_id == people.supervising_counselor.id)
        ).one()
        held.ended_at = clock.now()
    sign_in(client, people.supervising_counselor)
    assert client.get(f"/cases/{case}").status_code == 404
    sign_in(client, people.counselor)
    page = client.get(f"/cases/{case}").text
    assert RECORD in page
    assert people.supervising_counselor.name not in page
