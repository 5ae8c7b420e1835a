"""A hospital that replies "high risk today": the school sees it at once and has minutes to act."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from foundation import clock, database
from foundation.outbox import OutboxMessage
from referrals import jobs
from referrals.actions import hospital
from screening.models import FollowUp
from tests.people import sign_in
from tests.referrals.test_hospital_referral import SLIP, at_hospital, follow_ups, sent
from tests.referrals.test_referral_rows import (
    PLAN,
    by_school,
    clocks,
    found,
    pushed,
    reachable,
    seen,
)
from tests.referrals.test_rules import rule

MINUTE = timedelta(minutes=1)
BADGE = "医院：目前高风险"


def replied(world: Any, risk: str) -> int:
    """A reply of the hospital about Lin's risk today."""
    reachable(world.people.counselor)
    reachable(world.people.school_lead)
    referral_id = seen(world)
    at_hospital(world, referral_id, hospital.reply, slip={**SLIP, "risk_today": risk})
    return referral_id


def test_high_risk_has_minutes_and_other_replies_a_working_day(world):
    high, low = replied(world, "high"), replied(world, "low")
    assert found(high).due_at == clock.now() + 30 * MINUTE
    assert clocks(high)["high_risk_reply"].due_at == clock.now() + 30 * MINUTE
    assert "全团要讯" in clocks(high)["high_risk_reply"].source
    assert found(low).due_at == clock.now() + timedelta(hours=24)
    assert "high_risk_reply" not in clocks(low)


def test_the_county_says_how_many_minutes(world):
    rule(world, "clock.referral_reply_high_min", 10)
    assert found(replied(world, "high")).due_at == clock.now() + 10 * MINUTE


def test_the_counselor_sees_it_in_the_list_on_the_page_in_the_case_and_on_the_first_page(
    world, client
):
    low = replied(world, "low")
    sign_in(client, world.people.counselor)
    assert BADGE not in client.get("/referrals").text
    assert "医院回执提示高风险" not in client.get("/start").text
    high = replied(world, "high")
    assert client.get("/referrals").text.count(BADGE) == 1
    assert BADGE in client.get(f"/referrals/{high}").text
    assert BADGE not in client.get(f"/referrals/{low}").text
    assert "医院回执提示目前风险高" in client.get(f"/cases/{world.case.id}").text
    first = client.get("/start").text
    assert first.index("医院回执提示高风险") < first.index("今天要办的转介")


def test_the_counselor_and_the_schools_lead_are_told_at_once_without_a_reason(world):
    replied(world, "low")
    before = pushed()
    high = replied(world, "high")
    assert f"/referrals/{high}" in pushed()
    assert f"/cases/{world.case.id}" in pushed()
    assert f"/cases/{world.case.id}" not in before
    with database.reading() as session:
        sent = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "push.email"))
        said = " ".join(str(row.payload) + row.key for row in sent)
    assert "高" not in said


def test_confirming_stops_the_clock_and_the_safety_check_stays_until_somebody_did_it(world):
    high = replied(world, "high")
    with clock.frozen(clock.now() + 20 * MINUTE):
        by_school(world, high, hospital.confirm, plan=PLAN)
    assert clocks(high)["high_risk_reply"].result == "met"
    with database.reading() as session:
        check = session.scalars(select(FollowUp).where(FollowUp.kind == "high_risk_reply")).one()
    assert check.due_at == clock.now() + 30 * MINUTE
    assert check.done_at is None


def test_a_school_that_lets_a_reply_lie_is_late_and_its_lead_is_told(world):
    low = replied(world, "low")
    before = pushed()
    with clock.frozen(clock.now() + timedelta(hours=25)):
        jobs.remind_hospitals()
        jobs.remind_hospitals()
        assert found(low).due_at < clock.now()
    assert pushed().count(f"/cases/{world.case.id}") == before.count(f"/cases/{world.case.id}") + 1
    assert "call_hospital" not in follow_ups(world)


def test_the_school_finds_its_own_turn_and_the_hospitals_question(world, client):
    asked, waiting = sent(world), sent(world)
    at_hospital(world, asked, hospital.receive)
    at_hospital(world, asked, hospital.ask_info, question="以前看过吗？")
    sign_in(client, world.people.counselor)
    own = client.get("/referrals?show=school").text
    assert f"/referrals/{asked}" in own
    assert f"/referrals/{waiting}" not in own
    assert "医院问：以前看过吗？" in client.get(f"/referrals/{asked}").text
