"""A county's own times: what it sets on its rules page moves what is due in its schools and desks."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from accounts.policy import Actor, Role
from foundation import clock, database
from foundation.problems import Refused
from referrals import jobs
from referrals.actions import handling, hospital, paging, sending, tickets
from referrals.models import Clock, HotlineTicket, Referral
from schools import settings
from screening.models import FollowUp
from tests import make
from tests.people import actor, sign_in
from tests.referrals.calls import do, in_contact, opened, second_desk, send_to, ticket
from tests.referrals.test_case_follows import returned
from tests.referrals.test_hospital_referral import agreed, at_hospital, drafted, sent
from tests.referrals.test_referral_rows import PLAN, booked, by_school, seen

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SOURCE = "县教体〔2026〕8号"


def rule(world: Any, key: str, value: Any, at: Any = None) -> None:
    with database.writing() as session:
        place = at or world.people.county
        by = Actor.system("tests")
        settings.put(session, by=by, organisation_id=place.id, key=key, value=value, source=SOURCE)


def follow_up(kind: str) -> FollowUp:
    with database.reading() as session:
        rows = select(FollowUp).where(FollowUp.kind == kind).order_by(FollowUp.id.desc())
        return session.scalars(rows).first() or pytest.fail(kind)


def referral(referral_id: int) -> Referral:
    with database.reading() as session:
        return session.get_one(Referral, referral_id)


def test_a_county_changes_the_receipt_time_on_its_page_and_its_schools_letters_follow(
    world, client
):
    with database.writing() as session:
        viewer = make.user(session, name="县教育局", username="county_rules")
        make.role(session, of=viewer, role=Role.COUNTY_VIEWER, at=world.people.county)
    sign_in(client, viewer)
    key = "clock.referral_receipt_urgent_min"
    form = {"key": key, "value": "40", "source": SOURCE}
    assert client.post("/settings", data=form).status_code == 303
    referral_id = sent(world, urgency="urgent")
    assert referral(referral_id).due_at == clock.now() + 40 * MINUTE
    with database.reading() as session:
        assert SOURCE in session.scalars(select(Clock.source)).one()
    sign_in(client, world.people.counselor)
    assert SOURCE in client.get(f"/referrals/{referral_id}").text


def test_office_hours_of_the_hospitals_city_count_for_its_receipt(world):
    rule(world, "office.hours", ["10:00-11:00"], at=world.people.city)
    referral_id = sent(world)  # Monday 9:00, two hours: 10-11 today, 10-11 tomorrow
    due = clock.local(referral(referral_id).due_at)
    assert (due - clock.local(clock.now())).days == 1
    assert due.hour == 11


def test_no_show_hours_follow_the_county(world):
    rule(world, "clock.noshow_check_h", 2)
    referral_id, missed = booked(world), clock.now() + timedelta(days=2)
    with clock.frozen(missed):
        at_hospital(world, referral_id, hospital.no_show)
        assert follow_up("safety_check").due_at == missed + 2 * HOUR
    rule(world, "noshow.latest_hour", 10)
    with clock.frozen(clock.now() + MINUTE):
        again = booked(world)
    with clock.frozen(missed + MINUTE):
        at_hospital(world, again, hospital.no_show)
        assert clock.local(follow_up("safety_check").due_at).hour == 10


def test_follow_ups_after_the_return_come_when_the_county_says(world):
    rule(world, "followup.after_return_h", [12, 72])
    referral_id = returned(world)
    by_school(world, referral_id, hospital.confirm, plan=PLAN)
    with database.reading() as session:
        rows = session.scalars(
            select(FollowUp).where(FollowUp.kind == "after_referral").order_by(FollowUp.due_at)
        ).all()
    assert [row.due_at - clock.now() for row in rows] == [12 * HOUR, 72 * HOUR]
    assert [row.what[:10] for row in rows] == ["回到课堂后 12 小", "回到课堂后 3 天："]


@pytest.mark.parametrize(
    ("key", "mother", "value"),
    [
        ("consent.refusal_review_h", "refused", 48),
        ("consent.unreachable_h", "unreachable", 6),
        ("consent.unreachable_h", "asked", 5),
    ],
)
def test_consent_is_reviewed_when_the_county_says(world, key, mother, value):
    rule(world, key, value)
    referral_id = drafted(world)
    agreed(world, referral_id, mother=mother)
    assert referral(referral_id).due_at == clock.now() + value * HOUR


def test_the_words_of_the_gate_name_the_countys_times(world, client):
    rule(world, "consent.refusal_review_h", 48)
    referral_id = drafted(world)
    agreed(world, referral_id, mother="refused")
    sign_in(client, world.people.counselor)
    assert "48 小时内请分管校领导" in client.get(f"/referrals/{referral_id}").text


def test_a_letter_lives_as_long_as_the_county_says(world):
    rule(world, "referral.letter_d", 7)
    assert referral(sent(world)).token_until == clock.now() + timedelta(days=7)


@pytest.mark.parametrize(
    ("key", "act", "kind"),
    [
        ("clock.referral_replan_h", sending.cancel, "replan"),
        ("clock.referral_incident_h", sending.recall, "privacy_incident"),
    ],
)
def test_what_is_to_be_done_after_a_withdrawn_letter_is_due_as_set(world, key, act, kind):
    rule(world, key, 3)
    by_school(world, sent(world), act, reason="家长另约")
    assert follow_up(kind).due_at == clock.now() + 3 * HOUR


@pytest.mark.parametrize(
    ("key", "kind", "value", "span"),
    [
        ("clock.crisis_contact_min", "crisis", 20, 20 * MINUTE),
        ("clock.case_reply_h", "case", 36, 36 * HOUR),
        ("clock.consult_reply_h", "consult", 12, 12 * HOUR),
    ],
)
def test_the_clocks_of_a_ticket_are_those_of_its_city(world, key, kind, value, span):
    rule(world, key, value, at=world.people.city)
    rule(world, "clock.crisis_triage_min", value, at=world.people.city)
    assert ticket(opened(world, kind=kind)).due_at == clock.now() + span


def test_a_city_may_let_the_reply_run_on_every_day(world):
    saturday = clock.now() + timedelta(days=5)
    with clock.frozen(saturday):
        workdays = ticket(opened(world)).due_at
        rule(world, "clock.ticket_on_workdays", False, at=world.people.city)
        assert ticket(opened(world)).due_at == saturday + 48 * HOUR
    assert workdays is not None
    assert workdays > saturday + 48 * HOUR


def test_the_ladder_climbs_at_the_minutes_of_the_city(world):
    rule(world, "ladder.minutes", [0, 1, 2, 4, 6, 8, 12], at=world.people.city)
    ticket_id = opened(world, kind="crisis")
    with clock.frozen(clock.now() + 12 * MINUTE):
        jobs.climb_ladders()
    assert ticket(ticket_id).ladder_step == 12


def test_the_ladder_waits_after_a_name_as_long_as_the_city_says(world):
    rule(world, "ladder.contact_after_ack_min", 4, at=world.people.city)
    ticket_id = opened(world, kind="crisis")
    with database.writing() as session:
        row = session.get_one(HotlineTicket, ticket_id)
        paging.acknowledge(session, by=actor(world.people.operator), ticket=row)
    with clock.frozen(clock.now() + 3 * MINUTE):
        jobs.climb_ladders()
        assert ticket(ticket_id).ladder_step == 0
    with clock.frozen(clock.now() + 5 * MINUTE):
        jobs.climb_ladders()
        assert ticket(ticket_id).ladder_step == 5


def test_a_ladder_that_lost_a_step_is_the_agreed_one(world):
    rule(world, "ladder.minutes", [0, 1], at=world.people.city)
    ticket_id = opened(world, kind="crisis")
    with clock.frozen(clock.now() + 30 * MINUTE):
        jobs.climb_ladders()
    assert ticket(ticket_id).ladder_step == 30


def test_a_return_must_come_in_the_part_of_the_time_that_the_city_allows(world):
    rule(world, "ticket.return_share", 0.5, at=world.people.city)
    desk, ticket_id = second_desk(world), opened(world)
    do(world, ticket_id, tickets.triage, kind="case", category="psych", risk=1)
    send_to(world, ticket_id, desk)
    with database.reading() as session:
        found = session.get_one(HotlineTicket, ticket_id)
        assert tickets.return_by(session, found) == clock.now() + 24 * HOUR


def test_call_backs_low_ratings_and_reopening_follow_the_city(world):
    for key, value in (("rating_invites", 1), ("low_rating", 3), ("reopen_d", 2)):
        rule(world, f"ticket.{key}", value, at=world.people.city)
    first, second = in_contact(world), in_contact(world)
    for ticket_id in (first, second):
        do(world, ticket_id, handling.handle)
        do(world, ticket_id, handling.reply, text="好", result="solved")
    do(world, first, handling.invite)
    do(world, first, handling.close)
    assert ticket(first).state == "closed"
    do(world, second, handling.rate, rating=3, solved=True, comment="")
    do(world, second, handling.redo, by=world.people.supervisor, reason="再办")
    with clock.frozen(clock.now() + timedelta(days=3)), pytest.raises(Refused, match="2 天"):
        do(world, first, handling.reopen, reason="又来电")


def test_the_first_steps_at_school_and_hospital_follow_the_county(world):
    rule(world, "clock.referral_draft_h", 6)
    assert referral(drafted(world)).due_at == clock.now() + 6 * HOUR
    rule(world, "clock.referral_visit_h", 3)
    referral_id = sent(world)
    at_hospital(world, referral_id, hospital.arrive)
    assert referral(referral_id).due_at == clock.now() + 3 * HOUR
    rule(world, "clock.referral_school_routine_h", 5)
    again = seen(world)
    at_hospital(world, again, hospital.reply, slip={"advice": "normal", "outcome": "outpatient"})
    assert referral(again).due_at == clock.now() + 5 * HOUR
