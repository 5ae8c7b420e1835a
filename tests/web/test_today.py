"""The first page of the day: what waits for a person, counted, without a name; and the menu."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from foundation import clock, database, outbox
from screening.models import Alert
from screening.triage import case_actions
from screening.triage.raising import raise_alert
from tests import make
from tests.people import Cast, actor, sign_in
from tests.support.pages import CheckedClient

pytestmark = pytest.mark.database


def critical(people: Cast) -> None:
    """林同学 marked the ninth item; 陈老师 is the one counselor of the school."""
    with database.writing() as session:
        campaign = make.campaign(session, school=people.school)
        ticket = make.ticket(session, of=campaign, student=people.lin)
        raise_alert(
            session, ticket=ticket, rule="phq-9:9>=1", severity=3, inputs={"item": "9", "value": 1}
        )


def start(client: FlaskClient, people: Cast, who: str) -> str:
    sign_in(client, getattr(people, who))
    return client.get("/start").text


def test_an_empty_day_says_so(client: CheckedClient, people: Cast) -> None:
    assert "现在没有等您处理的事" in start(client, people, "counselor")


def test_a_counselor_sees_a_critical_alert_first_and_no_name(
    client: CheckedClient, people: Cast, frozen: datetime
) -> None:
    critical(people)
    page = start(client, people, "counselor")
    assert page.index("紧急预警还没有人接手") < page.index("由您处理的预警")
    assert "/alerts?severity=3&amp;state=open" in page
    assert people.lin.name not in page


def test_what_is_past_its_time_is_counted(client: CheckedClient, people: Cast) -> None:
    critical(people)
    with database.writing() as session:
        session.query(Alert).one().due_at = clock.now().replace(year=2020)
    assert "1 条已超时" in start(client, people, "counselor")


@pytest.mark.parametrize("who", ["other_counselor", "contact", "homeroom", "hospital_contact"])
def test_nobody_is_told_of_what_is_not_his(client: CheckedClient, people: Cast, who: str) -> None:
    critical(people)
    assert "预警还没有人接手" not in start(client, people, who)


def test_a_long_menu_is_grouped_and_a_short_one_is_not(client: CheckedClient, people: Cast) -> None:
    assert '<details class="menu"' in start(client, people, "counselor")
    client.post("/sign-out")
    assert '<details class="menu"' not in start(client, people, "hospital_contact")


def test_a_homeroom_teacher_is_told_of_advice_and_of_no_deadline(
    people: Cast, client: CheckedClient
) -> None:
    with database.writing() as session:
        campaign = make.campaign(session, school=people.school)
        ticket = make.ticket(session, of=campaign, student=people.lin)
        alert = raise_alert(session, ticket=ticket, rule="phq-9:9>=1", severity=3, inputs={})
        case = case_actions.open_case(session, by=actor(people.counselor), alert=alert)
        case.advice = "课间自然地打个招呼"
        case.due_at = clock.now() - timedelta(days=2)
    page = sign_in(client, people.homeroom).get("/start").text
    assert "班里需要关怀的学生" in page
    assert "已超时" not in page


def test_everybody_is_warned_while_no_mail_leaves(
    client: CheckedClient, people: Cast, frozen: datetime
) -> None:
    with database.writing() as session:
        outbox.enqueue(session, "push.email", key="k", payload={"channel": 1}, urgent=True)
    warning = "紧急通知送不出去"
    assert warning not in sign_in(client, people.counselor).get("/start").text
    with database.writing() as session:
        session.execute(update(outbox.OutboxMessage).values(tries=outbox.SHUT_AFTER))
    assert warning in client.get("/start").text
