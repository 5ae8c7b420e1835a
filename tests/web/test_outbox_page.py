"""The system administrator sees what waits, what failed and what the checks found; no content."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from foundation import database, jobs, outbox
from tests.people import Cast, sign_in
from tests.support.pages import CheckedClient


@pytest.fixture
def trouble(people: Cast, frozen: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """One message that nobody takes, and a reconciler that had to repair two things."""

    def down(_payload: dict[str, Any], _key: str) -> None:
        raise ConnectionError("to 138 0013 8000")

    monkeypatch.setattr(jobs, "JOBS", {})
    monkeypatch.setitem(outbox.HANDLERS, "push.email", down)
    with database.writing() as session:
        outbox.enqueue(session, "push.email", key="notice-7", payload={"channel": 1})
    outbox.drain()
    jobs.reconciler("test.missed")(lambda: 2)
    jobs.periodic("test.fine", timedelta(minutes=1))(lambda: 5)
    jobs.run_due()


def test_the_page_names_what_failed_and_what_was_missed(
    client: CheckedClient, people: Cast, trouble: None
) -> None:
    sign_in(client, people.system_admin)
    page = client.get("/outbox").text
    for shown in ("notice-7", "ConnectionError", "会自动再试", "test.missed", "补上了几条"):
        assert shown in page
    for hidden in ("138 0013 8000", "test.fine", "{&#39;"):
        assert hidden not in page


def test_the_command_says_the_same(app: Flask, trouble: None) -> None:
    said = app.test_cli_runner().invoke(args=["outbox", "status", "--json"])
    status = json.loads(said.stdout)
    assert status["pending"] == {"push.email": 1}
    assert status["alarms"] == [{"name": "test.missed", "found": 2, "last_error": None}]
