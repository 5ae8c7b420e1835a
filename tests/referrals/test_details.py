"""Smaller promises: changing a draft, the duty roster, days off, pages after a mistake."""

from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from accounts.policy import Role
from foundation import clock, database
from referrals.ladder import Watcher
from referrals.models import Clock, HotlineTicket
from referrals.queries.hotline import people_for
from schools.models import DutySlot, WorkdayOverride
from tests import make
from tests.people import sign_in
from tests.referrals.calls import opened, triaged
from tests.referrals.test_hospital_referral import agreed, drafted, sent


def test_a_draft_can_be_changed_until_it_has_left(world, client):
    referral_id = drafted(world)
    sign_in(client, world.people.counselor)
    url = f"/referrals/{referral_id}/letter"
    assert "两周来睡不好" in client.get(url).text
    form = {**world.letter(facts="已连续三天未到校。"), "hospital": world.people.hospital.id}
    assert client.post(url, data={**form, "facts": ""}).status_code == 422
    assert client.post(url, data=form).status_code == 303
    assert "已连续三天未到校" in client.get(f"/referrals/{referral_id}/preview").text
    left = sent(world)
    assert client.post(f"/referrals/{left}/letter", data=form).status_code == 422


def test_a_letter_cannot_be_sent_before_consent_and_says_why(world, client):
    referral_id = drafted(world)
    sign_in(client, world.people.counselor)
    preview = client.get(f"/referrals/{referral_id}/preview").text
    assert "现在还不能发出" in preview
    sha256 = preview.split("<code>")[1][:64]
    answer = client.post(f"/referrals/{referral_id}/send", data={"sha256": sha256})
    assert answer.status_code == 422
    wrong = client.post(f"/referrals/{referral_id}/consent", data={"consent-student": "perhaps"})
    assert wrong.status_code == 422


def test_a_step_the_table_does_not_have_is_refused_with_409(world, client):
    referral_id = drafted(world)
    agreed(world, referral_id)
    sign_in(client, world.people.counselor)
    assert client.post(f"/referrals/{referral_id}/confirm").status_code == 409
    assert client.post(f"/referrals/{referral_id}/cancel").status_code == 422


def on_roster(world: Any, name: str, position: int, hours: tuple[time, time]) -> int:
    with database.writing() as session:
        person = make.user(session, name=name)
        make.role(session, of=person, role=Role.OPERATOR, at=world.people.desk)
        session.add(
            DutySlot(
                organisation_id=world.people.desk.id,
                user_id=person.id,
                position=position,
                starts_at=hours[0],
                ends_at=hours[1],
            )
        )
        return person.id


def test_the_roster_says_who_is_paged_first_and_an_empty_slot_goes_upward(world):
    day, night = (time(8), time(20)), (time(20), time(8))
    first = on_roster(world, "值班甲", 1, day)
    second = on_roster(world, "值班乙", 2, day)
    late = on_roster(world, "夜班丙", 1, night)
    ticket_id = opened(world)
    with database.reading() as session:
        found = session.get_one(HotlineTicket, ticket_id)
        assert [u.id for u in people_for(session, found, Watcher.DUTY)] == [first]
        assert [u.id for u in people_for(session, found, Watcher.BACKUP)] == [second]
        with clock.frozen(datetime(2026, 11, 23, 23, 0, tzinfo=clock.SHANGHAI)):
            assert [u.id for u in people_for(session, found, Watcher.DUTY)] == [late]
        assert people_for(session, found, Watcher.CITY_DUTY)


def test_a_day_off_of_the_region_moves_a_business_clock(world):
    with database.writing() as session:
        session.add(
            WorkdayOverride(
                organisation_id=world.people.city.id,
                day=clock.now(),
                workday=False,
                reason="台风停工",
            )
        )
    sent(world)
    with database.reading() as session:
        row = session.scalars(select(Clock).where(Clock.kind == "hospital_receipt")).one()
    assert clock.local(row.due_at) == datetime(2026, 11, 24, 10, 30, tzinfo=clock.SHANGHAI)


def test_a_pause_cannot_make_a_wrong_form_or_an_unknown_step_pass(world, client):
    ticket_id = triaged(world)
    sign_in(client, world.people.operator)
    assert client.post(f"/hotline/{ticket_id}/nonsense").status_code == 404
    assert client.post(f"/hotline/{ticket_id}/reply", data={}).status_code == 409
    filled = {"reply-text": "好", "reply-result": "solved"}
    assert client.post(f"/hotline/{ticket_id}/reply", data=filled).status_code == 409
    send = {"dispatch-desk": 999999, "dispatch-text": ""}
    assert client.post(f"/hotline/{ticket_id}/dispatch", data=send).status_code == 422


def test_every_queue_of_the_desk_opens(world, client):
    triaged(world)
    sign_in(client, world.people.operator)
    for name in ("mine", "open", "crisis", "late", "all"):
        assert client.get(f"/hotline?show={name}").status_code == 200
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        assert "GD2026" in client.get("/hotline?show=mine").text
