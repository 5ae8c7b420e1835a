"""Which hospitals a school may choose: a county and a city enter and end their agreements."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from accounts.models import User
from accounts.policy import Role
from foundation import clock, database
from foundation.problems import Refused
from referrals.actions import preparing
from referrals.models import HospitalAgreement
from referrals.queries.agreements import hospitals_for
from screening.models import Case
from tests import make
from tests.people import actor, sign_in
from tests.referrals.test_hospital_referral import sent, state_of


@pytest.fixture
def viewer(world: Any) -> User:
    """The county's education bureau, in a province that has not agreed on anything."""
    with database.writing() as session:
        for row in session.scalars(select(HospitalAgreement)).unique():
            session.delete(row)
        found = make.user(session, name="区教育局", username="county_agreements")
        make.role(session, of=found, role=Role.COUNTY_VIEWER, at=world.people.county)
    return found


def form(world: Any, **changes: Any) -> dict[str, Any]:
    today = clock.today()
    return {
        "region": world.people.county.id,
        "hospital": world.people.hospital.id,
        "number": "青心〔2026〕3号",
        "starts_on": today.isoformat(),
        "until": (today + timedelta(days=364)).isoformat(),
        "departments": "儿童青少年精神科、睡眠门诊",
        "green_phone": "0000-120012",
        "hours": "",
        "child_psychiatry": "y",
        **changes,
    }


def offered(world: Any, school: Any = None) -> list[int]:
    with database.reading() as session:
        school_id = (school or world.people.school).id
        return [service.organisation_id for service in hospitals_for(session, school_id)]


def only() -> HospitalAgreement:
    with database.reading() as session:
        return session.scalars(select(HospitalAgreement)).unique().one()


def test_a_county_enters_an_agreement_and_its_schools_may_refer_there(world, client, viewer):
    sign_in(client, viewer)
    assert "还没有生效的协议" in client.get("/agreements").text
    assert offered(world) == []
    assert client.post("/agreements", data=form(world)).status_code == 303
    page = client.get("/agreements").text
    for word in ("青心〔2026〕3号", "生效中", "儿童青少年精神科、睡眠门诊", "可以接诊"):
        assert word in page
    assert offered(world) == [world.people.hospital.id]
    assert offered(world, world.people.other_school) == []
    sign_in(client, world.people.counselor)
    letter = client.get(f"/cases/{world.case.id}/refer").text
    assert world.people.hospital.name in letter
    assert world.second_hospital.name not in letter


def test_without_an_agreement_the_form_says_so_and_nothing_can_be_drafted(world, client, viewer):
    sign_in(client, world.people.counselor)
    assert "还没有生效的绿色通道协议" in client.get(f"/cases/{world.case.id}/refer").text
    with database.writing() as session, pytest.raises(Refused):
        preparing.start(
            session,
            by=actor(world.people.counselor),
            case=session.get_one(Case, world.case.id),
            hospital_id=world.people.hospital.id,
            form=world.letter(),
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"until": "2020-01-01"},
        {"number": ""},
        {"departments": ""},
        {"hospital": 999999},
        {"starts_on": "2027-02-30"},
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(world, client, viewer, wrong):
    sign_in(client, viewer)
    answer = client.post("/agreements", data=form(world, **wrong))
    assert answer.status_code == 422
    assert "0000-120012" in answer.text
    assert offered(world) == []


def test_one_agreement_with_a_hospital_runs_at_a_time(world, client, viewer):
    sign_in(client, viewer)
    client.post("/agreements", data=form(world))
    again = client.post("/agreements", data=form(world, number="青心〔2026〕9号"))
    assert again.status_code == 422
    assert "青心〔2026〕3号 还在生效" in again.text


def test_an_ending_needs_a_reason_leaves_sent_letters_alone_and_can_be_undone(
    world, client, viewer
):
    sign_in(client, viewer)
    client.post("/agreements", data=form(world))
    number = only().id
    referral_id = sent(world)
    end = f"/agreements/{number}/end"
    assert client.post(end).status_code == 422
    assert client.post(end, data={f"e{number}-reason": "医院搬迁"}).status_code == 303
    assert client.post(end, data={f"e{number}-reason": "再来"}).status_code == 409
    assert offered(world) == []
    assert state_of(referral_id) == "sent"
    assert "医院搬迁" in client.get("/agreements").text
    assert client.post(f"/agreements/{number}/resume").status_code == 303
    assert offered(world) == [world.people.hospital.id]


def test_an_agreement_that_ran_out_or_has_not_begun_offers_nothing(world, client, viewer):
    sign_in(client, viewer)
    later = (clock.today() + timedelta(days=10)).isoformat()
    client.post("/agreements", data=form(world, starts_on=later))
    assert "还没开始" in client.get("/agreements").text
    assert offered(world) == []
    with clock.frozen(clock.now() + timedelta(days=11)):
        assert offered(world) == [world.people.hospital.id]
    with clock.frozen(clock.now() + timedelta(days=400)):
        assert offered(world) == []
        sign_in(client, viewer)
        assert "到期" in client.get("/agreements").text
        assert client.post(f"/agreements/{only().id}/resume").status_code == 409


def test_room_that_was_asked_by_telephone_is_written_down_with_its_age(world, client, viewer):
    sign_in(client, viewer)
    client.post("/agreements", data=form(world))
    path = f"/agreements/{only().id}/capacity"
    assert client.post(path, data={f"a{only().id}-capacity": "waitlist"}).status_code == 303
    with clock.frozen(clock.now() + timedelta(hours=2)):
        sign_in(client, viewer)
        assert "需要等候（2 小时前更新）" in client.get("/agreements").text
    with clock.frozen(clock.now() + timedelta(hours=1205)):
        sign_in(client, viewer)
        page = client.get("/agreements").text
        assert "接诊能力不详（50 天前更新）" in page
        assert "1205" not in page


def test_what_the_city_agreed_holds_in_the_county_and_is_not_the_countys_to_end(
    world, client, viewer
):
    sign_in(client, world.people.city_viewer)
    assert (
        client.post("/agreements", data=form(world, region=world.people.city.id)).status_code == 303
    )
    assert offered(world) == [world.people.hospital.id]
    sign_in(client, viewer)
    assert "上级签的协议，对本地区也有效" in client.get("/agreements").text
    assert client.post(f"/agreements/{only().id}/end").status_code == 404
