"""A careless sheet asks for a quiet second one: later, beside the first, with every flag kept."""

from datetime import date, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.policy import Actor
from foundation import clock
from foundation.database import reading, writing
from schools.models import Student, WorkdayOverride
from screening.models import Alert, Response, Ticket
from screening.tickets.actions import issue, offer_retest
from tests import make
from tests.people import Cast, sign_in
from tests.screening.taking_room import Room, browser, room, whole
from tests.support.pages import CheckedClient

BY = Actor.system("tests")


@pytest.fixture
def here(app: Flask, frozen: datetime) -> Room:
    """One student of a campaign that runs on Monday morning."""
    return room()


def offered(here: Room, day: date) -> Ticket:
    """The retest that a sheet of that day at noon asks for."""
    with writing() as session, clock.frozen(datetime.combine(day, time(12), clock.SHANGHAI)):
        first = session.get_one(Ticket, here.tickets[0].id)
        student = session.get_one(Student, first.student_id)
        retest = offer_retest(session, by=BY, ticket=first, student=student)
    assert retest is not None
    return retest


def morning(day: date) -> datetime:
    return datetime.combine(day, time(), clock.SHANGHAI)


@pytest.mark.parametrize(
    ("answered", "opens"),
    [
        (date(2026, 11, 23), date(2026, 11, 26)),  # Monday's on Thursday
        (date(2026, 11, 26), date(2026, 12, 1)),  # Thursday's after the weekend, on Tuesday
    ],
)
def test_it_opens_after_three_school_days_and_not_before(
    app: Flask, here: Room, answered: date, opens: date
) -> None:
    retest = offered(here, answered)
    assert retest.opens_at == morning(opens)
    code = {"code": retest.code, "check": here.checks[0], "pin": "2468"}
    for moment, words in (
        (morning(opens) - timedelta(minutes=1), "还没有到时间"),
        (morning(opens), "第 1 题"),
    ):
        with clock.frozen(moment):
            page = app.test_client().post("/take", data=code, follow_redirects=True)
            assert words in page.get_data(as_text=True)


def test_a_day_off_of_the_school_delays_it(here: Room) -> None:
    with writing() as session:
        make.added(
            session,
            WorkdayOverride(
                organisation_id=here.campaign.school_id,
                day=datetime(2026, 11, 24, tzinfo=clock.SHANGHAI),
                workday=False,
                reason="运动会",
            ),
        )
    assert offered(here, date(2026, 11, 23)).opens_at == morning(date(2026, 11, 27))


def test_the_first_sheet_and_its_flags_stay(app: Flask, here: Room, frozen: datetime) -> None:
    student = browser(app).first(here)
    student.save(q1=3)
    with clock.frozen(frozen + timedelta(seconds=9)):
        student.submit(whole(3, seq=2))
    with reading() as session:
        retest = session.scalars(select(Ticket).where(Ticket.purpose == "retest")).one()
    with clock.frozen(frozen + timedelta(days=4)):
        again = browser(app)
        code = {"code": retest.code, "check": here.checks[0], "pin": "1357"}
        again.page = again.client.post("/take", data=code).headers["Location"]
        again.save(q1=0)
    with clock.frozen(frozen + timedelta(days=4, minutes=5)):
        assert again.submit(whole(0, seq=3)).status_code == 200
    with reading() as session:
        sheets = session.scalars(select(Response).order_by(Response.id)).all()
        first = session.scalars(select(Alert).where(Alert.rule == "phq-9:item-9")).one()
    assert [sheet.answers["phq-9"]["1"] for sheet in sheets] == [3, 0]
    assert [sheet.careless for sheet in sheets] == [True, False]
    assert first.ended_at is None


def test_the_counselor_sees_whom_why_and_from_when(
    client: CheckedClient, people: Cast, frozen: datetime
) -> None:
    with writing() as session:
        campaign = make.campaign(session, school=people.school, klasses=[people.klass_1])
        [first] = issue(session, by=BY, campaign=campaign, students=[people.lin])
        first.state, first.started_at, first.submitted_at = "submitted", frozen, frozen
        make.added(
            session,
            Response(
                ticket_id=first.id,
                campaign_id=campaign.id,
                student_id=people.lin.id,
                answers={},
                instruments=[],
                origin="online",
                answered_at=frozen,
                submitted_at=frozen,
                receipt="R",
                recorded_by="t",
                careless=True,
                quality=[{"index": "time_per_item", "value": 0.5, "limit": 2}],
            ),
        )
        offer_retest(session, by=BY, ticket=first, student=people.lin)
    address = f"/campaigns/{campaign.id}/retests"
    page = sign_in(client, people.counselor).get(address).get_data(as_text=True)
    for words in ("林小禾", "11月26日", "每题用时太短", "0.5 / 2"):
        assert words in page
    slips = client.get(f"{address}.pdf")
    assert slips.data.startswith(b"%PDF")
    assert sign_in(client, people.school_admin).get(address).status_code == 404
    assert sign_in(client, people.homeroom).get(f"{address}.pdf").status_code == 404
