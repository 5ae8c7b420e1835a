"""Days off and make-up workdays: looked at first, kept, taken back; due times follow."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from accounts.models import User
from accounts.policy import Role
from foundation import clock, database
from referrals import jobs
from referrals.models import Clock, Referral
from schools.models import WorkdayOverride
from tests import make
from tests.people import sign_in
from tests.referrals.test_hospital_referral import sent


@pytest.fixture
def viewer(world: Any) -> User:
    """Somebody who sets the county's days."""
    with database.writing() as session:
        found = make.user(session, name="区教育局", username="county_days")
        make.role(session, of=found, role=Role.SYSTEM_ADMIN, at=world.people.city)
    return found


def form(world: Any, **changes: Any) -> dict[str, Any]:
    return {
        "organisation": world.people.city.id,
        "day": clock.today().isoformat(),
        "works": "off",
        "reason": "台风停工",
        **changes,
    }


def due(referral_id: int) -> Any:
    with database.reading() as session:
        row = session.scalars(select(Clock).where(Clock.kind == "hospital_receipt")).one()
        assert session.get_one(Referral, referral_id).due_at == row.due_at
        return row.due_at


def overrides() -> list[WorkdayOverride]:
    with database.reading() as session:
        return list(session.scalars(select(WorkdayOverride)))


def test_the_preview_says_what_would_move_and_keeps_nothing(world, client, viewer):
    referral_id = sent(world)
    before = due(referral_id)
    sign_in(client, viewer)
    page = client.post("/workdays/preview", data=form(world))
    assert page.status_code == 200
    assert "正在走的时限：1 个会改变" in page.text
    assert "XQ20261123-000001" in page.text
    assert "11月24日 10:30" in page.text
    assert overrides() == []
    assert due(referral_id) == before


def test_a_day_off_moves_what_runs_and_taking_it_back_moves_it_back(world, client, viewer):
    referral_id = sent(world)
    before = due(referral_id)
    sign_in(client, viewer)
    assert client.post("/workdays", data=form(world)).status_code == 303
    assert due(referral_id) == before + timedelta(hours=23, minutes=30)
    assert "台风停工" in client.get("/workdays").text
    assert client.post(f"/workdays/{overrides()[0].id}/remove").status_code == 303
    assert due(referral_id) == before
    assert overrides() == []


def test_the_same_day_set_again_replaces_what_was_set(world, client, viewer):
    sign_in(client, viewer)
    client.post("/workdays", data=form(world))
    client.post("/workdays", data=form(world, works="on", reason="照常上班"))
    (row,) = overrides()
    assert (row.workday, row.reason) == (True, "照常上班")


@pytest.mark.parametrize(
    "wrong", [{"day": "2020-01-01"}, {"day": "昨天"}, {"works": ""}, {"reason": ""}]
)
def test_what_is_wrong_is_said_and_nothing_is_kept(world, client, viewer, wrong):
    sign_in(client, viewer)
    for path in ("/workdays/preview", "/workdays"):
        assert client.post(path, data=form(world, **wrong)).status_code == 422
    assert overrides() == []


def test_a_school_cannot_set_the_citys_days_nor_take_them_back(world, client, viewer):
    sign_in(client, viewer)
    client.post("/workdays", data=form(world))
    sign_in(client, world.people.school_admin)
    assert "台风停工" in client.get("/workdays").text
    assert client.post("/workdays", data=form(world)).status_code == 404
    assert client.post(f"/workdays/{overrides()[0].id}/remove").status_code == 404


def test_once_a_day_the_due_times_are_worked_out_anew(world):
    referral_id = sent(world)
    before = due(referral_id)
    with database.writing() as session:
        row = session.scalars(select(Clock)).one()
        row.due_at = session.get_one(Referral, referral_id).due_at = before + timedelta(hours=9)
    jobs.look_at_clocks_again()
    assert due(referral_id) == before
