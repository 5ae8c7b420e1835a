"""Who forgot the password or lost the phone gets back in; nobody gets in by somebody else's."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from accounts import actions, passwords
from accounts.models import SignInSession, User
from accounts.policy import Actor, Role
from foundation import clock, database, push
from foundation.audit import AuditRow
from foundation.outbox import OutboxMessage
from schools.models import StaffRole
from tests import make
from tests.people import Cast, sign_in
from tests.support.pages import CheckedClient

NEW = "seven calm lanterns"


def role_of(person: User) -> int:
    with database.reading() as session:
        return session.scalars(select(StaffRole.id).where(StaffRole.user_id == person.id)).one()


def link_for(client: CheckedClient, helper: User, person: User) -> str:
    answer = sign_in(client, helper).post(f"/staff/{role_of(person)}/recover")
    assert answer.status_code == 200
    return urlsplit(answer.text.split('id="link" value="')[1].split('"')[0]).path


def fresh(person: User) -> User:
    with database.reading() as session:
        return session.get_one(User, person.id)


def choose(client: CheckedClient, path: str, password: str = NEW, again: str = NEW) -> int:
    return client.post(path, data={"password": password, "again": again}).status_code


def test_a_counselor_who_lost_both_sets_a_new_password_and_enrols_anew(
    client: CheckedClient, people: Cast
) -> None:
    with database.writing() as session:
        lost = session.get_one(User, people.counselor.id)
        lost.totp_secret, lost.demo = "OLDSECRET", False
        push.add_channel(
            session, by=make.BY, user_id=lost.id, kind="email", address="chen@example.org"
        )
    path = link_for(client, people.security_admin, people.counselor)
    assert fresh(people.counselor).totp_secret == "OLDSECRET"
    client.post("/sign-out")
    page = client.get(path)
    assert page.status_code == 200
    assert people.counselor.username in page.text
    assert choose(client, path, NEW, "something else") == 422
    assert choose(client, path, "short", "short") == 422
    assert choose(client, path) == 303
    assert choose(client, path) == 410
    changed = fresh(people.counselor)
    assert passwords.matches(changed.password_hash, NEW)
    assert changed.totp_secret is None
    with database.reading() as session:
        assert session.query(SignInSession).filter_by(user_id=changed.id).count() == 0
        events = list(session.scalars(select(AuditRow.event).order_by(AuditRow.id)))
        told = session.query(OutboxMessage).filter(OutboxMessage.key.startswith("recovery:"))
        assert told.count() == 2
    assert [e for e in events if e.startswith("recovery")] == ["recovery.offered", "recovery.used"]
    entered = client.post("/sign-in", data={"username": changed.username, "password": NEW})
    assert entered.status_code == 303


def test_a_link_ends_with_its_day_and_with_a_newer_one(
    client: CheckedClient, people: Cast, frozen: datetime
) -> None:
    first = link_for(client, people.security_admin, people.counselor)
    second = link_for(client, people.security_admin, people.counselor)
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200
    with clock.frozen(frozen + timedelta(hours=24)):
        assert client.get(second).status_code == 410
    assert client.get("/recover/nonsense").status_code == 410


def test_a_school_admin_lets_a_homeroom_teacher_back_in_but_no_counselor(
    client: CheckedClient, people: Cast
) -> None:
    assert link_for(client, people.school_admin, people.homeroom)
    answer = client.post(f"/staff/{role_of(people.counselor)}/recover")
    assert answer.status_code == 403


def test_who_is_also_counselor_cannot_be_taken_over_through_his_lesser_role(
    client: CheckedClient, people: Cast
) -> None:
    lesser = role_of(people.homeroom)
    with database.writing() as session:
        make.role(session, of=people.homeroom, role=Role.COUNSELOR, at=people.school)
    answer = sign_in(client, people.school_admin).post(f"/staff/{lesser}/recover")
    assert answer.status_code == 403


def test_nobody_resets_himself_and_nobody_without_the_right_resets_anybody(
    client: CheckedClient, people: Cast
) -> None:
    sign_in(client, people.security_admin)
    assert client.post(f"/staff/{role_of(people.security_admin)}/recover").status_code == 422
    sign_in(client, people.counselor)
    assert client.post(f"/staff/{role_of(people.homeroom)}/recover").status_code == 404


def test_the_last_security_administrator_is_let_in_from_the_machine_itself(
    app: Flask, client: CheckedClient, people: Cast
) -> None:
    runner = app.test_cli_runner()
    answer = runner.invoke(args=["accounts", "recover", people.security_admin.username])
    assert answer.exit_code == 0
    assert choose(client, urlsplit(answer.output.strip()).path) == 303
    assert runner.invoke(args=["accounts", "recover", "nobody"]).exit_code == 1


def test_a_wait_after_wrong_passwords_ends_with_the_new_one(
    client: CheckedClient, people: Cast, frozen: datetime
) -> None:
    wrong = {"username": people.counselor.username, "password": "wrong wrong"}
    for _try in range(6):
        status = client.post("/sign-in", data=wrong).status_code
    assert status == 429
    with database.writing() as session:
        person = session.get_one(User, people.counselor.id)
        token = actions.offer_recovery(session, by=Actor.system("tests"), user=person)
    assert choose(client, f"/recover/{token}") == 303
    assert client.post("/sign-in", data=wrong | {"password": NEW}).status_code == 303


@pytest.mark.parametrize(
    ("typed", "status", "kept"),
    [("139 0000 1111", 303, "139 0000 1111"), ("", 303, None), ("ring me", 422, None)],
)
def test_one_keeps_the_number_that_is_rung_when_a_student_is_in_danger(
    client: CheckedClient, people: Cast, typed: str, status: int, kept: str | None
) -> None:
    answer = sign_in(client, people.homeroom).post("/account/phone", data={"phone": typed})
    assert answer.status_code == status
    assert fresh(people.homeroom).phone == kept
