"""Who leaves or graduates with an open case stays in the counselor's hands."""

from foundation import clock, database
from schools.models import Student, StudentStatus
from screening.models import Alert, Case
from screening.triage import case_actions
from screening.triage.raising import raise_alert
from tests import make
from tests.people import Cast, actor, sign_in
from tests.support.pages import CheckedClient


def left_with_a_case(people: Cast) -> tuple[int, int]:
    """An alert and its case of Lin, who graduates afterwards."""
    with database.writing() as session:
        campaign = make.campaign(session, school=people.school)
        ticket = make.ticket(session, of=campaign, student=people.lin)
        alert = raise_alert(session, ticket=ticket, rule="phq-9:9>=1", severity=3, inputs={})
        case = case_actions.open_case(session, by=actor(people.counselor), alert=alert)
        session.get_one(Student, people.lin.id).status = StudentStatus.GRADUATED.value
        return alert.id, case.id


def test_the_case_of_a_graduate_stands_in_a_list_of_its_own_and_on_the_first_page(
    people: Cast, client: CheckedClient
) -> None:
    _alert, case = left_with_a_case(people)
    sign_in(client, people.counselor)
    for path in ("/cases", "/cases?whose=left"):
        page = client.get(path).text
        assert people.lin.name in page
        assert "已毕业" in page
    assert "学生已离校、没有结束的个案" in client.get("/start").text
    assert "请转交" in client.get(f"/cases/{case}").text


def test_a_student_who_is_here_is_not_in_that_list(people: Cast, client: CheckedClient) -> None:
    left_with_a_case(people)
    with database.writing() as session:
        session.get_one(Student, people.lin.id).status = StudentStatus.ENROLLED.value
    sign_in(client, people.counselor)
    assert people.lin.name not in client.get("/cases?whose=left").text
    assert "没有结束的个案" not in client.get("/start").text


def test_nothing_ends_because_somebody_left(people: Cast, client: CheckedClient) -> None:
    alert, case = left_with_a_case(people)
    sign_in(client, people.counselor)
    assert people.lin.name in client.get("/alerts").text
    with database.reading() as session:
        assert session.get_one(Alert, alert).ended_at is None
        shown = session.get_one(Case, case)
        assert shown.ended_at is None
        assert shown.due_at is not None
        assert shown.due_at > clock.now()
        assert shown.owner_user_id == people.counselor.id
