"""The static catalogue in Chromium: WCAG 2.2 AA on phone, desk and paper, in both languages."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from instruments.pages.language import CODES
from instruments.pages.site import address, write_pages
from tests.browser import axe

pytestmark = pytest.mark.browser
NAMES = ("index", "phq-9", "psqi", "scl-90", "sdq-s")


@pytest.mark.parametrize("code", CODES)
def test_pages_are_for_everybody(page: Page, tmp_path: Path, code: str) -> None:
    write_pages(tmp_path)
    found = {}
    for name in NAMES:
        page.goto((tmp_path / address(name, code)).as_uri())
        axe.bring(page)
        found[name] = [*axe.at_widths(page), *axe.in_print(page)]
        page.emulate_media(media="screen")
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_a_reader_goes_on_in_the_other_language_by_keyboard(page: Page, tmp_path: Path) -> None:
    write_pages(tmp_path)
    page.goto((tmp_path / "phq-9.html").as_uri())
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("跳到正文")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("English")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Patient Health Questionnaire")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="[4]").first.click()
    expect(page.locator("#source-4")).to_be_in_viewport()
