"""Whoever prints a code or a link is told when nobody can come by the address that is on it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from tests.faults.running import free_port
from tests.people import Cast, sign_in
from tests.support.pages import CheckedClient
from web import address

PRINT_LATER = "先不要打印或发出二维码"
DEMO_LINE = "二维码和链接只有这台电脑打得开。"


@pytest.mark.parametrize(
    "here", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:9", "http://0.0.0.0:8000"]
)
def test_an_address_of_this_computer_leads_nobody_else_here(here: str) -> None:
    assert address.is_only_here(here)
    assert here in (address.at_start(here, demo=False) or "")
    assert "XINQIAO_PUBLIC_URL" in (address.at_start(here, demo=True) or "")


@pytest.mark.parametrize("there", ["https://xinqiao.example.org", "http://10.2.0.7:8000"])
def test_an_address_of_the_network_needs_no_word(there: str) -> None:
    assert address.at_start(there, demo=False) is None


@pytest.mark.parametrize("who", ["counselor", "school_admin", "security_admin"])
def test_who_prints_is_told_not_to(client: CheckedClient, people: Cast, who: str) -> None:
    sign_in(client, getattr(people, who))
    page = client.get("/start").text
    assert PRINT_LATER in page
    assert "http://127.0.0.1" in page


def test_the_system_administrator_is_told_what_to_set(client: CheckedClient, people: Cast) -> None:
    sign_in(client, people.system_admin)
    page = client.get("/outbox").text
    assert "请设置 XINQIAO_PUBLIC_URL" in page
    assert PRINT_LATER not in page


@pytest.mark.parametrize("who", ["homeroom", "hospital_contact", "contact"])
def test_who_prints_nothing_is_not_bothered(client: CheckedClient, people: Cast, who: str) -> None:
    sign_in(client, getattr(people, who))
    assert "127.0.0.1" not in client.get("/start").text


def test_with_an_address_of_its_own_there_is_no_banner(
    app: Flask, client: CheckedClient, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "PUBLIC_URL", "https://xinqiao.example.org")
    sign_in(client, people.counselor)
    assert PRINT_LATER not in client.get("/start").text


def test_a_demo_says_it_in_one_short_line(
    app: Flask, client: CheckedClient, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "DEMO", True)
    sign_in(client, people.counselor)
    page = client.get("/start").text
    assert PRINT_LATER not in page
    assert DEMO_LINE in page


def test_plain_http_inside_a_school_is_said_on_every_page(
    app: Flask, client: CheckedClient, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, people.homeroom)
    assert "连接没有加密" not in client.get("/start").text
    monkeypatch.setitem(app.config, "PLAIN_HTTP", True)
    assert "连接没有加密" in client.get("/start").text


def test_the_window_of_run_says_what_to_set(home: Path) -> None:
    environment = os.environ | {"XINQIAO_HOME": str(home), "XINQIAO_PORT": str(free_port())}
    environment.pop("XINQIAO_PUBLIC_URL", None)
    with subprocess.Popen(
        [sys.executable, "-m", "web.serve", "--empty"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Ready: ")
        process.terminate()
        _out, said = process.communicate(timeout=60)
    assert "没有设置对外网址 XINQIAO_PUBLIC_URL" in said
