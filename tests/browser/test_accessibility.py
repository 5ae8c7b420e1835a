"""Every page with data, as a role that may see it: WCAG 2.2 AA on phone, desk and paper, and with an error."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from accounts import passwords
from accounts.actions import invite, start_session
from accounts.models import User
from accounts.policy import Actor, Role
from foundation import crypto, database
from referrals.actions.paper import TOKEN_PURPOSE
from referrals.models import Referral
from screening.campaigns import consent_text
from screening.models import Alert
from tests.browser import axe
from tests.permissions.test_routes import address, rules
from tests.permissions.world import World, build

SHARES = 8
NOBODY = ""
# A signed link of a message that only leads to another page.
ONWARD = {"web.todo"}
# Pages about somebody whom their address names behind the question mark.
ABOUT = {"/care-tasks/new": "?student_id={student_id}"}
# Files: made only in some states, and no pages in any.
FILES = (".pdf", ".json", "/file")
BY = Actor.system("tests")
# Blank what can be blanked and send it past the browser's own checks.
BLANK = """form => {
  for (const field of form.querySelectorAll('input:not([type=hidden]), textarea')) {
    field.value = field.type === 'checkbox' || field.type === 'radio' ? field.value : '';
    field.checked = false;
  }
  HTMLFormElement.prototype.submit.call(form);
}"""
FILLED_IN = (
    "form[method=post]:has(:is(input:not([type=hidden], [type=submit]), textarea, select)):visible"
)


@dataclass
class Tour:
    """The world, who walks through it, and where he finds a page."""

    app: Flask
    world: World
    cookies: dict[str, str]
    papers: list[str]

    def client(self, role: str) -> FlaskClient:
        """A plain client of the role."""
        client = FlaskClient(self.app, self.app.response_class)
        if role:
            client.set_cookie("xq", self.cookies[role])
        return client

    def stops(self, share: int) -> list[tuple[str, str]]:
        """A share of the guarded pages, start pages and open pages; role and address."""
        own = self.world.sides["own"].ids
        ids = {"member_id": own["user_id"], "key": "phq-9", **own}
        guarded = [
            rule
            for rule in rules(self.app)
            if "GET" in (rule.methods or ())
            and rule.endpoint not in ONWARD
            and not rule.rule.endswith(FILES)
        ][share::SHARES]
        paths = [
            address(self.app, rule, ids) + ABOUT.get(rule.rule, "").format(**ids)
            for rule in guarded
        ]
        seen = [(self.reader(path), path) for path in paths]
        starts = [(role, "/start") for role in self.cookies]
        rest = [*starts, *((NOBODY, path) for path in self.papers)]
        return [(role, path) for role, path in seen if role is not None] + rest[share::SHARES]

    def reader(self, path: str) -> str | None:
        """The first role that gets a page there; None when it is data or leads elsewhere."""
        answers = {}
        for role in self.cookies:
            answer = self.client(role).get(path)
            answers[role] = answer.status_code
            if answer.status_code == 200:
                return role if answer.mimetype == "text/html" else None
        assert 302 in answers.values(), f"{path} opens for nobody: {answers}"
        return None


@pytest.fixture
def tour(app: Flask) -> Tour:
    """One record of every kind, everybody signed in."""
    with database.writing() as session:
        world = build(session)
        own = world.sides["own"]
        member = session.get_one(User, own.ids["user_id"])
        users = {**world.users, "member": member}
        cookies = {role: start_session(session, by=BY, user=user) for role, user in users.items()}
        letter = session.get_one(Referral, own.ids["referral_id"])
        letter.token_index = crypto.blind_index(TOKEN_PURPOSE, "scanned")
        school = world.people.school.id
        _row, invitation = invite(
            session, by=BY, organisation_id=school, role=Role.HOMEROOM, name="客人"
        )
        campaign, student = own.ids["campaign_id"], own.ids["student_id"]
        papers = [
            "/",
            "/sign-in",
            "/take",
            "/take/done",
            "/no-such-page",
            "/r/scanned",
            f"/invitation/{invitation}",
            f"/consent/{consent_text.student_link(campaign, student)}",
            f"/consent/class/{consent_text.class_link(campaign, own.klass.id)}",
        ]
    return Tour(app, world, cookies, papers)


def come(page: Page, server: str, tour: Tour, role: str, path: str) -> int:
    """Opens the address as the role, with axe at hand; returns the status."""
    page.context.clear_cookies()
    if role:
        page.context.add_cookies([{"name": "xq", "value": tour.cookies[role], "url": server}])
    answer = page.goto(server + path)
    assert answer is not None
    axe.bring(page)
    return answer.status


def errors(page: Page, server: str, tour: Tour, role: str, path: str) -> Iterator[str]:
    """What is wrong with the page that answers each of its forms sent in blank."""
    come(page, server, tour, role, path)
    for number in range(page.locator(FILLED_IN).count()):
        if number:
            come(page, server, tour, role, path)
        form = page.locator(FILLED_IN).nth(number)
        if not form.count():
            return
        with page.expect_navigation() as answered:
            form.evaluate(BLANK)
        if answered.value is not None and answered.value.status == 422:
            axe.bring(page)
            yield from (f"{path} form {number} in error: {each}" for each in axe.at_widths(page))


@pytest.mark.parametrize("share", range(SHARES))
def test_no_page_breaks_a_rule(page: Page, live_server: str, tour: Tour, share: int) -> None:
    stops = tour.stops(share)
    found = []
    for role, path in stops:
        status = come(page, live_server, tour, role, path)
        assert status in {200, 404}, f"{path} as {role or 'nobody'}: {status}"
        found += [f"{path} as {role}: {each}" for each in axe.at_widths(page)]
        found += [f"{path} as {role}: {each}" for each in axe.in_print(page)]
    for role, path in stops:
        found += errors(page, live_server, tour, role, path)
    assert not found, "\n".join(found)


PASSWORD = "一个很长的口令 2026"
TABS = 80


def tab_to(page: Page, selector: str) -> None:
    """Presses Tab until the element has the focus, and the focus can be seen."""
    for _press in range(TABS):
        page.keyboard.press("Tab")
        focused = page.locator("*:focus")
        if focused.count() and focused.evaluate("(e, s) => e.matches(s)", selector):
            style = focused.evaluate(
                "e => [getComputedStyle(e).outlineStyle, getComputedStyle(e).boxShadow]"
            )
            assert style != ["none", "none"], f"no focus to be seen on {selector}"
            return
    pytest.fail(f"{selector} is out of reach of the keyboard")


def test_signing_in_needs_no_mouse(page: Page, live_server: str, tour: Tour) -> None:
    with database.writing() as session:
        person = session.get_one(User, tour.world.people.counselor.id)
        person.password_hash = passwords.hashed(PASSWORD)
    page.goto(f"{live_server}/sign-in")
    tab_to(page, "[name=username]")
    page.keyboard.type("counselor")
    tab_to(page, "[name=password]")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    page.locator("[name=password]").fill("")
    tab_to(page, "[name=password]")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/start")


def test_an_alert_is_acknowledged_without_a_mouse(page: Page, live_server: str, tour: Tour) -> None:
    alert_id = tour.world.sides["own"].ids["alert_id"]
    come(page, live_server, tour, "counselor", "/start")
    tab_to(page, "a[href$='/alerts']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts")
    tab_to(page, f"main a[href$='/alerts/{alert_id}']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/alerts/{alert_id}*")
    tab_to(page, "button[formaction*='acknowledge']")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    with database.reading() as session:
        alert = session.get_one(Alert, alert_id)
        assert alert.state == "acknowledged"
