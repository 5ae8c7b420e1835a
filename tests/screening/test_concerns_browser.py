"""The concern form on a phone: kept encrypted without a network, gone once received."""

import os
from pathlib import Path

from playwright.sync_api import Page
from sqlalchemy import func, select

from accounts import actions
from accounts.policy import Actor
from foundation import database
from screening.models import Concern
from tests.people import Cast

KEPT = """() => new Promise(done => {
  const made = indexedDB.open('concerns', 1);
  made.onupgradeneeded = () => made.result.createObjectStore('kept');
  made.onsuccess = () => {
    const asked = made.result.transaction('kept').objectStore('kept').getAllKeys();
    asked.onsuccess = () => { made.result.close(); done(asked.result); };
  };
})"""


def received() -> int:
    """How many concerns have arrived."""
    with database.reading() as session:
        return session.scalar(select(func.count(Concern.id))) or 0


def look(page: Page, name: str) -> None:
    """Keep a picture where XINQIAO_LOOK names a folder, and refuse a page wider than the screen."""
    folder = os.environ.get("XINQIAO_LOOK")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_report_without_network_is_kept_sealed_sent_later_and_wiped(
    page: Page, people: Cast, live_server: str
) -> None:
    with database.writing() as session:
        token = actions.start_session(session, by=Actor.system("tests"), user=people.contact)
    page.context.add_cookies([{"name": "xq", "value": token, "url": live_server}])
    page.set_viewport_size({"width": 360, "height": 720})
    page.goto(f"{live_server}/concerns/new")
    look(page, "concern-360")
    page.fill("#who", "林小禾（七年级1班）")
    page.fill("#facts", "她一天没说话")
    page.context.set_offline(True)
    page.click("form#concern > p button")
    page.wait_for_selector("#concern-state.notice-warn")
    assert len(page.evaluate(KEPT)) == 2  # the sealed report and its key
    assert received() == 0
    look(page, "offline-360")
    page.context.set_offline(False)
    page.wait_for_selector("#concern-state.notice-good")
    assert received() == 1
    assert page.evaluate(KEPT) == []


def test_with_a_network_it_thanks_at_once(page: Page, people: Cast, live_server: str) -> None:
    with database.writing() as session:
        token = actions.start_session(session, by=Actor.system("tests"), user=people.contact)
    page.context.add_cookies([{"name": "xq", "value": token, "url": live_server}])
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{live_server}/concerns/new")
    look(page, "concern-1280")
    page.click("#danger summary")
    assert page.is_visible("a[href='tel:110']")
    assert page.is_checked("input[name=urgency][value=urgent]")
    page.click("button[name=danger]")
    page.wait_for_url("**/concerns/thanks")
    look(page, "thanks-1280")
    assert received() == 1


def test_a_report_that_names_nobody_is_not_lost_without_network_nor_when_refused(
    page: Page, people: Cast, live_server: str
) -> None:
    with database.writing() as session:
        token = actions.start_session(session, by=Actor.system("tests"), user=people.contact)
    page.context.add_cookies([{"name": "xq", "value": token, "url": live_server}])
    page.goto(f"{live_server}/concerns/new")
    page.fill("#facts", "他说不想活了")
    page.check("input[name=seen] >> nth=0")
    page.check("input[name=urgency][value=urgent]")
    page.context.set_offline(True)
    page.click("form#concern > p button")
    page.wait_for_selector("#concern-state.notice-danger")
    page.context.set_offline(False)
    page.goto(f"{live_server}/concerns/new")
    page.wait_for_selector("#concern-state.notice-danger")
    assert page.input_value("#facts") == "他说不想活了"
    assert page.is_checked("input[name=seen] >> nth=0")
    assert page.is_checked("input[name=urgency][value=urgent]")
    page.fill("#who", "林小禾（七年级1班）")
    page.click("form#concern > p button")
    page.wait_for_url("**/concerns/thanks")
    assert received() == 1
    assert page.evaluate(KEPT) == []
