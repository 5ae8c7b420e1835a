"""A child's way to the hospital and back, page by page, and what may go wrong on it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from accounts.policy import Actor
from foundation import clock, database
from foundation.problems import Forbidden, Refused, WrongState
from referrals import jobs
from referrals.actions import hospital, preparing, sending
from referrals.letter import fingerprint
from referrals.models import Clock, Referral, ReferralStep
from referrals.queries import referrals as queries
from screening.models import Case, FollowUp
from tests.people import actor, sign_in

SLIP = {
    "department": "儿少科",
    "outcome": "no_disorder",
    "advice": "normal",
    "risk_today": "low",
    "next_visit": None,
    "fee_relief": "",
    "text": "按时作息。",
    "share_diagnosis": False,
    "diagnosis": "不应出现",
    "signed_by": "刘医生",
}

PLAN = {"confirm-goals": "先上半天，心理老师每天见一面。", "confirm-advice": "不当众问起请假的事。"}


def drafted(world: Any, **changes: Any) -> int:
    with database.writing() as session:
        case = session.get_one(Case, world.case.id)
        return preparing.start(
            session,
            by=actor(world.people.counselor),
            case=case,
            hospital_id=world.people.hospital.id,
            form=world.letter(**changes),
        ).id


def agreed(world: Any, referral_id: int, mother: str = "granted", **more: Any) -> Any:
    answers = {
        "guardians": {str(world.mother_id): mother},
        "student": "granted",
        "basis": "",
        "attempts": 1,
        **more,
    }
    with database.writing() as session:
        referral = session.get_one(Referral, referral_id)
        by = actor(world.people.counselor)
        return preparing.record_answers(session, by=by, referral=referral, answers=answers)


def sent(world: Any, **changes: Any) -> int:
    referral_id = drafted(world, **changes)
    agreed(world, referral_id, basis="今晨说要跳楼" if changes.get("urgency") == "red" else "")
    with database.writing() as session:
        referral = session.get_one(Referral, referral_id)
        previewed = fingerprint(preparing.content_of(session, referral))
        by = actor(world.people.counselor)
        sending.send(session, by=by, referral=referral, previewed=previewed)
    return referral_id


def at_hospital(world: Any, referral_id: int, *verbs: Any, **values: Any) -> None:
    by = actor(world.people.hospital_contact)
    for verb in verbs:
        with database.writing() as session:
            verb(session, by=by, referral=session.get_one(Referral, referral_id), **values)


def state_of(referral_id: int) -> str:
    with database.reading() as session:
        return session.get_one(Referral, referral_id).state


def follow_ups(world: Any) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(FollowUp.kind).where(FollowUp.case_id == world.case.id)))


def test_from_case_to_hospital_and_back_to_school(world, client):
    people = world.people
    sign_in(client, people.counselor)
    assert client.get(f"/cases/{world.case.id}/refer").status_code == 200
    bad = client.post(f"/cases/{world.case.id}/refer", data={"urgency": "routine"})
    assert bad.status_code == 422
    form = {**world.letter(), "hospital": people.hospital.id}
    made = client.post(f"/cases/{world.case.id}/refer", data=form)
    assert made.status_code == 303
    url = made.location
    assert "还没有征求监护人的同意" in client.get(url).text
    said = {f"consent-guardian_{world.mother_id}": "granted", "consent-student": "granted"}
    assert client.post(f"{url}/consent", data={**said, "consent-attempts": "1"}).status_code == 303
    preview = client.get(f"{url}/preview")
    assert "两周来睡不好" in preview.text
    sha256 = preview.text.split('name="sha256" value="')[1][:64]
    assert client.post(f"{url}/send", data={"sha256": "0" * 64}).status_code == 422
    assert client.post(f"{url}/send", data={"sha256": sha256}).status_code == 303
    pdf = client.get(f"{url}/letter.pdf")
    assert pdf.data.startswith(b"%PDF")

    referral_id = int(url.rsplit("/", 1)[1])
    sign_in(client, people.hospital_contact)
    there = f"/hospital/{referral_id}"
    assert client.get("/hospital").status_code == 200
    for event in ("receive", "accept"):
        assert client.post(f"{there}/{event}").status_code == 303
    slot = {"schedule-at": "2026-11-24T09:30", "schedule-department": "儿少科"}
    assert client.post(f"{there}/schedule", data=slot).status_code == 303
    for event in ("arrive", "see"):
        assert client.post(f"{there}/{event}").status_code == 303
    with database.reading() as session:
        to_tell = select(FollowUp.done_at).where(FollowUp.kind == "appointment")
        assert session.scalars(to_tell).one() is not None
    assert "填写回执" in client.get(there).text
    slip = {f"reply-{k}": v for k, v in SLIP.items() if v not in (None, False)}
    assert client.post(f"{there}/reply", data=slip).status_code == 303

    sign_in(client, people.counselor)
    page = client.get(url)
    assert "正常上学" in page.text
    assert "不应出现" not in page.text
    assert client.post(f"{url}/confirm").status_code == 422
    assert client.post(f"{url}/confirm", data=PLAN).status_code == 303
    assert state_of(referral_id) == "completed"
    assert follow_ups(world) == ["appointment", *["after_referral"] * 3]
    assert client.get(url).status_code == 200
    assert client.get("/referrals?show=all").status_code == 200


def test_the_hospital_sees_only_what_is_addressed_to_it(world, client):
    people = world.people
    draft, letter = drafted(world), sent(world)
    sign_in(client, people.hospital_contact)
    assert client.get(f"/hospital/{letter}").status_code == 200
    assert client.get(f"/hospital/{draft}").status_code == 404
    assert client.get(f"/referrals/{letter}").status_code == 404
    inbox = client.get("/hospital").text
    assert inbox.count("/hospital/") == inbox.count(f"/hospital/{letter}") + inbox.count(
        "/capacity"
    )
    with database.writing() as session:
        elsewhere = session.get_one(Referral, letter)
        elsewhere.hospital_id = world.second_hospital.id
    assert client.get(f"/hospital/{letter}").status_code == 404
    assert client.get(f"/hospital/{letter}/letter.pdf").status_code == 404


def test_another_school_cannot_even_learn_that_the_referral_exists(world, client):
    letter = sent(world)
    sign_in(client, world.people.other_counselor)
    missing = client.get("/referrals/999999")
    assert client.get(f"/referrals/{letter}").text == missing.text.replace("999999", str(letter))
    assert client.post(f"/referrals/{letter}/cancel", data={"cancel-text": "x"}).status_code == 404
    assert client.get(f"/cases/{world.case.id}/refer").status_code == 404


def test_a_guardian_who_refuses_stops_the_letter(world):
    referral_id = drafted(world)
    decision = agreed(world, referral_id, mother="refused")
    assert not decision.may_send
    assert state_of(referral_id) == "awaiting_consent"
    by = actor(world.people.counselor)
    with database.writing() as session:
        referral = session.get_one(Referral, referral_id)
        previewed = fingerprint(preparing.content_of(session, referral))
        with pytest.raises(Refused):
            sending.send(session, by=by, referral=referral, previewed=previewed)


def test_a_refusal_leads_to_a_notice_to_sign_and_a_second_talk(world, client):
    referral_id = drafted(world)
    sign_in(client, world.people.counselor)
    assert client.get(f"/referrals/{referral_id}/notice.pdf").status_code == 404
    agreed(world, referral_id, mother="refused")
    page = client.get(f"/referrals/{referral_id}").text
    assert "72 小时内请分管校领导一起再谈一次" in page
    assert client.get(f"/referrals/{referral_id}/notice.pdf").data.startswith(b"%PDF")
    with database.reading() as session:
        due = session.get_one(Referral, referral_id).due_at
    assert due == clock.now() + timedelta(hours=72)


def test_danger_to_life_goes_first_and_is_signed_afterwards_by_another(world, client):
    referral_id = sent(world, urgency="red")
    by = actor(world.people.counselor)
    with database.writing() as session, pytest.raises(Forbidden):
        preparing.sign(session, by=by, referral=session.get_one(Referral, referral_id))
    sign_in(client, world.people.school_lead)
    assert "今晨说要跳楼" in client.get("/referrals/signatures").text
    assert client.post(f"/referrals/{referral_id}/sign").status_code == 303
    with database.reading() as session:
        assert session.get_one(Referral, referral_id).approved_by == world.people.school_lead.id


def test_a_hospital_cannot_refuse_a_child_in_danger(world, client):
    referral_id = sent(world, urgency="red")
    at_hospital(world, referral_id, hospital.receive)
    with pytest.raises(Refused):
        at_hospital(world, referral_id, hospital.decline, reason="no_bed")
    sign_in(client, world.people.hospital_contact)
    assert "不能接诊" not in client.get(f"/hospital/{referral_id}").text


def test_after_a_refusal_the_child_is_sent_elsewhere_with_a_new_letter(world, client):
    first = sent(world)
    at_hospital(world, first, hospital.receive)
    at_hospital(world, first, hospital.decline, reason="no_bed")
    assert "redirect" in follow_ups(world)
    sign_in(client, world.people.counselor)
    page = client.get(f"/referrals/{first}")
    assert "望海市精神卫生中心" in page.text
    again = client.post(
        f"/referrals/{first}/redirect", data={"redirect-hospital": world.second_hospital.id}
    )
    second = int(again.location.rsplit("/", 1)[1])
    assert (state_of(first), state_of(second)) == ("redirected", "ready")
    sha256 = client.get(f"/referrals/{second}/preview").text.split('name="sha256" value="')[1][:64]
    client.post(f"/referrals/{second}/send", data={"sha256": sha256})
    with database.reading() as session:
        old, new = session.get_one(Referral, first), session.get_one(Referral, second)
        assert old.letter_number != new.letter_number
        assert old.token_until <= clock.now() < new.token_until
        assert client.get(f"/r/{old.token}").text.count("已作废") == 1


def test_a_missed_appointment_is_looked_into_on_the_same_day(world):
    referral_id = sent(world)
    at_hospital(world, referral_id, hospital.receive, hospital.accept)
    at = clock.now() + timedelta(hours=2)
    at_hospital(world, referral_id, hospital.schedule, at=at, department="儿少科")
    with clock.frozen(at):
        at_hospital(world, referral_id, hospital.no_show)
    with database.reading() as session:
        row = session.scalars(select(FollowUp).where(FollowUp.kind == "safety_check")).one()
        assert clock.local(row.due_at).date() == clock.today()


def test_withdrawing_is_immediate_before_and_a_request_after_acceptance(world):
    early, late = sent(world), sent(world)
    at_hospital(world, late, hospital.receive, hospital.accept)
    by = actor(world.people.counselor)
    for referral_id in (early, late):
        with database.writing() as session:
            referral = session.get_one(Referral, referral_id)
            sending.cancel(session, by=by, referral=referral, reason="已另作安排")
    assert (state_of(early), state_of(late)) == ("cancelled", "cancel_requested")
    at_hospital(world, late, hospital.confirm_cancel)
    assert state_of(late) == "cancelled"


def test_a_letter_about_the_wrong_child_is_recalled_everywhere(world, client):
    referral_id = sent(world)
    by = actor(world.people.counselor)
    with database.writing() as session:
        sending.recall(
            session, by=by, referral=session.get_one(Referral, referral_id), reason="选错学生"
        )
    assert state_of(referral_id) == "error"
    assert "privacy_incident" in follow_ups(world)
    sign_in(client, world.people.hospital_contact)
    assert client.get(f"/hospital/{referral_id}").status_code == 404


def test_a_hospital_that_keeps_silent_is_telephoned_and_nothing_moves(world):
    referral_id = sent(world, urgency="urgent")
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        jobs.remind_hospitals()
        jobs.remind_hospitals()
    assert state_of(referral_id) == "sent"
    assert follow_ups(world) == ["call_hospital"]
    with database.reading() as session:
        overdue = select(ReferralStep).where(ReferralStep.event == "overdue")
        assert len(session.scalars(overdue).all()) == 1


def test_of_two_who_read_the_same_version_only_one_gets_through(world):
    referral_id = sent(world)
    by = actor(world.people.hospital_contact)
    with database.reading() as session:
        version = session.get_one(Referral, referral_id).version
    with database.writing() as session:
        referral = session.get_one(Referral, referral_id)
        hospital.receive(session, by=by, referral=referral, version=version)
    with database.writing() as session:
        referral = session.get_one(Referral, referral_id)
        with pytest.raises(WrongState):
            hospital.accept(session, by=by, referral=referral, version=version)


def test_the_clocks_of_a_referral_stop_when_the_hospital_acts(world):
    referral_id = sent(world, urgency="urgent")
    at_hospital(world, referral_id, hospital.receive, hospital.accept)
    with database.reading() as session:
        rows = session.scalars(select(Clock).where(Clock.subject == f"referral:{referral_id}"))
        found = {row.kind: row.result for row in rows}
    assert found == {
        "hospital_receipt": "met",
        "hospital_decision": "met",
        "hospital_offer": None,
    }


def test_every_open_referral_has_an_owner_and_a_due_time(world):
    ids = [drafted(world), sent(world), sent(world, urgency="urgent")]
    at_hospital(world, ids[2], hospital.receive)
    with database.reading() as session:
        for referral in session.scalars(select(Referral)):
            assert referral.owner_organisation_id
            assert referral.duty_role
            assert referral.due_at is not None


def test_nobody_reads_his_own_referral(world):
    referral_id = drafted(world)
    himself = actor(world.people.counselor)
    own = Actor.person(
        himself.user_id or 0,
        himself.name,
        [
            type(h)(h.role, h.organisation_id, h.path, student_id=world.people.lin.id)
            for h in himself.held
        ],
    )
    with database.reading() as session:
        seen = session.scalars(queries.referrals_visible_to(own)).unique().all()
    assert referral_id not in [row.id for row in seen]


def test_a_hospital_says_how_much_room_it_has(world, client):
    sign_in(client, world.people.hospital_contact)
    here = world.people.hospital.id
    data = {f"s{here}-capacity": "no_capacity"}
    assert client.post(f"/hospital/{here}/capacity", data=data).status_code == 303
    assert "暂时接不了" in client.get("/hospital").text
    other = world.second_hospital.id
    assert client.post(f"/hospital/{other}/capacity", data=data).status_code == 404


def test_questions_and_answers_go_back_and_forth(world, client):
    referral_id = sent(world)
    sign_in(client, world.people.hospital_contact)
    client.post(f"/hospital/{referral_id}/receive")
    asked = {"ask_info-text": "近期是否用药？"}
    assert client.post(f"/hospital/{referral_id}/ask_info", data=asked).status_code == 303
    sign_in(client, world.people.counselor)
    assert "近期是否用药" in client.get(f"/referrals/{referral_id}").text
    empty = client.post(f"/referrals/{referral_id}/answer_info", data={})
    assert empty.status_code == 422
    said = {"answer_info-text": "没有。"}
    assert client.post(f"/referrals/{referral_id}/answer_info", data=said).status_code == 303
    assert state_of(referral_id) == "received"


def test_the_inbox_counts_and_lists_what_is_overdue(world, client):
    letter = sent(world)
    sign_in(client, world.people.hospital_contact)
    assert inbox_counts(client.get("/hospital").text) == ["1", "0", "0", "1"]
    late = client.get("/hospital?show=late").text
    assert f"/hospital/{letter}" not in late
    with clock.frozen(clock.now() + timedelta(days=60)):
        sign_in(client, world.people.hospital_contact)
        late = client.get("/hospital?show=late").text
        assert inbox_counts(late) == ["1", "1", "0", "1"]
        assert f"/hospital/{letter}" in late


def inbox_counts(page):
    """The figures of the tabs: to do, overdue, at the school, all."""
    return re.findall(r'class="count">(\d+)<', page)
