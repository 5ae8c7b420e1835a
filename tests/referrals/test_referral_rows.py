"""The rows of cases-and-referrals.md §5.4 that this release covers, one test a row."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from foundation import clock, database
from foundation.outbox import OutboxMessage
from foundation.problems import Refused, WrongState
from foundation.push import add_channel
from referrals import jobs, workflow
from referrals.actions import hospital, preparing, sending
from referrals.actions.case_steps import Return
from referrals.models import Clock, Referral, ReferralStep
from referrals.workflow import State
from screening.models import Case, FollowUp
from tests.people import actor, sign_in
from tests.referrals.test_hospital_referral import (
    SLIP,
    agreed,
    at_hospital,
    drafted,
    follow_ups,
    sent,
    state_of,
)

PLAN = Return("先上半天", "不当众问起")
HOUR = timedelta(hours=1)


def found(referral_id: int) -> Referral:
    with database.reading() as session:
        return session.get_one(Referral, referral_id)


def clocks(referral_id: int) -> dict[str, Clock]:
    with database.reading() as session:
        rows = session.scalars(select(Clock).where(Clock.subject == f"referral:{referral_id}"))
        return {row.kind: row for row in rows}


def fhir(referral_id: int) -> tuple[str, str, str]:
    row = workflow.FHIR[State(state_of(referral_id))]
    return row.task, row.business, row.request


def by_school(world: Any, referral_id: int, verb: Any, **values: Any) -> None:
    with database.writing() as session:
        row = session.get_one(Referral, referral_id)
        verb(session, by=actor(world.people.counselor), referral=row, **values)


def pushed() -> list[str]:
    with database.reading() as session:
        rows = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "push.email"))
        return [row.payload["path"] for row in rows]


def reachable(user: Any) -> None:
    with database.writing() as session:
        add_channel(
            session, by="system:tests", user_id=user.id, kind="email", address="a@example.org"
        )


def booked(world: Any, **changes: Any) -> int:
    referral_id = sent(world, **changes)
    at_hospital(world, referral_id, hospital.receive, hospital.accept)
    slot = {"at": clock.now() + timedelta(days=2), "department": "儿少科"}
    at_hospital(world, referral_id, hospital.schedule, **slot)
    return referral_id


def seen(world: Any) -> int:
    referral_id = booked(world)
    at_hospital(world, referral_id, hospital.arrive, hospital.see)
    return referral_id


def test_row_1_a_draft_offers_hospitals_with_the_age_of_their_capacity(world, client):
    sign_in(client, world.people.counselor)
    page = client.get(f"/cases/{world.case.id}/refer").text
    assert "可以接诊（3 小时前更新）" in page
    assert fhir(drafted(world)) == ("draft", "draft", "draft")


def test_row_2_asking_waits_for_the_family(world):
    referral_id = drafted(world)
    agreed(world, referral_id, mother="asked")
    assert fhir(referral_id) == ("draft", "awaiting-consent", "draft")


def test_row_3_an_agreement_makes_it_ready_and_the_preview_shows_what_leaves(world, client):
    referral_id = drafted(world)
    agreed(world, referral_id)
    assert fhir(referral_id) == ("draft", "ready-to-send", "draft")
    sign_in(client, world.people.counselor)
    assert "离开学校的只有这一页的内容" in client.get(f"/referrals/{referral_id}/preview").text


@pytest.mark.parametrize(("urgency", "minutes"), [("routine", 120), ("urgent", 15)])
def test_row_4_sending_starts_the_receipt_clock_and_makes_slip_and_code(world, urgency, minutes):
    referral_id = sent(world, urgency=urgency)
    assert fhir(referral_id) == ("requested", "sent", "active")
    row = found(referral_id)
    assert clocks(referral_id)["hospital_receipt"].target_minutes == minutes
    assert row.letter_number
    assert row.token
    with pytest.raises(WrongState):
        by_school(world, referral_id, sending.send, previewed=row.content_sha256)


def test_row_5_signing_stops_the_receipt_clock_and_starts_the_decision(world):
    referral_id = sent(world)
    at_hospital(world, referral_id, hospital.receive)
    assert fhir(referral_id) == ("received", "under-review", "active")
    assert clocks(referral_id)["hospital_receipt"].result == "met"
    assert clocks(referral_id)["hospital_decision"].stopped_at is None


def test_row_6_a_question_stops_the_decision_and_starts_the_schools_clock(world):
    referral_id = sent(world)
    at_hospital(world, referral_id, hospital.receive)
    due = clocks(referral_id)["hospital_decision"].due_at
    at_hospital(world, referral_id, hospital.ask_info, question="以前看过吗？")
    assert fhir(referral_id) == ("on-hold", "need-info", "on-hold")
    assert found(referral_id).due_at == clocks(referral_id)["school_answer"].due_at
    # at most two working days: Monday morning to Wednesday morning
    assert clocks(referral_id)["hospital_decision"].due_at == due + timedelta(days=2)


def test_row_7_the_answer_lets_the_decision_go_on_and_silence_reaches_the_lead(world):
    referral_id = sent(world)
    at_hospital(world, referral_id, hospital.receive)
    due = clocks(referral_id)["hospital_decision"].due_at
    at_hospital(world, referral_id, hospital.ask_info, question="以前看过吗？")
    with pytest.raises(Refused):
        at_hospital(world, referral_id, hospital.decline, reason="incomplete_letter")
    with clock.frozen(clock.now() + 3 * HOUR):
        by_school(world, referral_id, hospital.answer_info, answer="没有")
    assert clocks(referral_id)["hospital_decision"].due_at == due + 3 * HOUR
    assert clocks(referral_id)["school_answer"].result == "met"
    reachable(world.people.school_lead)
    at_hospital(world, referral_id, hospital.ask_info, question="用药呢？")
    with clock.frozen(clock.now() + timedelta(days=3)):
        jobs.remind_hospitals()
        assert f"/cases/{world.case.id}" in pushed()
        at_hospital(world, referral_id, hospital.decline, reason="incomplete_letter")
    assert state_of(referral_id) == "declined"


@pytest.mark.parametrize(("urgency", "days"), [("routine", 14), ("urgent", 1)])
def test_row_8_accepting_starts_the_clock_for_a_date(world, urgency, days):
    referral_id = sent(world, urgency=urgency)
    at_hospital(world, referral_id, hospital.receive, hospital.accept)
    assert fhir(referral_id) == ("accepted", "accepted", "active")
    offer = clocks(referral_id)["hospital_offer"]
    assert offer.due_at - offer.started_at == timedelta(days=days)


@pytest.mark.parametrize("reason", hospital.DECLINE_REASONS)
def test_row_9_every_reason_to_decline_leads_to_another_hospital(world, reason):
    referral_id = sent(world)
    at_hospital(world, referral_id, hospital.receive)
    at_hospital(world, referral_id, hospital.decline, reason=reason)
    assert fhir(referral_id) == ("rejected", "declined", "active")
    assert follow_ups(world) == ["redirect"]


def test_row_12_a_date_is_told_to_the_guardian_by_a_person(world):
    referral_id = booked(world)
    assert fhir(referral_id) == ("in-progress", "scheduled", "active")
    assert follow_ups(world) == ["appointment"]


def test_row_13_moving_the_date_needs_a_reason_and_the_third_time_reaches_the_lead(world):
    referral_id = booked(world)
    reachable(world.people.school_lead)
    slot = {"at": clock.now() + timedelta(days=3), "department": "儿少科"}
    with pytest.raises(Refused):
        at_hospital(world, referral_id, hospital.schedule, **slot)
    for count in range(1, 4):
        at_hospital(world, referral_id, hospital.schedule, **slot, reason="医生请假")
        assert found(referral_id).reschedules == count
        assert (f"/cases/{world.case.id}" in pushed()) == (count > 2)


@pytest.mark.parametrize(("urgency", "hours"), [("routine", 4), ("red", 0.5)])
def test_row_14_a_missed_date_is_a_safety_check_and_in_danger_a_crisis(world, urgency, hours):
    reachable(world.people.school_lead)
    referral_id = booked(world, urgency=urgency)
    before, missed = pushed(), clock.now() + timedelta(days=2)
    with clock.frozen(missed):
        at_hospital(world, referral_id, hospital.no_show)
    assert fhir(referral_id) == ("in-progress", "no-show", "active")
    with database.reading() as session:
        check = session.scalars(select(FollowUp).where(FollowUp.kind == "safety_check")).one()
    assert check.due_at == missed + hours * HOUR
    assert (pushed() != before) == (urgency == "red")


def test_row_16_arrival_is_signed_also_without_an_appointment(world):
    referral_id = sent(world)
    at_hospital(world, referral_id, hospital.arrive)
    assert fhir(referral_id) == ("in-progress", "arrived", "active")
    assert {row.stopped_at is None for row in clocks(referral_id).values()} == {False}


def test_row_17_an_interim_note_does_not_close(world, client):
    referral_id = booked(world)
    at_hospital(world, referral_id, hospital.arrive)
    at_hospital(world, referral_id, hospital.see, note="今天先做检查，周五再来。")
    assert fhir(referral_id) == ("in-progress", "seen", "active")
    assert found(referral_id).ended_at is None
    sign_in(client, world.people.counselor)
    assert "今天先做检查" in client.get(f"/referrals/{referral_id}").text


def test_row_19_the_reply_says_what_came_of_it_and_what_the_school_does(world, client):
    referral_id = seen(world)
    at_hospital(world, referral_id, hospital.reply, slip={**SLIP, "next_visit": "2026-12-07"})
    assert fhir(referral_id) == ("in-progress", "feedback", "active")
    sign_in(client, world.people.counselor)
    page = client.get(f"/referrals/{referral_id}").text
    for word in ("未发现需要治疗的问题", "正常上学", "2026-12-07"):
        assert word in page


def test_row_20_the_school_confirms_with_a_plan_and_follows_up_three_times(world):
    referral_id = seen(world)
    at_hospital(world, referral_id, hospital.reply, slip=SLIP)
    with pytest.raises(Refused):
        by_school(world, referral_id, hospital.confirm, plan=Return(" ", "多关心"))
    assert state_of(referral_id) == "returning"
    back = clock.today() + timedelta(days=2)
    plan = Return("先上半天", "不当众问起", back)
    by_school(world, referral_id, hospital.confirm, plan=plan)
    assert fhir(referral_id) == ("completed", "closed-loop", "completed")
    with database.reading() as session:
        rows = session.scalars(
            select(FollowUp).where(FollowUp.kind == "after_referral").order_by(FollowUp.due_at)
        ).all()
        case = session.get_one(Case, world.case.id)
    morning = datetime(back.year, back.month, back.day, 8, tzinfo=clock.SHANGHAI)
    assert [row.due_at - morning for row in rows] == [
        timedelta(hours=24),
        timedelta(days=7),
        timedelta(days=30),
    ]
    assert (case.plan["goals"], case.advice) == ("先上半天", "不当众问起")
    assert all(row.owner_user_id == world.people.counselor.id for row in rows)


def test_row_21_after_acceptance_the_school_asks_and_an_outcome_beats_the_request(world):
    referral_id = booked(world)
    by_school(world, referral_id, sending.cancel, reason="家长另约")
    assert fhir(referral_id) == ("in-progress", "cancel-requested", "active")
    at_hospital(world, referral_id, hospital.arrive)
    assert state_of(referral_id) == "arrived"


def test_row_22_the_hospital_confirms_and_silence_never_cancels(world):
    referral_id = booked(world)
    by_school(world, referral_id, sending.cancel, reason="家长另约")
    with clock.frozen(clock.now() + timedelta(days=30)):
        jobs.remind_hospitals()
    assert state_of(referral_id) == "cancel_requested"
    at_hospital(world, referral_id, hospital.confirm_cancel)
    assert fhir(referral_id) == ("cancelled", "cancelled", "revoked")
    assert "replan" in follow_ups(world)


def test_row_25_a_mistake_recalls_the_letter_and_opens_a_privacy_incident(world, client):
    reachable(world.people.hospital_contact)
    referral_id = sent(world)
    by_school(world, referral_id, sending.recall, reason="发错了人")
    assert fhir(referral_id) == ("entered-in-error",) * 3
    assert "/hospital" in pushed()
    assert follow_ups(world) == ["privacy_incident"]
    sign_in(client, world.people.hospital_contact)
    inbox = client.get("/hospital").text
    assert "学校撤回的转介函" in inbox
    assert str(found(referral_id).letter_number) in inbox
    assert client.get(f"/hospital/{referral_id}").status_code == 404


def test_row_26_silence_widens_the_circle_and_then_another_hospital_may_be_asked(world):
    referral_id = sent(world)
    other = world.second_hospital.id
    with pytest.raises(Refused):
        by_school(world, referral_id, sending.redirect, hospital_id=other)
    moment = clock.now() + 3 * HOUR
    for _rung in range(5):
        with clock.frozen(moment):
            jobs.remind_hospitals()
            jobs.remind_hospitals()
        moment += timedelta(hours=2, minutes=1)
    assert fhir(referral_id) == ("requested", "sent", "active")
    with database.reading() as session:
        rungs = session.scalars(
            select(FollowUp.what).where(FollowUp.kind == "call_hospital").order_by(FollowUp.id)
        ).all()
        late = session.scalars(select(ReferralStep).where(ReferralStep.event == "overdue")).all()
    assert len(late) == 5
    for word, rung in zip(("绿色通道", "总值班", "卫生健康", "改转"), rungs, strict=True):
        assert word in rung
    with clock.frozen(moment):
        by_school(world, referral_id, sending.redirect, hospital_id=other)
    assert state_of(referral_id) == "redirected"


def test_in_danger_the_letter_leaves_although_no_agreement_runs_any_more(world):
    with clock.frozen(clock.now() + timedelta(days=299)):
        red, routine = drafted(world, urgency="red"), drafted(world)
        agreed(world, red, basis="今晨说要跳楼")
        agreed(world, routine)
    with clock.frozen(clock.now() + timedelta(days=301)), database.writing() as session:
        by = actor(world.people.counselor)
        for referral_id, leaves in ((red, True), (routine, False)):
            row = session.get_one(Referral, referral_id)
            previewed = preparing_fingerprint(session, row)
            if leaves:
                sending.send(session, by=by, referral=row, previewed=previewed)
                continue
            with pytest.raises(Refused, match="没有生效的绿色通道协议"):
                sending.send(session, by=by, referral=row, previewed=previewed)


def preparing_fingerprint(session: Any, row: Referral) -> str:
    return sending.fingerprint(preparing.content_of(session, row))
