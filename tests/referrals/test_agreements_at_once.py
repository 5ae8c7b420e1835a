"""Agreements that two regions, or two clerks of one, write down in the same second."""

from typing import Any

import pytest
from sqlalchemy import func, select

from foundation import clock, database
from foundation.problems import Refused
from referrals.actions import agreements
from referrals.models import HospitalAgreement, HospitalService
from schools.models import Organisation
from tests import make
from tests.people import actor
from tests.support.meeting import at_once


def agreed(world: Any, region: Organisation, hospital_id: int) -> str:
    """Enter an agreement for a region; returns what came of it."""
    try:
        with database.writing() as session:
            agreements.agree(
                session,
                by=actor(world.people.operator),
                region=session.get_one(Organisation, region.id),
                hospital=session.get_one(Organisation, hospital_id),
                agreement=agreements.Agreement(
                    number=f"青心-{region.id}",
                    starts_at=clock.now(),
                    until=clock.now().replace(year=clock.now().year + 1),
                    departments=("儿少科",),
                    green_phone="0000-120012",
                ),
            )
    except Refused as refused:
        return refused.message
    return "agreed"


@pytest.fixture
def hospital_id(world: Any) -> int:
    """A hospital with which nobody has agreed on anything yet."""
    with database.writing() as session:
        return make.organisation(
            session, name="新医院", kind="hospital", under=world.people.province
        ).id


def count(model: Any, hospital_id: int) -> int:
    column = getattr(model, "hospital_id", None) or model.organisation_id
    with database.reading() as session:
        return session.scalar(select(func.count()).where(column == hospital_id)) or 0


def test_two_regions_agree_with_one_hospital_in_the_same_second(world, hospital_id, monkeypatch):
    county, city = world.people.county, world.people.city
    answers = at_once(
        monkeypatch,
        lambda: agreed(world, county, hospital_id),
        lambda: agreed(world, city, hospital_id),
    )
    assert answers == ["agreed", "agreed"]
    assert count(HospitalAgreement, hospital_id) == 2
    assert count(HospitalService, hospital_id) == 1


def test_of_two_clerks_of_a_region_one_is_told_that_it_stands_already(
    world, hospital_id, monkeypatch
):
    county = world.people.county
    answers = at_once(
        monkeypatch,
        lambda: agreed(world, county, hospital_id),
        lambda: agreed(world, county, hospital_id),
    )
    refused = [answer for answer in answers if answer != "agreed"]
    assert len(refused) == 1
    assert "还在生效" in refused[0]
    assert count(HospitalAgreement, hospital_id) == 1
