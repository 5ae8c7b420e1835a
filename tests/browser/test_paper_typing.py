"""A paper sheet typed with one hand on the number pad: 64 items, two presses more, next student."""

from datetime import timedelta
from time import monotonic

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from sqlalchemy import select

from accounts.actions import start_session
from accounts.policy import Actor
from foundation import clock, database
from screening.models import Campaign, Response
from screening.tickets.actions import issue
from tests import make
from tests.browser import axe
from tests.people import Cast, cast

ITEMS = 64
BY = Actor.system("tests")


@pytest.fixture
def people(app: Flask) -> Cast:
    """The cast, on the database of the application."""
    with database.writing() as session:
        return cast(session)


@pytest.fixture
def campaign(people: Cast) -> Campaign:
    """UPI on paper for two students."""
    with database.writing() as session:
        made = make.campaign(
            session,
            school=people.school,
            klasses=[people.klass_1],
            instruments=["upi"],
            origin="paper",
            opens_at=clock.now() - timedelta(days=2),
        )
        students = [people.lin, people.zhou]
        for student in students:
            make.consent(session, to=made, by=student)
        issue(session, by=BY, campaign=made, students=students)
        return made


def cookies(people: Cast, server: str) -> list[dict[str, str]]:
    with database.writing() as session:
        token = start_session(session, by=BY, user=people.counselor)
    return [{"name": "xq", "value": token, "url": server}]


def test_a_sheet_takes_its_digits_and_two_presses(
    page: Page, live_server: str, people: Cast, campaign: Campaign
) -> None:
    page.context.add_cookies(cookies(people, live_server))  # type: ignore[arg-type]
    page.goto(f"{live_server}/campaigns/{campaign.id}/paper")
    axe.bring(page)
    found = axe.at_widths(page)
    page.click("main .btn-primary")
    axe.bring(page)
    found += axe.at_widths(page)
    expect(page.locator("[data-at]")).to_contain_text("第 1 题，共 64 题")
    begun = monotonic()
    page.keyboard.type("0" * 6 + "-" + "1" * 2 + "0" * (ITEMS - 9))
    assert page.evaluate("document.activeElement.type") == "submit"
    page.keyboard.press("Enter")
    page.wait_for_url("**/check*")
    assert monotonic() - begun < 60
    axe.bring(page)
    found += axe.at_widths(page)
    expect(page.locator("main")).to_contain_text("没有作答 1 题：7")
    assert page.evaluate("document.activeElement.type") == "submit"
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("周一帆")
    with database.reading() as session:
        answers = session.scalars(select(Response)).one().answers["upi"]
    assert [answers[n] for n in ("6", "7", "8", "9", "10")] == [0, None, 1, 1, 0]
    page.keyboard.type("5")
    expect(page.locator("[data-at]")).to_contain_text("第 1 题")
    assert not found, "\n".join(found)


def test_backspace_goes_back_to_the_item_before(
    page: Page, live_server: str, people: Cast, campaign: Campaign
) -> None:
    page.context.add_cookies(cookies(people, live_server))  # type: ignore[arg-type]
    page.goto(f"{live_server}/campaigns/{campaign.id}/paper")
    page.click("main .btn-primary")
    expect(page.locator("[data-at]")).to_contain_text("第 1 题")
    page.keyboard.type("01")
    page.keyboard.press("Backspace")
    page.keyboard.type("0")
    expect(page.locator("[id='upi.2']")).to_have_value("0")
    expect(page.locator("[data-at]")).to_contain_text("第 3 题")


def test_without_script_a_sheet_is_typed_with_tab(
    browser: Chromium, live_server: str, people: Cast, campaign: Campaign
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        context.add_cookies(cookies(people, live_server))  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{live_server}/campaigns/{campaign.id}/paper")
        page.click("main .btn-primary")
        page.focus("[id='upi.1']")
        for _item in range(ITEMS):
            page.keyboard.type("0")
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/check*")
        page.click("main .btn-primary")
        expect(page.locator("h1")).to_contain_text("周一帆")
