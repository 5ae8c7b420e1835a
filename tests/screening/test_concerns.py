"""A concern reaches the adults at once, and tells the reporter nothing but thanks."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from accounts.models import User
from foundation import clock, database, push
from foundation.outbox import OutboxMessage
from foundation.problems import Forbidden, Refused, WrongState
from foundation.state_machine import follow
from screening.league import concern_actions as actions
from screening.league.concern_paging import climb
from screening.league.concern_workflow import TRANSITIONS, Event, State
from screening.models import Case, CaseEvent, Concern
from tests import make
from tests.people import Cast, actor, sign_in
from tests.support.pages import CheckedClient


@pytest.fixture(autouse=True)
def _now(frozen: Any) -> None:
    """It is Monday morning."""


def reported(people: Cast, **values: Any) -> int:
    """The id of a concern that Zhou reports about Lin."""
    filled = {"client_key": "key-000001", "facts": "她哭了", "student": people.lin} | values
    by = actor(filled.pop("by", people.contact))
    with database.writing() as session:
        report = actions.Report(school_id=people.school.id, **filled)
        return actions.report(session, by=by, report=report).id


def the(concern_id: int) -> Concern:
    """The concern as it is stored."""
    with database.reading() as session:
        return session.get_one(Concern, concern_id)


def form(**values: Any) -> dict[str, Any]:
    """What the short form sends."""
    return {
        "client_key": "key-from-a-phone",
        "who": "林小禾（七年级1班）",
        "facts": "她一天没说话",
        "urgency": "worried",
    } | values


def count(table: Any) -> int:
    """How many rows."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_keyword_raises_worried_to_urgent_and_the_clock_with_it(people: Cast) -> None:
    concern = the(reported(people, facts="她说不 想 活 了"))
    assert (concern.urgency, concern.raised_by_keywords) == ("urgent", True)
    assert concern.keywords == ["suicide"]
    assert concern.due_at == clock.now() + timedelta(minutes=30)


def test_without_a_keyword_urgency_and_clock_are_what_the_reporter_said(people: Cast) -> None:
    concern = the(reported(people))
    assert (concern.urgency, concern.raised_by_keywords) == ("worried", False)
    assert concern.due_at == clock.now() + timedelta(hours=24)
    urgent = the(reported(people, client_key="key-2", urgency="urgent"))
    assert (urgent.urgency, urgent.raised_by_keywords) == ("urgent", False)


def test_custody_is_complete_from_birth(people: Cast) -> None:
    concern = the(reported(people))
    assert concern.owner_organisation_id == people.school.id
    assert concern.owner_user_id == people.counselor.id
    assert concern.duty_role == "counselor"
    assert concern.due_at is not None


def test_counselor_and_secretary_are_paged_and_no_fellow_student(people: Cast) -> None:
    with database.writing() as session:
        for user in (people.counselor, people.secretary, people.contact, people.adviser):
            push.add_channel(
                session, by="system:tests", user_id=user.id, kind="email", address="a@example.org"
            )
    concern_id = reported(people, urgency="urgent")
    with database.reading() as session:
        rows = session.scalars(select(OutboxMessage)).all()
        told = {session.get_one(push.PushChannel, row.payload["channel"]).user_id for row in rows}
    assert told == {people.counselor.id, people.secretary.id}
    assert all(row.urgent and row.payload["path"] == f"/concerns/{concern_id}" for row in rows)


def test_the_same_report_twice_is_one_concern(people: Cast) -> None:
    assert reported(people) == reported(people)
    assert count(Concern) == 1


def test_nobody_reports_himself_as_somebody_else(people: Cast) -> None:
    with pytest.raises(Refused):
        reported(people, student=people.zhou)


def test_a_second_report_joins_the_same_case_and_both_are_kept(people: Cast) -> None:
    first, second = reported(people), reported(people, by=people.homeroom, client_key="key-22")
    for concern_id in (first, second):
        with database.writing() as session:
            concern = session.get_one(Concern, concern_id)
            actions.join_case(session, by=actor(people.counselor), concern=concern)
    assert the(first).case_id == the(second).case_id
    assert count(Case) == 1
    assert count(Concern) == 2
    with database.reading() as session:
        events = session.scalars(select(CaseEvent.event).order_by(CaseEvent.id)).all()
    assert events == ["opened", "concern_joined", "concern_joined"]


def test_joining_keeps_the_earliest_clock(people: Cast) -> None:
    slow = reported(people)
    with database.writing() as session:
        concern = session.get_one(Concern, slow)
        actions.join_case(session, by=actor(people.counselor), concern=concern)
    quick = reported(people, client_key="key-33", urgency="urgent")
    with database.writing() as session:
        concern = session.get_one(Concern, quick)
        case = actions.join_case(session, by=actor(people.counselor), concern=concern)
        assert case.due_at == clock.now() + timedelta(minutes=30)


def test_taking_it_does_not_stop_its_clock(people: Cast) -> None:
    concern_id = reported(people, urgency="urgent")
    before = the(concern_id).due_at
    with database.writing() as session:
        concern = session.get_one(Concern, concern_id)
        actions.acknowledge(session, by=actor(people.secretary), concern=concern)
    after = the(concern_id)
    assert (after.state, after.due_at) == ("in_review", before)
    assert after.owner_user_id == people.counselor.id


def test_the_secretary_sees_but_does_not_decide(people: Cast) -> None:
    concern_id = reported(people)
    with database.writing() as session:
        concern = session.get_one(Concern, concern_id)
        with pytest.raises(Forbidden):
            actions.join_case(session, by=actor(people.secretary), concern=concern)
    assert the(concern_id).state == "open"


def test_closing_needs_a_look_first_and_a_reason(people: Cast) -> None:
    concern_id = reported(people)
    with database.writing() as session:
        concern = session.get_one(Concern, concern_id)
        with pytest.raises(WrongState) as refusal:
            actions.close(session, by=actor(people.counselor), concern=concern, reason="谈过了")
        assert set(refusal.value.allowed) == {"acknowledge", "join"}
        actions.acknowledge(session, by=actor(people.counselor), concern=concern)
        with pytest.raises(Refused):
            actions.close(session, by=actor(people.counselor), concern=concern, reason="  ")
        actions.close(session, by=actor(people.counselor), concern=concern, reason="谈过了")
    assert the(concern_id).ended_at is not None


def test_watching_has_a_day_that_must_come(people: Cast) -> None:
    concern_id = reported(people)
    with database.writing() as session:
        concern = session.get_one(Concern, concern_id)
        actions.acknowledge(session, by=actor(people.counselor), concern=concern)
        with pytest.raises(Refused):
            actions.watch_longer(
                session, by=actor(people.counselor), concern=concern, days=60, reason="看看"
            )
        actions.watch_longer(
            session, by=actor(people.counselor), concern=concern, days=3, reason="看看"
        )
        assert concern.due_at == clock.now() + timedelta(days=3)


def test_every_state_and_event_has_an_answer() -> None:
    for state in State:
        for event in Event:
            if (state, event) in TRANSITIONS:
                assert follow(TRANSITIONS, state, event).to in State
            else:
                with pytest.raises(WrongState):
                    follow(TRANSITIONS, state, event)


def test_an_urgent_concern_that_nobody_takes_pages_again_step_by_step(people: Cast) -> None:
    with database.writing() as session:
        push.add_channel(
            session, by="t", user_id=people.counselor.id, kind="email", address="a@example.org"
        )
    concern_id = reported(people, urgency="urgent")
    start = clock.now()
    for minutes, pages in ((1, 1), (6, 2), (7, 2), (11, 3)):
        with clock.frozen(start + timedelta(minutes=minutes)):
            climb()
            assert count(OutboxMessage) == pages, minutes
    with database.writing() as session:
        concern = session.get_one(Concern, concern_id)
        actions.acknowledge(session, by=actor(people.counselor), concern=concern)
    with clock.frozen(start + timedelta(minutes=31)):
        climb()
    assert count(OutboxMessage) == 3


# --- pages ---------------------------------------------------------------------------------------


def test_the_form_works_without_script_and_thanks(client: CheckedClient, people: Cast) -> None:
    sign_in(client, people.contact)
    page = client.get("/concerns/new").text
    assert "林小禾（七年级1班）" in page
    assert "周一帆（" not in page  # never himself
    assert "吴晓晓" not in page  # another branch
    answer = client.post("/concerns/new", data=form())
    assert (answer.status_code, answer.location) == (303, "/concerns/thanks")
    assert "谢谢" in client.get("/concerns/thanks").text
    with database.reading() as session:
        concern = session.scalars(select(Concern)).one()
        assert concern.student_id == people.lin.id
        assert concern.about is None


def test_somebody_outside_the_list_is_described_not_searched(
    client: CheckedClient, people: Cast
) -> None:
    sign_in(client, people.contact)
    client.post("/concerns/new", data=form(who="吴晓晓"))
    with database.reading() as session:
        concern = session.scalars(select(Concern)).one()
        assert (concern.student_id, concern.about) == (None, "吴晓晓")


def test_the_urgent_button_needs_nothing_else(client: CheckedClient, people: Cast) -> None:
    sign_in(client, people.contact)
    page = client.get("/concerns/new").text
    for number in ("110", "120", "12356", "12355"):
        assert f'href="tel:{number}"' in page
    answer = client.post("/concerns/new", data={"client_key": "key-danger-1", "danger": "1"})
    assert answer.status_code == 303
    with database.reading() as session:
        assert session.scalars(select(Concern)).one().urgency == "urgent"


def test_a_tick_about_death_is_urgent_by_itself(client: CheckedClient, people: Cast) -> None:
    sign_in(client, people.contact)
    client.post("/concerns/new", data=form(facts="", seen=["death"]))
    with database.reading() as session:
        assert session.scalars(select(Concern)).one().urgency == "urgent"


@pytest.mark.parametrize(
    ("values", "words"), [({"who": ""}, "担心的是谁"), ({"facts": ""}, "看到、听到的事")]
)
def test_an_incomplete_form_says_what_is_missing(
    client: CheckedClient, people: Cast, values: dict[str, str], words: str
) -> None:
    sign_in(client, people.contact)
    answer = client.post("/concerns/new", data=form(**values))
    assert answer.status_code == 422
    assert words in answer.text
    said = client.post("/concerns/new", data=form(**values), headers={"Accept": "application/json"})
    assert said.status_code == 422
    assert said.json


def test_the_queue_of_a_phone_gets_a_receipt_and_sends_twice_without_harm(
    client: CheckedClient, people: Cast
) -> None:
    sign_in(client, people.contact)
    for _turn in range(2):
        answer = client.post("/concerns/new", data=form(), headers={"Accept": "application/json"})
        assert answer.json == {"received": True, "next": "/concerns/thanks"}
    assert count(Concern) == 1


def test_the_reporter_never_sees_an_outcome(client: CheckedClient, people: Cast) -> None:
    concern_id = reported(people, facts="她说不想活了")
    with database.writing() as session:
        concern = session.get_one(Concern, concern_id)
        actions.acknowledge(session, by=actor(people.counselor), concern=concern)
        actions.close(session, by=actor(people.counselor), concern=concern, reason="密语甲")
    sign_in(client, people.contact)
    page = client.get("/concerns/mine").text
    assert "她说不想活了" in page
    for hidden in ("密语甲", "已结束", "核实中", "个案", "紧急"):
        assert hidden not in page, hidden
    assert client.get(f"/concerns/{concern_id}").status_code == 404
    assert client.get("/concerns").status_code == 404


def test_own_reports_are_only_one_s_own(client: CheckedClient, people: Cast) -> None:
    reported(people, facts="只有周知道")
    sign_in(client, people.homeroom)
    assert "只有周知道" not in client.get("/concerns/mine").text


READERS = ["counselor", "secretary"]
OTHERS = [
    "contact",
    "adviser",
    "homeroom",
    "other_counselor",
    "city_viewer",
    "province_viewer",
    "operator",
    "hospital_contact",
    "system_admin",
    "security_admin",
    "audit_admin",
]


@pytest.mark.parametrize("name", READERS)
def test_counselor_and_secretary_read_it_and_reading_is_logged(
    client: CheckedClient, people: Cast, name: str
) -> None:
    concern_id = reported(people, facts="她说活着没意思")
    user: User = getattr(people, name)
    sign_in(client, user)
    assert "林小禾" in client.get("/concerns").text
    page = client.get(f"/concerns/{concern_id}").text
    assert "<mark>" in page
    with database.reading() as session:
        row = session.execute(
            select(func.count())
            .select_from(actions.audit.AuditRow)
            .where(
                actions.audit.AuditRow.event == "concern.read",
                actions.audit.AuditRow.by == f"user:{user.id}",
            )
        )
        assert row.scalar() == 1


@pytest.mark.parametrize("name", OTHERS)
def test_everybody_else_gets_404(client: CheckedClient, people: Cast, name: str) -> None:
    concern_id = reported(people)
    sign_in(client, getattr(people, name))
    assert client.get(f"/concerns/{concern_id}").status_code == 404
    for step in ("acknowledge", "join", "close", "watch", "identify"):
        assert client.post(f"/concerns/{concern_id}/{step}").status_code == 404, step
    if client.get("/concerns").status_code == 200:
        assert "林小禾" not in client.get("/concerns").text
    assert the(concern_id).state == "open"


def test_names_are_suggested_only_within_one_s_reach(client: CheckedClient, people: Cast) -> None:
    sign_in(client, people.contact)
    assert client.get("/concerns/who.json?q=林").json == {"names": ["林小禾（七年级1班）"]}
    for other in ("吴", "郑", "周"):
        assert client.get(f"/concerns/who.json?q={other}").json == {"names": []}
    sign_in(client, people.counselor)
    assert client.get("/concerns/who.json?q=吴").json == {"names": ["吴晓晓（七年级2班）"]}


def test_the_counselor_works_on_it_from_the_page(client: CheckedClient, people: Cast) -> None:
    concern_id = reported(people, student=None, about="七年级1班戴眼镜的女生")
    sign_in(client, people.counselor)
    at = f"/concerns/{concern_id}"
    assert client.post(f"{at}/join").status_code == 422
    assert client.post(f"{at}/identify", data={"who": "没有这个人"}).status_code == 422
    assert client.post(f"{at}/identify", data={"who": "林小禾"}).status_code == 303
    assert client.post(f"{at}/acknowledge").status_code == 303
    watch = {"watch-days": "3", "watch-reason": "下周再看"}
    assert client.post(f"{at}/watch", data=watch).status_code == 303
    assert client.post(f"{at}/close", data={"close-reason": ""}).status_code == 422
    assert client.post(f"{at}/join").status_code == 303
    assert client.post(f"{at}/close", data={"close-reason": "谈过了"}).status_code == 409
    assert "已并入个案" in client.get(at).text


def test_many_reports_of_one_person_are_all_kept_and_shown_to_the_adult(
    client: CheckedClient, people: Cast
) -> None:
    last = [reported(people, client_key=f"key-many-{n}") for n in range(7)][-1]
    assert count(Concern) == 7
    sign_in(client, people.counselor)
    assert "报告了很多次" in client.get(f"/concerns/{last}").text


def test_a_school_without_counselor_still_has_an_owner(people: Cast) -> None:
    with database.writing() as session:
        teacher = make.user(session, name="白老师")
    with database.writing() as session:
        report = actions.Report(
            school_id=people.other_school.id, client_key="key-44", facts="他哭了", about="一个男生"
        )
        concern = actions.report(session, by=actor(teacher), report=report)
        assert concern.owner_user_id == people.other_counselor.id
        assert concern.owner_organisation_id == people.other_school.id
