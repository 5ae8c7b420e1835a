"""Guesses of a PIN or a check that a program sends all at once are counted one by one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from accounts.passwords import pin_matches
from foundation import clock
from foundation.database import reading
from screening.models import Ticket
from screening.taking.views import entry, ticket
from screening.tickets.rules import FREE_TRIES, check_passes
from tests.screening.taking_room import Room, browser, room

GUESSES = 8


def all_look_first(patch: pytest.MonkeyPatch) -> None:
    """From now on everybody is past the first look at the counter before anybody is counted."""
    met = Barrier(GUESSES)

    def after_all(real: Callable[..., bool]) -> Callable[..., bool]:
        def look(*args: Any) -> bool:
            met.wait(60)
            return real(*args)

        return look

    patch.setattr(ticket, "pin_matches", after_all(pin_matches))
    patch.setattr(entry, "pin_matches", after_all(pin_matches))
    patch.setattr(entry, "check_passes", after_all(check_passes))


def sent_at_once(guess: Callable[[str], int]) -> list[int]:
    pins = [f"77{number:02}" for number in range(GUESSES)]
    with ThreadPoolExecutor(GUESSES) as crowd:
        begun = [crowd.submit(copy_context().run, guess, pin) for pin in pins]
        return sorted(each.result() for each in begun)


def tries(here: Room) -> int:
    with reading() as session:
        return session.get_one(Ticket, here.tickets[0].id).failed_tries


# three wrong tries are free; the fourth is answered and begins the wait
EXPECTED = [422] * (FREE_TRIES + 1) + [429] * (GUESSES - FREE_TRIES - 1)


def test_at_a_locked_sheet(app: Flask, frozen: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    here = room()
    student = browser(app).first(here)
    student.save(q1=3)
    all_look_first(monkeypatch)
    with clock.frozen(frozen + timedelta(minutes=4)):

        def guess(pin: str) -> int:
            twin = browser(app)
            for cookie in student.client._cookies.values():
                twin.client.set_cookie(cookie.key, cookie.value)
            return twin.client.post(f"{student.page}/unlock", data={"pin": pin}).status_code

        assert sent_at_once(guess) == EXPECTED
        assert tries(here) == FREE_TRIES + 1


def test_on_another_device(app: Flask, frozen: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    here = room()
    browser(app).first(here)
    all_look_first(monkeypatch)
    assert sent_at_once(lambda pin: browser(app).enter(here, pin=pin).status_code) == EXPECTED


def test_at_the_first_use_of_a_code(
    app: Flask, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = room()
    all_look_first(monkeypatch)
    assert sent_at_once(lambda pin: browser(app).enter(here, check=pin).status_code) == EXPECTED
    assert tries(here) == FREE_TRIES + 1
