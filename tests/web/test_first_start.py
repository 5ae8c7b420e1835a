"""The first administrator of an empty installation: set-up, second factor, and what to do first."""

from typing import Any

import pyotp
import pytest
from sqlalchemy import select

from accounts import setup_code
from accounts.policy import Actor, Role
from foundation import clock, database
from schools.actions import add_organisation, grant_role
from schools.models import Organisation, OrganisationKind, Stage
from tests import make
from tests.people import sign_in
from tests.support.pages import CheckedClient

BY = Actor.system("tests")


@pytest.fixture
def form(db: str | None) -> dict[str, str]:
    """What is typed into the first page."""
    return {
        "set_up_code": setup_code.issue(database.home()),
        "organisation": "松河省",
        "code": "410000",
        "name": "王安",
        "username": "wangan",
        "password": "four words make sense",
        "again": "four words make sense",
    }


def the(code: str) -> Organisation:
    with database.reading() as session:
        return session.scalars(select(Organisation).where(Organisation.code == code)).one()


def enrolled(client: CheckedClient) -> None:
    page = client.get("/sign-in/second-factor").text
    secret = page.split("<code>")[1].split("</code>")[0]
    assert f"secret={secret}" in page  # the link that the same phone opens
    code = {"secret": secret, "code": pyotp.TOTP(secret).at(clock.now())}
    assert client.post("/sign-in/second-factor", data=code).status_code == 303


def set_up(client: CheckedClient, form: dict[str, str]) -> None:
    assert client.post("/set-up", data=form).status_code == 303
    enrolled(client)


@pytest.mark.parametrize("code", ["", "41", "410100", "ABCDEF", "010000"])
def test_the_code_of_the_province_is_asked_for_and_looked_at(
    client: CheckedClient, form: dict[str, str], code: str
) -> None:
    page = client.post("/set-up", data={**form, "code": code})
    assert page.status_code == 422
    assert "松河省" in page.text
    set_up(client, form)
    assert the("410000").name == "松河省"


def test_the_first_administrator_is_told_whom_to_invite_first(
    client: CheckedClient, form: dict[str, str]
) -> None:
    set_up(client, form)
    page = client.get("/start").text
    assert page.index("邀请系统管理员") < page.index("邀请审计管理员")
    assert "学校的心理老师" not in page


def test_steps_that_were_taken_are_not_told_again(
    client: CheckedClient, form: dict[str, str]
) -> None:
    set_up(client, form)
    province = the("410000")
    with database.writing() as session:
        for role in (Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN):
            user = make.user(session, name=role.value, username=role.value)
            grant_role(session, by=BY, user=user, organisation=province, role=role)
    assert "先做这些" not in client.get("/start").text
    school: Any = None
    with database.writing() as session:
        school = add_organisation(
            session,
            by=BY,
            parent=session.get_one(Organisation, province.id),
            kind=OrganisationKind.SCHOOL,
            name="青山中学",
            code="4101000001",
            stage=Stage.JUNIOR,
        )
    assert "邀请 1 所学校的心理老师" in client.get("/start").text
    with database.writing() as session:
        counselor = make.user(session, name="陈老师", username="chen")
        grant_role(session, by=BY, user=counselor, organisation=school, role=Role.COUNSELOR)
    assert "先做这些" not in client.get("/start").text


def test_the_system_administrator_is_told_of_places_and_terms(
    client: CheckedClient, form: dict[str, str]
) -> None:
    province = None
    client.post("/set-up", data=form)
    province = the("410000")
    with database.writing() as session:
        admin = make.user(session, name="系统管理员", username="system")
        grant_role(session, by=BY, user=admin, organisation=province, role=Role.SYSTEM_ADMIN)
    sign_in(client, admin)
    page = client.get("/start").text
    assert page.index("建立市、县和学校") < page.index("设置学年与学期")


def test_the_way_back_up_is_links_as_far_as_one_may_see(client: CheckedClient, people: Any) -> None:
    sign_in(client, people.system_admin)
    page = client.get(f"/organisations/{people.school.id}").text
    assert f'href="/organisations/{people.county.id}"' in page
    sign_in(client, people.counselor)
    page = client.get(f"/organisations/{people.school.id}").text
    assert people.county.name in page
    assert f'href="/organisations/{people.county.id}"' not in page
