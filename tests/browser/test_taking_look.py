"""A student's pages in a real browser: sizes, keyboard, no script, accessibility, shared computers."""

from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Request, expect
from sqlalchemy import select

from foundation.database import reading
from screening.models import Alert, Draft, Ticket
from screening.models import Response as Sheet
from tests.screening.taking_room import Room, room

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js"))
FIRST_LOAD = 60_000
QUESTION_PAGE = 15_000


@pytest.fixture
def here(app: Flask) -> Iterator[Room]:
    """A class whose requests carry tokens, as in earnest."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield room(2)
    app.config["WTF_CSRF_ENABLED"] = False


def enter(page: Page, address: str, here: Room, number: int = 0) -> None:
    page.goto(f"{address}/t/{here.tickets[number].code}")
    page.click("main .btn-primary")
    page.fill("#check", here.checks[number])
    page.fill("#pin", "2468")
    page.click("main .btn-primary")
    page.wait_for_selector("#sheet", state="attached")


def faults(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found["violations"]]


def saved(ticket: Ticket) -> dict[str, str | None]:
    with reading() as session:
        rows = session.execute(
            select(Draft.instrument, Draft.item, Draft.value).where(Draft.ticket_id == ticket.id)
        )
        return {f"{row.instrument}.{row.item}": row.value for row in rows}


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_has_an_accessibility_fault(
    page: Page, live_server: str, here: Room, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(f"{live_server}/take")
    assert faults(page) == []
    enter(page, live_server, here)
    assert faults(page) == []
    page.click("[data-begin]")
    assert faults(page) == []
    page.click("#help summary")
    assert faults(page) == []
    page.click("#help summary")
    page.click("[data-large]")
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(f"{live_server}/take/done")
    assert faults(page) == []


def test_targets_are_large_enough(page: Page, live_server: str, here: Room) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    enter(page, live_server, here)
    page.click("[data-begin]")
    small = page.evaluate(
        """() => [...document.querySelectorAll('a, button, summary, .option')]
        .filter(e => e.offsetParent && !e.classList.contains('skip'))
        .filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert small == []


def test_the_first_load_is_small(page: Page, live_server: str, here: Room) -> None:
    sizes: dict[str, int] = {}

    def weigh(request: Request) -> None:
        parts = request.sizes()
        sizes[request.url] = parts["responseBodySize"] + parts["responseHeadersSize"]

    page.on("requestfinished", weigh)
    enter(page, live_server, here)
    page.wait_for_load_state("networkidle")
    sheet = next(size for url, size in sizes.items() if url.split("?")[0] == page.url)
    assert sheet < QUESTION_PAGE
    assert sum(sizes.values()) < FIRST_LOAD


def test_the_keyboard_is_enough(page: Page, live_server: str, here: Room) -> None:
    page.goto(f"{live_server}/t/{here.tickets[0].code}")
    page.keyboard.press("Enter")
    page.wait_for_selector("#check")
    page.keyboard.type(here.checks[0])
    page.keyboard.press("Tab")
    page.keyboard.type("2468")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-begin]")
    page.focus("[data-begin]")
    page.keyboard.press("Enter")
    for _question in range(16):
        page.keyboard.press("1")
        page.keyboard.press("Enter")
    expect(page.locator("#review")).to_be_visible()
    page.focus("[data-send]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/take/done")
    with reading() as session:
        assert set(session.scalars(select(Sheet)).one().answers["phq-9"].values()) == {0}


def test_without_script_everything_is_one_form(
    browser: Chromium, live_server: str, here: Room
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        enter(page, live_server, here)
        for name in (f"phq-9.{n}" for n in range(1, 9)):
            page.check(f'input[name="{name}"][value="1"]')
        page.click("[data-send]")
        expect(page.locator(".error-summary")).to_contain_text("8")
        page.click("[data-send]")
        page.wait_for_url("**/take/done")


def test_a_critical_answer_shows_a_calm_card_and_the_sheet_goes_on(
    page: Page, live_server: str, here: Room
) -> None:
    enter(page, live_server, here)
    page.click("[data-begin]")
    for _question in range(8):
        page.keyboard.press("1")
        page.keyboard.press("Enter")
    page.keyboard.press("4")
    expect(page.locator("#care")).to_be_visible()
    expect(page.locator("#care")).to_contain_text("12356")
    page.click("[data-next]")
    expect(page.locator("[data-words]")).to_contain_text("10")


def test_answers_given_offline_arrive_later(page: Page, live_server: str, here: Room) -> None:
    enter(page, live_server, here)
    page.click("[data-begin]")
    page.context.set_offline(True)
    for _question in range(5):
        page.keyboard.press("2")
        page.keyboard.press("Enter")
    expect(page.locator("[data-saved]")).to_contain_text("网络不稳定")
    assert saved(here.tickets[0]) == {}
    page.context.set_offline(False)
    expect(page.locator("[data-saved]")).to_have_text("已保存")
    assert len(saved(here.tickets[0])) == 5


def test_a_reload_while_offline_keeps_what_was_not_sent(
    page: Page, live_server: str, here: Room
) -> None:
    enter(page, live_server, here)
    page.wait_for_function(
        "async () => !!(await (await caches.open('take-1')).match(location.pathname))"
    )
    page.reload()
    page.click("[data-begin]")
    page.context.set_offline(True)
    for _question in range(3):
        page.keyboard.press("3")
        page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    page.reload()
    page.click("[data-begin]")
    expect(page.locator("[data-words]")).to_contain_text("4")
    page.context.set_offline(False)
    page.keyboard.press("3")
    expect(page.locator("[data-saved]")).to_have_text("已保存")
    assert len(saved(here.tickets[0])) == 4


def test_nothing_readable_stays_on_the_device(page: Page, live_server: str, here: Room) -> None:
    enter(page, live_server, here)
    sheet = page.url
    page.click("[data-begin]")
    for _question in range(16):
        page.keyboard.press("1")
        page.keyboard.press("Enter")
    page.click("[data-send]")
    page.wait_for_url("**/take/done")
    left = page.evaluate(
        """async () => [Object.keys(localStorage), await caches.keys(),
        (await indexedDB.databases()).map(each => each.name)]"""
    )
    assert left == [[], [], []]
    page.goto(sheet)
    assert page.url.endswith("/take/done")


def test_a_call_for_a_teacher_waits_for_the_network(
    page: Page, live_server: str, here: Room
) -> None:
    enter(page, live_server, here)
    page.context.set_offline(True)
    page.click("#help summary")
    page.fill("#help-place", "机房")
    page.click(".help-ask button")
    expect(page.locator("[data-ask-state]")).to_contain_text("连上后")
    page.context.set_offline(False)
    expect(page.locator("[data-ask-state]")).to_contain_text("已经告诉")
    with reading() as session:
        assert session.scalars(select(Alert.rule)).all() == ["request:teacher"]
