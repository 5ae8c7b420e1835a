"""What a hospital's contact sees: his own turn first, the next step on top, dates in words."""

from datetime import timedelta
from typing import Any

from foundation import clock
from referrals import jobs
from referrals.actions import hospital, sending
from tests.people import sign_in
from tests.referrals.test_hospital_referral import at_hospital, sent
from tests.referrals.test_referral_rows import booked, by_school, found, seen


def number(referral_id: int) -> str:
    return str(found(referral_id).letter_number)


def page(world: Any, client: Any, path: str) -> str:
    sign_in(client, world.people.hospital_contact)
    return str(client.get(path).text)


def next_step(text: str) -> str:
    return text.split('class="next-step"')[1].split("</section>")[0]


def test_the_inbox_keeps_apart_what_waits_for_the_school(world, client):
    here, there = sent(world), sent(world)
    at_hospital(world, there, hospital.receive)
    at_hospital(world, there, hospital.ask_info, question="以前看过吗？")
    own = page(world, client, "/hospital")
    assert number(here) in own
    assert number(there) not in own
    assert number(there) in page(world, client, "/hospital?show=school")
    start = page(world, client, "/start")
    assert "等医院处理的转介" in start
    assert '<span class="waiting-count">1</span>' in start


def test_what_is_late_stays_late_although_everybody_was_reminded(world, client):
    referral_id = sent(world, urgency="urgent")
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        jobs.remind_hospitals()
        jobs.remind_hospitals()
        assert number(referral_id) in page(world, client, "/hospital?show=late")


def test_an_appointment_is_said_and_arrival_is_the_next_step(world, client):
    referral_id = booked(world)
    text = page(world, client, f"/hospital/{referral_id}")
    assert text.count("11月25日 09:00") >= 2  # on top and in the history
    assert "已到院" in next_step(text)
    assert "改约" in text
    assert "11月25日 09:00" in page(world, client, "/hospital")


def test_only_another_date_asks_for_a_reason(world, client):
    referral_id = sent(world)
    at_hospital(world, referral_id, hospital.receive, hospital.accept)
    url = f"/hospital/{referral_id}"
    assert "改约原因" not in page(world, client, url)
    slot = {"schedule-at": "2026-11-25T09:00", "schedule-department": "儿少科"}
    assert client.post(f"{url}/schedule", data=slot).status_code == 303
    assert "改约原因" in client.get(url).text
    assert client.post(f"{url}/schedule", data=slot).status_code == 422
    moved = {**slot, "schedule-at": "2026-11-26T09:00", "schedule-reason": "医生请假"}
    assert client.post(f"{url}/schedule", data=moved).status_code == 303


def test_a_request_to_cancel_says_why_and_agreeing_is_the_next_step(world, client):
    referral_id = sent(world)
    at_hospital(world, referral_id, hospital.receive, hospital.accept)
    by_school(world, referral_id, sending.cancel, reason="家长另约")
    text = page(world, client, f"/hospital/{referral_id}")
    assert "学校申请取消：家长另约" in text
    assert "同意取消" in next_step(text)


def test_while_the_school_has_to_answer_the_hospital_waits_and_may_sign_an_arrival(world, client):
    referral_id = sent(world)
    at_hospital(world, referral_id, hospital.receive)
    at_hospital(world, referral_id, hospital.ask_info, question="以前看过吗？")
    text = page(world, client, f"/hospital/{referral_id}")
    assert "等待学校" in next_step(text)
    assert f'action="/hospital/{referral_id}/arrive"' in text


def test_whoever_replies_high_risk_is_asked_to_telephone_as_well(world, client):
    referral_id = seen(world)
    sign_in(client, world.people.hospital_contact)
    slip = {
        "reply-department": "儿少科",
        "reply-outcome": "outpatient",
        "reply-advice": "supervision",
        "reply-risk_today": "high",
        "reply-signed_by": "刘医生",
    }
    answer = client.post(f"/hospital/{referral_id}/reply", data=slip, follow_redirects=True)
    assert "请同时打电话告诉学校心理老师：陈老师" in answer.text


def test_a_step_that_is_not_possible_any_more_is_refused_in_words(world, client):
    referral_id = sent(world)
    sign_in(client, world.people.hospital_contact)
    refused = client.post(f"/hospital/{referral_id}/accept")
    assert refused.status_code == 409
    assert "刚才的操作没有保存" in refused.text
    assert '<li data-event="receive">签收</li>' in refused.text
    assert "overdue" not in refused.text
    there = {"Accept": "application/json"}
    assert (
        "receive" in client.post(f"/hospital/{referral_id}/accept", headers=there).json["allowed"]
    )
