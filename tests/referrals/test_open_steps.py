"""Which steps are open to whom at what time: not before an appointment, not for an unsent letter."""

from datetime import timedelta

from foundation import clock
from referrals.actions import hospital
from tests.people import sign_in
from tests.referrals.test_hospital_referral import (
    at_hospital,
    drafted,
    follow_ups,
    sent,
    state_of,
)


def test_nobody_has_stayed_away_before_the_time_of_his_appointment(world, client):
    referral_id = sent(world)
    at_hospital(world, referral_id, hospital.receive, hospital.accept)
    at = clock.now() + timedelta(minutes=20)
    at_hospital(world, referral_id, hospital.schedule, at=at, department="儿少科")
    sign_in(client, world.people.hospital_contact)
    url = f"/hospital/{referral_id}"
    assert f'{url}/no_show"' not in client.get(url).text
    early = client.post(f"{url}/no_show")
    assert early.status_code == 409
    assert "预约时间还没有到" in early.text
    assert state_of(referral_id) == "scheduled"
    assert follow_ups(world) == ["appointment"]
    with clock.frozen(at):
        assert f'{url}/no_show"' in client.get(url).text
        assert client.post(f"{url}/no_show").status_code == 303
    assert state_of(referral_id) == "no_show"


def test_what_was_never_sent_is_given_up_and_not_recalled(world, client):
    referral_id = drafted(world)
    sign_in(client, world.people.counselor)
    url = f"/referrals/{referral_id}"
    page = client.get(url).text
    assert "放弃这份转介单" in page
    assert "误发撤回" not in page
    assert client.post(f"{url}/recall", data={"recall-text": "选错学生"}).status_code == 409
    assert client.post(f"{url}/cancel", data={"cancel-text": "选错学生"}).status_code == 303
    assert state_of(referral_id) == "cancelled"
    assert follow_ups(world) == []
    assert "误发撤回" not in client.get(url).text
    assert client.post(f"{url}/recall", data={"recall-text": "选错学生"}).status_code == 409


def test_a_hospital_cannot_let_a_child_in_danger_wait_with_a_question(world, client):
    referral_id = sent(world, urgency="red")
    at_hospital(world, referral_id, hospital.receive)
    sign_in(client, world.people.hospital_contact)
    asked = {"ask_info-text": "近期是否用药？"}
    refused = client.post(f"/hospital/{referral_id}/ask_info", data=asked)
    assert refused.status_code == 409
    assert "学生有生命危险" in refused.text
    assert state_of(referral_id) == "received"
