"""One committee member keeps company with one student of the branch, and logs it lightly."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from accounts.models import User
from accounts.policy import Role
from foundation import clock, database
from foundation.problems import Refused
from schools.models import StaffRole, Student
from screening.league import pairing_actions as actions
from screening.league.queries import coverage, current_term, members_of, silent_pairings
from screening.models import Concern, ContactLog, ContactPairing, Training
from tests import make
from tests.people import Cast, actor, sign_in
from tests.support.pages import CheckedClient


@pytest.fixture(autouse=True)
def _now(frozen: Any) -> None:
    """It is Monday morning."""


@pytest.fixture
def term(people: Cast) -> int:
    """The running term of the province."""
    with database.writing() as session:
        return make.term(session, at=people.province).id


def paired(people: Cast, student: Student | None = None) -> int:
    """The id of Zhou's pairing."""
    with database.writing() as session:
        member = session.scalars(members_of(people.school.id)).one()
        made = actions.pair(
            session,
            by=actor(people.secretary),
            member=member,
            student=session.get_one(Student, (student or people.lin).id),
            difficulties=["study", "unknown"],
        )
        return made.id


def rows(table: Any) -> int:
    """How many."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize(("who", "words"), [("wu", "本团支部"), ("zhou", "自己")])
def test_only_a_student_of_the_same_branch_and_never_himself(
    people: Cast, term: int, who: str, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        paired(people, getattr(people, who))


def test_a_sibling_is_refused(people: Cast, term: int) -> None:
    with database.writing() as session:
        make.guardian(session, of=people.lin, phone="13911112222")
        make.guardian(session, of=people.zhou, phone="13911112222")
    with pytest.raises(Refused, match="兄弟姐妹"):
        paired(people)


def test_one_pairing_per_member_and_term(people: Cast, term: int) -> None:
    pairing_id = paired(people)
    with pytest.raises(Refused, match="已经结对"):
        paired(people)
    with database.writing() as session:
        pairing = session.get_one(ContactPairing, pairing_id)
        assert pairing.difficulties == ["study"]
        actions.end_pairing(session, by=actor(people.secretary), pairing=pairing)
    assert paired(people) != pairing_id


def test_without_a_term_the_secretary_is_told_what_is_missing(people: Cast) -> None:
    with pytest.raises(Refused, match="学期"):
        paired(people)


def test_the_secretary_pairs_from_the_page(client: CheckedClient, people: Cast, term: int) -> None:
    sign_in(client, people.secretary)
    with database.reading() as session:
        member = session.scalars(members_of(people.school.id)).one().id
    page = client.get("/pairings").text
    assert "还没有结对 (1)" in page
    form = client.get(f"/pairings/new/{member}").text
    assert "林小禾" in form
    assert "吴晓晓" not in form
    assert ">周一帆（" not in form
    answer = client.post(f"/pairings/new/{member}", data={"student_id": str(people.lin.id)})
    assert answer.status_code == 303
    assert "还没有结对 (0)" in client.get("/pairings").text
    again = client.post(f"/pairings/new/{member}", data={"student_id": str(people.lin.id)})
    assert again.status_code == 422
    with database.reading() as session:
        pairing = session.scalars(select(ContactPairing)).one().id
    assert client.post(f"/pairings/{pairing}/end").status_code == 303


def test_a_calm_log_is_a_log_and_a_worried_one_is_also_a_concern(
    client: CheckedClient, people: Cast, term: int
) -> None:
    pairing_id = paired(people)
    sign_in(client, people.contact)
    assert "陪伴 林小禾" in client.get("/tasks").text
    calm = {"on_date": "2026-11-22", "mode": "talk", "worried": "no"}
    answer = client.post(f"/tasks/pairings/{pairing_id}", data=calm)
    assert (answer.status_code, answer.location) == (303, "/tasks")
    assert (rows(ContactLog), rows(Concern)) == (1, 0)
    worried = calm | {"worried": "yes", "words": "她说不想活了"}
    answer = client.post(f"/tasks/pairings/{pairing_id}", data=worried)
    assert answer.location == "/concerns/thanks"
    with database.reading() as session:
        concern = session.scalars(select(Concern)).one()
        assert (concern.student_id, concern.urgency) == (people.lin.id, "urgent")
    future = calm | {"on_date": "2027-01-01"}
    assert client.post(f"/tasks/pairings/{pairing_id}", data=future).status_code == 422


def test_somebody_else_s_pairing_does_not_exist(
    client: CheckedClient, people: Cast, term: int
) -> None:
    pairing_id = paired(people)
    sign_in(client, people.adviser)
    assert client.get(f"/tasks/pairings/{pairing_id}").status_code == 404


def test_a_former_contact_no_longer_sees_his_pairing(
    client: CheckedClient, people: Cast, term: int
) -> None:
    pairing_id = paired(people)
    with database.writing() as session:
        held = select(StaffRole).where(StaffRole.user_id == people.contact.id)
        session.scalars(held).one().ended_at = clock.now()
        other = people.klass_2.branch_id
        user = session.get_one(User, people.contact.id)
        make.role(session, of=user, role=Role.BRANCH_CONTACT, at=people.school, branch_id=other)
    sign_in(client, people.contact)
    assert client.get(f"/tasks/pairings/{pairing_id}").status_code == 404
    assert "林小禾" not in client.get("/tasks").text


@pytest.mark.parametrize("name", ["contact", "counselor", "homeroom", "adviser", "city_viewer"])
def test_only_the_secretary_pairs_and_sees_coverage(
    client: CheckedClient, people: Cast, name: str
) -> None:
    sign_in(client, getattr(people, name))
    for path in ("/pairings", "/coverage", "/pairings/new/1"):
        assert client.get(path).status_code == 404, path


def test_coverage_counts_pairing_training_and_concerns(
    client: CheckedClient, people: Cast, term: int
) -> None:
    paired(people)
    sign_in(client, people.secretary)
    with database.reading() as session:
        now = current_term(session, people.school.id)
        figures = coverage(session, people.school.id, now)
        contacts = {r.user_id: r.id for r in session.scalars(select(StaffRole))}
    assert (figures.branches, figures.paired, figures.trained) == ((2, 2), (1, 1), (0, 2))
    page = client.get("/coverage").text
    assert "个团支部有联系人" in page
    path = f"/coverage/training/{contacts[people.contact.id]}"
    assert client.post(path, data={"trained_on": "2026-11-20"}).status_code == 303
    assert client.post(path, data={"trained_on": "2026-11-21"}).status_code == 303
    assert client.post(path, data={"trained_on": ""}).status_code == 422
    assert rows(Training) == 1
    with database.reading() as session:
        assert coverage(session, people.school.id, now).trained == (1, 2)


def test_an_untrained_contact_is_reminded_but_can_always_report(
    client: CheckedClient, people: Cast, term: int
) -> None:
    sign_in(client, people.contact)
    assert "联系人培训" in client.get("/tasks").text
    data = {"client_key": "key-untrained", "danger": "1"}
    assert client.post("/concerns/new", data=data).status_code == 303


def test_a_month_without_contact_reminds_the_adult(people: Cast, term: int) -> None:
    paired(people)
    with clock.frozen(clock.now() + timedelta(days=29)), database.reading() as session:
        assert silent_pairings(session, people.school.id) == []
    with clock.frozen(clock.now() + timedelta(days=31)), database.reading() as session:
        assert len(silent_pairings(session, people.school.id)) == 1
