"""A pile of consent slips on a phone: exceptions ticked, looked at, recorded, taken back."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from foundation import database
from screening.models import Campaign
from tests import make
from tests.browser import axe
from tests.browser.test_staff_pages import sign_in
from tests.people import Cast, cast

SIZE = 45


@pytest.fixture
def people(app: Flask) -> Cast:
    """The cast, and a class of forty-five."""
    with database.writing() as session:
        found = cast(session)
        for number in range(SIZE - 2):
            make.student(session, klass=found.klass_1, name=f"学生{number:02}")
        return found


@pytest.fixture
def campaign(people: Cast) -> Campaign:
    with database.writing() as session:
        return make.campaign(session, school=people.school, klasses=[people.klass_1])


@pytest.mark.parametrize("width", [360, 1280])
def test_two_exceptions_of_a_class_take_two_taps_and_two_buttons(
    page: Page, live_server: str, people: Cast, campaign: Campaign, width: int
) -> None:
    sign_in(page, live_server, people.counselor)
    page.set_viewport_size({"width": width, "height": 780})
    page.goto(f"{live_server}/campaigns/{campaign.id}/consents")
    axe.bring(page)
    assert axe.violations(page) == []
    rows = page.locator("fieldset.slip")
    expect(rows).to_have_count(SIZE)
    first = rows.nth(0).bounding_box()
    assert first is not None
    assert first["height"] <= 60, "one line for each student"
    rows.nth(1).get_by_label("不同意").check()
    rows.nth(2).get_by_label("没交").check()
    page.get_by_role("button", name="看一遍再登记").click()
    expect(page.get_by_role("heading", name="登记为同意")).to_contain_text(f"{SIZE - 2} 人")
    axe.bring(page)
    assert axe.violations(page) == []
    page.get_by_role("button", name=f"确认登记 {SIZE - 1} 份").click()
    expect(page.get_by_text(f"已按 {SIZE - 1} 份回执登记")).to_be_visible()
    expect(rows).to_have_count(1)
    page.get_by_text("最近的登记").click()
    page.get_by_role("button", name="撤销这次登记").click()
    expect(page.get_by_text(f"已撤销 {SIZE - 1} 人的登记")).to_be_visible()
    expect(rows).to_have_count(SIZE)
