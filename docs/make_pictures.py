"""Make docs/pictures from the demo that XINQIAO_HOME holds: `python -m docs.make_pictures`."""

import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from foundation import database, jobs
from screening.models import Campaign, Ticket
from screening.tickets import rules as tickets
from tests.support import chromium
from tests.support.serving import served
from web import create_app
from web.demo.screenings import may_answer

PICTURES = Path(__file__).parent / "pictures"
PHONE = ViewportSize(width=390, height=720)
DESK = ViewportSize(width=1200, height=800)


@dataclass(frozen=True)
class Picture:
    """A page as a role sees it; `first` is the link on it to follow."""

    name: str
    role: str
    path: str
    first: str = ""


STAFF = (
    Picture("alerts", "counselor", "/alerts"),
    Picture("campaign", "counselor", "/campaigns", "main table a"),
    Picture("referral", "hospital_contact", "/hospital", "main a[href^='/hospital/']"),
)


def _staff(browser: Browser, address: str, picture: Picture) -> None:
    page = browser.new_page(viewport=DESK, locale="zh-CN")
    page.goto(f"{address}/sign-in")
    page.click(f"button[name=role][value={picture.role}]")
    page.goto(address + picture.path)
    if picture.first:
        page.locator(picture.first).first.click()
    _save(page, picture.name)


def _student(browser: Browser, address: str) -> None:
    code, check = _ticket()
    page = browser.new_page(viewport=PHONE, locale="zh-CN")
    page.goto(f"{address}/t/{code}")
    page.click("main .btn-primary")
    page.fill("#check", check)
    page.fill("#pin", "2468")
    page.click("main .btn-primary")
    page.wait_for_selector("#sheet", state="attached")
    page.locator("main .btn-primary:visible").first.click()
    page.wait_for_timeout(500)
    _save(page, "question")


def _ticket() -> tuple[str, str]:
    """Code and check of a student of an open campaign who may answer."""
    with database.reading() as session:
        waiting = (
            select(Ticket)
            .join(Campaign, Campaign.id == Ticket.campaign_id)
            .options(joinedload(Ticket.student))
            .where(Campaign.state == "approved", Ticket.state == "issued")
            .order_by(Ticket.id)
        )
        found = next(each for each in session.scalars(waiting) if may_answer(session, each))
        student = found.student
        return found.code, tickets.expected_checks(student.student_number, student.birth_date)[0]


def _save(page: Page, name: str) -> None:
    page.screenshot(path=PICTURES / f"{name}.png")
    page.close()


def main() -> None:
    """Serve the demo on a free port and photograph it."""
    PICTURES.mkdir(exist_ok=True)
    path = chromium.find()
    if path is None:
        sys.exit(chromium.REMEDY)
    app = create_app()
    threading.Thread(target=jobs.Worker().run, daemon=True).start()
    with served(app) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.ARGUMENTS)
        _student(browser, address)
        for picture in STAFF:
            _staff(browser, address, picture)
        browser.close()


if __name__ == "__main__":
    main()
