"""A county, its city and its province see counts that fit together and betray nobody."""

import csv
import io
import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from accounts.models import User
from accounts.policy import Role
from foundation import clock, database
from schools.models import Student
from screening.models import Export, Response, Score
from screening.reports.region_queries import region_of
from tests import make
from tests.people import Cast, sign_in
from tests.support.pages import CheckedClient

YEAR = 2026


def school(people: Cast, name: str, counts: tuple[int, int, int, int, int]) -> None:
    """A school of the county with a closed campaign: enrolled, eligible, finished, valid, positive."""
    enrolled, eligible, finished, valid, positive = counts
    with database.writing() as session:
        place = make.organisation(session, name=name, under=people.county)
        klass = make.klass(session, school=place, grade=make.grade(session, school=place))
        campaign = make.campaign(
            session,
            school=place,
            klasses=[klass],
            instruments=["phq-9"],
            opens_at=clock.now() - timedelta(days=9),
            closes_at=clock.now() - timedelta(days=2),
        )
        for number in range(enrolled):
            student = make.student(session, klass=klass, name=f"{name}的学生{number}")
            if number >= eligible:
                continue
            done = number < finished
            ticket = make.ticket(
                session,
                of=campaign,
                student=student,
                state="submitted" if done else "issued",
                submitted_at=clock.now() if done else None,
            )
            if done:
                response = sheet(ticket.id, campaign.id, student.id, careless=number >= valid)
                session.add(response)
                session.flush()
                session.add(score(response, positive=number < positive))


def sheet(ticket: int, campaign: int, student: int, *, careless: bool) -> Response:
    """A submitted sheet."""
    return Response(
        ticket_id=ticket,
        campaign_id=campaign,
        student_id=student,
        answers={},
        instruments=[],
        origin="paper",
        answered_at=clock.now(),
        submitted_at=clock.now(),
        receipt="R",
        recorded_by="system:tests",
        careless=careless,
    )


def score(response: Response, *, positive: bool) -> Score:
    """Its score."""
    return Score(
        response_id=response.id,
        campaign_id=response.campaign_id,
        student_id=response.student_id,
        instrument="phq-9",
        version="1",
        checksum="0",
        engine_version="1",
        cutset="default",
        result={},
        valid=True,
        positive=positive,
        scored_at=clock.now(),
    )


@pytest.fixture
def county_viewer(people: Cast, frozen: datetime) -> User:
    """A county with schools as they are, and its viewer."""
    school(people, "大河中学", (90, 90, 70, 58, 20))
    school(people, "小河中学", (40, 40, 28, 27, 3))
    school(people, "南山中学", (60, 60, 57, 45, 12))
    with database.writing() as session:
        viewer = make.user(session, name="县里", demo=True)
        make.role(session, of=viewer, role=Role.COUNTY_VIEWER, at=people.county)
        return viewer


def cells(page: str) -> dict[str, list[str]]:
    """The words of each row of the table by its first cell."""
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", page, re.DOTALL)
    found = {}
    for row in rows:
        words = [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.split(r"</t[hd]>", row)]
        found[words[0]] = words[1:]
    return found


def test_the_county_sees_who_has_not_started_and_small_counts_stay_hidden(
    client: CheckedClient, people: Cast, county_viewer: User
) -> None:
    sign_in(client, county_viewer)
    page = client.get("/region").text
    rows = cells(page)
    assert next(iter(rows)) == people.school.name  # not started comes first
    assert "没有安排" in rows[people.school.name]
    assert rows["大河中学"][2:5] == ["90", "90", "70"]
    assert rows["小河中学"][7] == "—"  # three
    assert rows["南山中学"][4] == "—"  # three are missing
    assert "的学生" not in page


def test_the_file_holds_what_the_page_shows_and_nothing_more(
    client: CheckedClient, people: Cast, county_viewer: User
) -> None:
    sign_in(client, county_viewer)
    rows = cells(client.get("/region").text)
    address = f"/region/{people.county.id}/export"
    assert "小河中学" in client.get(address).text
    assert client.post(address, data={"format": "csv"}).status_code == 422
    answer = client.post(address, data={"format": "csv", "reason": "学期汇报"})
    table = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    for line in table:
        shown = rows.get(line["地区或学校"])
        if shown and "还没有数据" not in shown:
            counts = [line[name] for name in ("在校学生", "应测", "做完", "有效", "达到分界")]
            assert counts == [*shown[2:5], *shown[6:8]]
    with database.reading() as session:
        taken = session.scalars(select(Export)).one()
    assert (taken.kind, taken.reason, taken.taken_by) == (
        "region",
        "学期汇报",
        f"user:{county_viewer.id}",
    )
    assert all(taken.mark in line["导出人、时间和编号"] for line in table)


def test_city_and_province_show_of_a_county_what_it_shows_itself(
    client: CheckedClient, people: Cast, county_viewer: User
) -> None:
    with database.reading() as session:
        county = region_of(session, people.county, YEAR)
        city = region_of(session, people.city, YEAR)
        province = region_of(session, people.province, YEAR)
    assert city.rows[0].counts == county.total.counts
    of_city = next(row for row in province.rows if row.id == people.city.id)
    assert of_city.counts == city.total.counts
    sign_in(client, people.city_viewer)
    assert people.county.name in client.get("/region").text
    assert "大河中学" in client.get(f"/region/{people.county.id}").text
    for outside in (people.province, people.other_county, people.school):
        assert client.get(f"/region/{outside.id}").status_code == 404


def test_results_of_a_running_campaign_do_not_count_yet(people: Cast, county_viewer: User) -> None:
    with database.writing() as session:
        running = make.organisation(session, name="北山中学", under=people.county)
        klass = make.klass(session, school=running, grade=make.grade(session, school=running))
        campaign = make.campaign(session, school=running, klasses=[klass])
        for number in range(30):
            student = make.student(session, klass=klass, name=f"甲{number}")
            ticket = make.ticket(
                session, of=campaign, student=student, state="submitted", submitted_at=clock.now()
            )
            response = sheet(ticket.id, campaign.id, student.id, careless=False)
            session.add(response)
            session.flush()
            session.add(score(response, positive=number < 15))
    with database.reading() as session:
        county = region_of(session, people.county, YEAR)
    row = next(row for row in county.rows if row.name == "北山中学")
    assert row.counts[2:] == (30, 0, 0)


def test_results_say_nothing_about_a_student_who_leaves_between_two_looks(people: Cast) -> None:
    school(people, "南山中学", (120, 110, 100, 90, 30))

    def shown() -> tuple[int | None, ...]:
        with database.reading() as session:
            county = region_of(session, people.county, YEAR)
        return next(row for row in county.rows if row.name == "南山中学").counts

    before = shown()
    with database.writing() as session:
        positive = select(Score.student_id).where(Score.positive)
        gone = session.scalars(select(Student).where(Student.id.in_(positive)).limit(1)).one()
        gone.status = "left"
    assert shown()[2:] == before[2:]
