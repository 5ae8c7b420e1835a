"""The server goes away in the middle of a sheet; nothing is lost, and a second browser goes on."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from sqlalchemy import select

from foundation.database import reading
from screening.models import Alert, Draft
from tests.screening.taking_room import Room, room

SERVER = """
import sys
from waitress import create_server
from web import create_app
create_server(create_app(), host="127.0.0.1", port=int(sys.argv[1]), threads=8).run()
"""
# Students jump back and forth; the test jumps to a question at once.
SHOW = """n => document.querySelectorAll('.question').forEach(
    (question, at) => question.classList.toggle('shown', at === n - 1))"""


class Server:
    """The application as a process of its own, on the database of the test."""

    def __init__(self, home: Path, url: str | None) -> None:
        """Choose a free port; start() begins."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        names = {"XINQIAO_HOME": str(home), "XINQIAO_PORT": str(self.port)}
        self.environment = os.environ | names | ({"XINQIAO_DATABASE_URL": url} if url else {})
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        command = [sys.executable, "-c", SERVER, str(self.port)]
        self.process = subprocess.Popen(
            command, env=self.environment, cwd=Path(__file__).parents[2]
        )
        for _try in range(1200):  # a busy machine takes its time
            try:
                urllib.request.urlopen(f"{self.address}/take", timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """Kill it without a warning."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def server(app: Flask, db: str | None, home: Path) -> Iterator[Server]:
    """A server that a test may kill and start again."""
    made = Server(home, db)
    made.start()
    yield made
    made.kill()


def enter(page: Page, server: Server, here: Room, **fields: str) -> None:
    page.goto(f"{server.address}/t/{here.tickets[0].code}")
    page.click("main .btn-primary")
    for name, text in fields.items():
        page.fill(f"#{name}", text)
    page.click("main .btn-primary")
    page.click("[data-begin]")


def stored() -> list[str]:
    with reading() as session:
        rows = session.execute(select(Draft.instrument, Draft.item).order_by(Draft.item))
        return [f"{row.instrument}.{row.item}" for row in rows]


def wait_for(count: int) -> None:
    """Nobody clicks: the page itself must bring them."""
    deadline = time.monotonic() + 45
    while len(stored()) < count and time.monotonic() < deadline:
        time.sleep(0.2)


def test_seven_answers_and_one_alert_without_a_click(
    browser: Chromium, page: Page, server: Server
) -> None:
    here = room(instruments=["phq-9"])
    enter(page, server, here, check=here.checks[0], pin="2468")
    for _question in range(3):
        page.keyboard.press("1")
        page.keyboard.press("Enter")
    expect(page.locator("[data-saved]")).to_have_text("已保存")
    server.kill()
    for question in (4, 5, 6, 9):
        page.evaluate(SHOW, question)
        page.locator(f'input[name="phq-9.{question}"][value="2"]').check()
    expect(page.locator("[data-saved]")).to_contain_text("网络不稳定")
    assert len(stored()) == 3
    server.start()
    wait_for(7)
    assert len(stored()) == 7
    with reading() as session:
        assert session.scalars(select(Alert.rule)).all() == ["phq-9:item-9"]
    with browser.new_context() as other:
        second = other.new_page()
        enter(second, server, here, pin="2468")
        expect(second.locator('input[name="phq-9.4"][value="2"]')).to_be_checked()
        expect(second.locator('input[name="phq-9.9"][value="2"]')).to_be_checked()
