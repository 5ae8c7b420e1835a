"""What the sweep of routes does not reach: a student's way in, doors of staff, refusals, English."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pyotp
import pytest
from flask import Flask, abort
from playwright.sync_api import Page, expect

from accounts import setup_code
from accounts.actions import start_session
from accounts.models import User
from accounts.policy import Actor
from foundation import clock, database
from foundation.problems import Busy, Forbidden, Missing, Refused, WrongState
from screening.models import Campaign
from tests.browser import axe
from tests.permissions.world import World, build
from tests.screening.taking_room import Room, room

BY = Actor.system("tests")


def seen(page: Page, address: str) -> list[str]:
    """Every fault of the page there, on a phone and on a desk, with its address."""
    page.goto(address)
    axe.bring(page)
    return [f"{address}: {each}" for each in axe.at_widths(page)]


def now(page: Page, what: str) -> list[str]:
    """Every fault of the page as it stands."""
    axe.bring(page)
    return [f"{what}: {each}" for each in axe.at_widths(page)]


@pytest.fixture
def secured(app: Flask) -> Iterator[None]:
    """Requests carry tokens, as in earnest."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_students_way_in_to_the_calm_card(
    page: Page, live_server: str, secured: None, language: str
) -> None:
    here = room()
    code = here.tickets[0].code
    found = seen(page, f"{live_server}/take?lang={language}")
    found += seen(page, f"{live_server}/t/{code}")
    page.click("main .btn-primary")
    found += now(page, "check and PIN")
    page.fill("#check", "0000" if here.checks[0] != "0000" else "1111")
    page.fill("#pin", "2468")
    page.click("main .btn-primary")
    page.wait_for_selector(".error-summary")
    found += now(page, "wrong check")
    page.fill("#check", here.checks[0])
    page.fill("#pin", "2468")
    page.click("main .btn-primary")
    page.wait_for_selector("[data-begin]")
    found += now(page, "before the first question")
    page.click("[data-begin]")
    for _question in range(8):
        page.keyboard.press("1")
        page.keyboard.press("Enter")
    found += now(page, "the ninth question")
    page.keyboard.press("4")
    expect(page.locator("#care")).to_be_visible()
    found += now(page, "the calm card")
    for _question in range(7):
        page.click("[data-next]")
        page.keyboard.press("1")
    page.click("[data-next]")
    expect(page.locator("#review")).to_be_visible()
    found += now(page, "before sending")
    assert not found, "\n".join(found)


def entered(page: Page, address: str, here: Room) -> None:
    page.goto(f"{address}/t/{here.tickets[0].code}")
    page.click("main .btn-primary")
    page.fill("#check", here.checks[0])
    page.fill("#pin", "2468")
    page.click("main .btn-primary")
    page.wait_for_load_state()


def test_consent_the_neutral_page_the_lock_and_the_closed_door(
    page: Page, live_server: str, secured: None
) -> None:
    own = room(birth_date=clock.today().replace(year=clock.today().year - 19), agreed=False)
    entered(page, live_server, own)
    found = now(page, "own consent")
    page.context.clear_cookies()
    entered(page, live_server, room(agreed=False))
    found += now(page, "neutral page")
    page.context.clear_cookies()
    with database.writing() as session:
        campaign = session.get_one(Campaign, own.campaign.id)
        campaign.opens_at = clock.now() - timedelta(days=3)
        campaign.closes_at = clock.now() - timedelta(days=2)
    page.goto(f"{live_server}/t/{own.tickets[0].code}")
    page.click("main .btn-primary")
    expect(page.locator("main")).to_contain_text("已经结束")
    found += now(page, "closed")
    assert not found, "\n".join(found)


def test_the_whole_sheet_with_the_keyboard_alone(
    page: Page, live_server: str, secured: None
) -> None:
    here = room()
    page.goto(f"{live_server}/t/{here.tickets[0].code}")
    press_to(page, "main .btn-primary, main button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#check")
    press_to(page, "#check")
    page.keyboard.type(here.checks[0])
    press_to(page, "#pin")
    page.keyboard.type("2468")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-begin]")
    press_to(page, "[data-begin]")
    page.keyboard.press("Enter")
    for _question in range(16):
        page.keyboard.press("1")
        page.keyboard.press("Enter")
    expect(page.locator("#review")).to_be_visible()
    press_to(page, "[data-send]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/take/done")


def press_to(page: Page, selector: str) -> None:
    """Presses Tab until the element has the focus."""
    for _press in range(60):
        if page.locator(f":is({selector}):focus").count():
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} is out of reach of the keyboard")


@pytest.fixture
def world(app: Flask) -> World:
    """One record of every kind."""
    with database.writing() as session:
        return build(session)


def cookie(page: Page, server: str, user: User) -> None:
    """Sign in as the user."""
    with database.writing() as session:
        token = start_session(session, by=BY, user=user)
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "xq", "value": token, "url": server}])


def test_the_first_start_and_the_second_factor(page: Page, live_server: str, world: World) -> None:
    setup_code.issue(database.home())
    found = seen(page, f"{live_server}/set-up")
    page.click("main button[type=submit], main .btn-primary")
    found += now(page, "set-up in error")
    setup_code.spend(database.home())
    person = world.people.counselor
    with database.writing() as session:
        session.get_one(User, person.id).demo = False
    cookie(page, live_server, person)
    found += seen(page, f"{live_server}/sign-in/second-factor")
    with database.writing() as session:
        session.get_one(User, person.id).totp_secret = pyotp.random_base32()
    found += seen(page, f"{live_server}/sign-in/second-factor")
    page.fill("[name=code]", "000000")
    page.keyboard.press("Enter")
    page.wait_for_selector(".error-summary, .error-text")
    found += now(page, "wrong one-time code")
    assert not found, "\n".join(found)


def refuse(error: Exception) -> Callable[[], str]:
    def view() -> str:
        raise error

    return view


def stop(status: int) -> Callable[[], str]:
    def view() -> str:
        abort(status)

    return view


REFUSALS: list[tuple[int, Callable[[], str]]] = [
    (400, stop(400)),
    (403, refuse(Forbidden("您的角色不能做这一步。"))),
    (404, refuse(Missing())),
    (405, stop(405)),
    (409, refuse(WrongState("这份记录已经办结。", ("reopen", "note")))),
    (410, stop(410)),
    (413, stop(413)),
    (422, refuse(Refused("这里的内容对不上。"))),
    (429, stop(429)),
    (500, refuse(RuntimeError("boom"))),
    (503, refuse(Busy("正在保存别的内容，请再试一次。"))),
]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_refusal_is_a_page_that_everybody_can_read(
    page: Page,
    live_server: str,
    app: Flask,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
) -> None:
    person = world.people.counselor
    with database.writing() as session:
        session.get_one(User, person.id).locale = language
    found = []
    for signed_in in (True, False):
        page.context.clear_cookies()
        if signed_in:
            cookie(page, live_server, person)
        for status, view in REFUSALS:
            monkeypatch.setitem(app.view_functions, "accounts.sign_in", view)
            answer = page.goto(f"{live_server}/sign-in?lang={language}")
            assert answer is not None
            assert answer.status == status
            expect(page.locator("h1")).to_have_count(1)
            found += now(page, f"{status} signed {'in' if signed_in else 'out'}")
    assert not found, "\n".join(found)


SHARES = 4


@pytest.mark.parametrize("share", range(SHARES))
def test_the_main_pages_hold_in_english(
    page: Page, live_server: str, world: World, share: int
) -> None:
    """Longer words: what every role reaches from its menu, at both widths."""
    found, visited = [], set()
    for _role, user in sorted(world.users.items())[share::SHARES]:
        with database.writing() as session:
            session.get_one(User, user.id).locale = "en"
        cookie(page, live_server, user)
        found += seen(page, f"{live_server}/start")
        assert page.locator("html").get_attribute("lang") == "en"
        links = page.locator(".nav a").evaluate_all("all => all.map(each => each.href)")
        for link in sorted(set(links) - visited):
            visited.add(re.sub(r"[?#].*", "", link))
            found += seen(page, link)
    assert not found, "\n".join(found)
