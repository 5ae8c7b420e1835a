"""Signing in: the right password, wrong ones, waiting, the second factor, leaving."""

from datetime import datetime, timedelta

import pyotp
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from accounts import actions, second_factor, throttle
from accounts.models import User
from accounts.policy import Actor, Role
from accounts.queries import session_of
from foundation import clock, database
from foundation.problems import Refused
from schools.actions import grant_role
from schools.models import Organisation
from tests import make

BY = Actor.system("tests")
PASSWORD = "forty quiet bridges"


@pytest.fixture
def chen(db: str | None, frozen: datetime) -> User:
    """Chen, a school lead: no second factor is asked of the role."""
    with database.writing() as session:
        user = actions.add_user(session, by=BY, username="Chen", name="陈", password=PASSWORD)
        school = make.organisation(session, name="青山中学")
        grant_role(session, by=BY, user=user, organisation=school, role=Role.SCHOOL_LEAD)
        return user


def sign_in(client: FlaskClient, password: str, username: str = "chen") -> int:
    answer = client.post("/sign-in", data={"username": username, "password": password})
    return answer.status_code


def test_the_right_password_leads_in(client: FlaskClient, chen: User) -> None:
    assert sign_in(client, PASSWORD) == 303
    assert client.get("/start").status_code == 200


def test_a_wrong_password_is_said_at_the_field(client: FlaskClient, chen: User) -> None:
    answer = client.post("/sign-in", data={"username": "chen", "password": "wrong wrong"})
    assert answer.status_code == 422
    assert "用户名或密码不对" in answer.text


def test_after_five_wrong_ones_he_waits_and_is_never_locked_out(
    client: FlaskClient, chen: User, frozen: datetime
) -> None:
    statuses = [sign_in(client, "wrong wrong") for _ in range(6)]
    assert statuses == [422] * 4 + [429, 429]
    with clock.frozen(frozen + timedelta(seconds=throttle.LONGEST_S + 1)):
        assert sign_in(client, PASSWORD) == 303


def test_an_unknown_name_waits_just_the_same(client: FlaskClient, chen: User) -> None:
    known = [sign_in(client, "wrong wrong") for _ in range(6)]
    unknown = [sign_in(client, "wrong wrong", "nobody") for _ in range(6)]
    assert known == unknown


def test_a_waiting_answer_says_how_long(client: FlaskClient, chen: User) -> None:
    for _ in range(4):
        sign_in(client, "wrong wrong")
    answer = client.post("/sign-in", data={"username": "chen", "password": "wrong wrong"})
    assert int(answer.headers["Retry-After"]) == 2


def test_next_never_leaves_the_site(client: FlaskClient, chen: User) -> None:
    for target in ("//evil.example", "https://evil.example/", "/\\evil.example", "javascript:1"):
        data = {"username": "chen", "password": PASSWORD, "next": target}
        assert client.post("/sign-in", data=data).headers["Location"] == "/"


def test_the_session_ends_after_half_an_hour_of_nothing(
    client: FlaskClient, chen: User, frozen: datetime
) -> None:
    sign_in(client, PASSWORD)
    with clock.frozen(frozen + timedelta(minutes=31)):
        assert client.get("/start").status_code == 302


def test_signing_out_ends_the_session_and_clears_the_browser(
    client: FlaskClient, chen: User
) -> None:
    sign_in(client, PASSWORD)
    answer = client.post("/sign-out")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/start").status_code == 302


def test_json_without_a_session_is_401(client: FlaskClient, chen: User) -> None:
    answer = client.get("/start", headers={"Accept": "application/json"})
    assert answer.status_code == 401


def test_the_demo_door_is_shut_outside_a_demo(client: FlaskClient, chen: User) -> None:
    assert client.post("/sign-in/demo", data={"role": "counselor"}).status_code == 404


@pytest.fixture
def counselor(chen: User) -> User:
    """Chen, now also counselor: the role needs a second factor."""
    with database.writing() as session:
        school = session.query(Organisation).one()
        grant_role(session, by=BY, user=chen, organisation=school, role=Role.COUNSELOR)
    return chen


def test_a_counselor_enrols_before_seeing_anything(client: FlaskClient, counselor: User) -> None:
    sign_in(client, PASSWORD)
    assert client.get("/start").headers["Location"] == "/sign-in/second-factor"
    page = client.get("/sign-in/second-factor")
    secret = page.text.split("<code>")[1].split("</code>")[0]
    code = pyotp.TOTP(secret).at(clock.now())
    answer = client.post("/sign-in/second-factor", data={"secret": secret, "code": code})
    assert answer.status_code == 303
    assert client.get("/start").status_code == 200


def test_a_code_opens_once(frozen: datetime) -> None:
    secret = second_factor.new_secret()
    code = pyotp.TOTP(secret).at(clock.now())
    step = second_factor.step_of(secret, code, 0)
    assert step is not None
    assert second_factor.step_of(secret, code, step) is None


@given(st.integers(0, 60))
def test_waiting_grows_and_has_an_end(failures: int) -> None:
    wait = throttle.wait_after(failures)
    assert wait <= throttle.wait_after(failures + 1) <= timedelta(seconds=throttle.LONGEST_S)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "chen-chen-chen-9"])
def test_a_weak_password_is_refused(db: str | None, password: str) -> None:
    with database.writing() as session, pytest.raises(Refused):
        actions.add_user(session, by=BY, username="chen", name="陈", password=password)


def test_guessing_codes_is_slowed_down_too(
    client: FlaskClient, counselor: User, frozen: datetime
) -> None:
    secret = second_factor.new_secret()
    with database.writing() as session:
        session.get_one(User, counselor.id).totp_secret = secret
    sign_in(client, PASSWORD)
    for _ in range(throttle.FREE_TRIES - 1):
        answer = client.post("/sign-in/second-factor", data={"code": "000000"})
        assert (answer.status_code, "验证码不对" in answer.text) == (422, True)
    right = {"code": pyotp.TOTP(secret).at(clock.now())}
    for data in ({"code": "000000"}, right):
        answer = client.post("/sign-in/second-factor", data=data)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
        assert "请 2 秒后再试" in answer.text
        assert "验证码不对" not in answer.text
    with clock.frozen(frozen + timedelta(seconds=10)):
        right = {"code": pyotp.TOTP(secret).at(clock.now())}
        assert client.post("/sign-in/second-factor", data=right).status_code == 303


def test_a_page_that_polls_by_itself_does_not_keep_an_unattended_session_alive(
    counselor: User, client: FlaskClient, frozen: datetime
) -> None:
    client.set_cookie("xq", session_with_second_factor(counselor))
    poll = {"Accept": "application/json"}
    for minutes in (10, 20, 29):
        with clock.frozen(frozen + timedelta(minutes=minutes)):
            assert client.get("/alerts/poll", headers=poll).status_code == 200
    with clock.frozen(frozen + timedelta(minutes=31)):
        assert client.get("/alerts/poll", headers=poll).status_code == 401


def test_somebody_who_types_on_a_page_that_polls_stays_signed_in(
    counselor: User, client: FlaskClient, frozen: datetime
) -> None:
    client.set_cookie("xq", session_with_second_factor(counselor))
    with clock.frozen(frozen + timedelta(minutes=29)):
        assert client.get("/alerts/poll", headers={"X-Attended": "1"}).status_code == 200
    with clock.frozen(frozen + timedelta(minutes=31)):
        assert client.get("/start").status_code == 200


def session_with_second_factor(user: User) -> str:
    """A session of somebody who has shown his one-time code."""
    with database.writing() as session:
        token = actions.start_session(session, by=BY, user=user)
        session_of(session, token).second_factor_at = clock.now()  # type: ignore[union-attr]
        return token
