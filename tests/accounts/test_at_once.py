"""Guesses and one-time things that arrive several at a time, as a program would send them."""

from datetime import datetime

import pyotp
import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts import actions
from accounts.models import SignInThrottle, User
from accounts.policy import Actor, Role
from foundation import clock, database
from tests.people import Cast, sign_in
from tests.support.meeting import at_once

BY = Actor.system("tests")
GUESSES = 4


@pytest.fixture(autouse=True)
def _now(frozen: datetime) -> None:
    """It is Monday morning."""


def failures() -> list[int]:
    """What was counted."""
    with database.reading() as session:
        return list(session.scalars(select(SignInThrottle.failures)))


@pytest.mark.parametrize("tried_before", [False, True])
def test_guesses_sent_at_once_are_all_counted(
    app: Flask, people: Cast, monkeypatch: pytest.MonkeyPatch, *, tried_before: bool
) -> None:
    def guess() -> int:
        wrong = {"username": people.counselor.username, "password": "wrong wrong"}
        return app.test_client().post("/sign-in", data=wrong).status_code

    if tried_before:
        guess()
    assert 500 not in at_once(monkeypatch, *[guess] * GUESSES)
    assert failures() == [GUESSES + tried_before]


def test_an_invitation_sent_twice_makes_one_account(
    app: Flask, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writing() as session:
        place = people.school.id
        _made, token = actions.invite(
            session, by=BY, organisation_id=place, role=Role.SCHOOL_LEAD, name="新来的"
        )

    def accept(username: str) -> int:
        form = {"username": username, "password": "quiet forty bridges"}
        form["again"] = form["password"]
        return app.test_client().post(f"/invitation/{token}", data=form).status_code

    done = at_once(monkeypatch, lambda: accept("xin-1"), lambda: accept("xin-2"))
    assert sorted(done) == [303, 410]
    with database.reading() as session:
        assert session.scalar(select(func.count(User.id)).where(User.name == "新来的")) == 1


def test_one_code_of_the_phone_opens_one_of_two_sessions(
    app: Flask, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = pyotp.random_base32()
    with database.writing() as session:
        session.get_one(User, people.counselor.id).totp_secret = secret
    code = pyotp.TOTP(secret).at(clock.now())
    clients = [app.test_client() for _each in range(2)]
    for client in clients:
        sign_in(client, people.counselor)
    steps = [
        lambda client=client: client.post("/sign-in/second-factor", data={"code": code})
        for client in clients
    ]
    assert sorted(each.status_code for each in at_once(monkeypatch, *steps)) == [303, 422]
