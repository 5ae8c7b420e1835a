"""Staff pages in a browser: alerts are seen from every page, tables fit a phone."""

from datetime import timedelta

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from accounts import actions
from accounts.models import User
from accounts.policy import Actor, Role
from foundation import clock, database
from screening.triage.case_actions import open_case
from screening.triage.raising import raise_alert
from tests import make
from tests.people import Cast, actor

BY = Actor.system("tests")


def sign_in(page: Page, base: str, user: User) -> str:
    """A page of this person; returns the token of the session."""
    with database.writing() as session:
        token = actions.start_session(session, by=BY, user=user)
    page.context.add_cookies([{"name": "xq", "value": token, "url": base}])
    return token


def _critical(session: Session, people: Cast) -> None:
    campaign = make.campaign(session, school=people.school, klasses=[people.klass_1])
    ticket = make.ticket(session, of=campaign, student=people.lin)
    raise_alert(session, ticket=ticket, rule="phq-9:item-9", severity=3, inputs={})


def test_an_untaken_critical_alert_shows_on_whatever_page_the_counselor_has_open(
    page: Page, people: Cast, live_server: str
) -> None:
    token = sign_in(page, live_server, people.counselor)
    page.goto(f"{live_server}/students")
    expect(page.locator("[data-alerts]")).to_be_hidden()
    with database.writing() as session:
        _critical(session, people)
    bar = page.locator("[data-alerts] a")
    expect(bar).to_be_visible(timeout=15_000)
    assert "1" in bar.inner_text()
    assert page.title().startswith("(1) ")
    with database.writing() as session:
        actions.sign_out(session, by=BY, token=token)
    expect(bar).to_contain_text("登录", timeout=15_000)


def test_on_a_phone_the_deadline_of_an_alert_is_not_off_the_screen(
    page: Page, people: Cast, live_server: str
) -> None:
    with database.writing() as session:
        _critical(session, people)
    sign_in(page, live_server, people.counselor)
    page.set_viewport_size({"width": 360, "height": 720})
    page.goto(f"{live_server}/alerts")
    box = page.locator("td[data-label=时限]").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert page.get_by_role("table").get_by_role("cell").count() > 3


def test_tables_of_figures_are_cards_on_a_phone_and_columns_on_a_desk(
    page: Page, people: Cast, live_server: str
) -> None:
    with database.writing() as session:
        county = make.user(session, name="区教育局", username="county_viewer")
        make.role(session, of=county, role=Role.COUNTY_VIEWER, at=people.county)
        made = make.campaign(session, school=people.school, klasses=[people.klass_1])
        loads = [{"prevalence": 0.08, "flagged": 151, "ppv": 0.257, "hours": 75.5}]
        made.forecast = {"students": 540, "minutes": 30, "loads": loads}
    for who, path in ((county, "/region"), (people.counselor, f"/campaigns/{made.id}")):
        sign_in(page, live_server, who)
        page.set_viewport_size({"width": 360, "height": 720})
        page.goto(f"{live_server}{path}")
        table = page.locator(".table-wrap").first
        assert table.evaluate("e => e.scrollWidth - e.clientWidth") == 0
        figure = table.locator("tbody td.num").first
        assert figure.get_attribute("data-label")
        page.set_viewport_size({"width": 1280, "height": 720})
        page.reload()
        expect(table.locator("thead th").last).to_be_visible()
        assert figure.get_attribute("data-label") is None


def test_on_a_phone_no_part_of_a_case_lies_over_another_in_english_either(
    page: Page, people: Cast, live_server: str
) -> None:
    with database.writing() as session:
        campaign = make.campaign(session, school=people.school, klasses=[people.klass_1])
        ticket = make.ticket(session, of=campaign, student=people.lin)
        alert = raise_alert(session, ticket=ticket, rule="phq-9:item-9", severity=3, inputs={})
        case = open_case(session, by=actor(people.counselor), alert=alert)
        case.due_at = clock.now() - timedelta(days=23)
    sign_in(page, live_server, people.counselor)
    page.set_viewport_size({"width": 360, "height": 720})
    page.goto(f"{live_server}/cases?lang=en")
    places = [
        page.locator(one).bounding_box() for one in (".q-kind .badge", ".q-who a", ".q-due .due")
    ]
    ends = [box["x"] + box["width"] for box in places if box]
    starts = [box["x"] for box in places if box]
    assert len(ends) == 3
    assert ends[0] <= starts[1]
    assert ends[1] <= starts[2]
    assert ends[2] <= 360
