"""A campaign from draft to closing: what keeps it shut, who opens it, what the room sees."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from accounts.models import User
from accounts.policy import Actor
from foundation import clock, database
from foundation.problems import Forbidden, Problem, Refused, WrongState
from foundation.state_machine import follow
from instruments.library import catalogue
from schools.actions import add_duty
from screening.campaigns import actions, consent_actions, readiness, workflow
from screening.campaigns.actions import Chosen
from screening.campaigns.board_queries import board_of
from screening.campaigns.consent_queries import may_answer_ids
from screening.campaigns.queries import plan_of
from screening.campaigns.workflow import Event, Phase, State
from screening.models import Campaign, Ticket, WordingLicence
from tests.instruments.test_wording import licensed
from tests.people import Cast, actor, sign_in
from tests.support.pages import CheckedClient

BY = Actor.system("tests")
PHQ = [Chosen("phq-9", "default", "moderate")]


def draft(people: Cast, by: User, instruments: list[Chosen] | None = None) -> Campaign:
    """A draft for the two classes of the school, open from tomorrow for a week."""
    author, start = actor(by), clock.now() + timedelta(days=1)
    with database.writing() as session:
        return actions.create(
            session,
            by=author,
            school=people.school,
            name="秋季测评",
            opens_at=start,
            closes_at=start + timedelta(days=7),
            instruments=instruments or PHQ,
            klass_ids=[people.klass_1.id, people.klass_2.id],
        )


def staff_duty(people: Cast) -> None:
    """Two persons on duty round the clock."""
    with database.writing() as session:
        for position, user in enumerate((people.counselor, people.school_lead), start=1):
            add_duty(
                session,
                by=BY,
                organisation=people.school,
                user=user,
                position=position,
                starts_at=time(0),
                ends_at=time(0),
            )


def opened(people: Cast) -> int:
    """A campaign that counselor and school lead have approved."""
    staff_duty(people)
    made = draft(people, people.counselor)
    counselor, lead = actor(people.counselor), actor(people.school_lead)
    with database.writing() as session:
        campaign = session.get_one(Campaign, made.id)
        actions.approve_sensitive(session, by=lead, campaign=campaign, reason="年级合适")
        actions.submit(session, by=counselor, campaign=campaign)
        assert actions.approve(session, by=counselor, campaign=campaign) is False
        assert actions.approve(session, by=lead, campaign=campaign) is True
    return made.id


def test_two_persons_of_two_roles_open_it_and_everybody_has_a_ticket(
    people: Cast, frozen: datetime
) -> None:
    number = opened(people)
    with database.reading() as session:
        assert session.get_one(Campaign, number).state == State.APPROVED
        holders = {ticket.student_id for ticket in session.query(Ticket)}
    assert holders == {people.lin.id, people.zhou.id, people.wu.id}


def test_without_duty_it_cannot_be_sent_for_approval(people: Cast, frozen: datetime) -> None:
    made = draft(people, people.counselor)
    by = actor(people.counselor)
    with database.writing() as session, pytest.raises(Refused):
        actions.submit(session, by=by, campaign=session.get_one(Campaign, made.id))


def test_the_author_cannot_approve_the_sensitive_items(people: Cast, frozen: datetime) -> None:
    made, by = draft(people, people.counselor), actor(people.counselor)
    with database.writing() as session, pytest.raises(Forbidden):
        actions.approve_sensitive(
            session, by=by, campaign=session.get_one(Campaign, made.id), reason="可以"
        )


def test_one_person_cannot_approve_twice(people: Cast, frozen: datetime) -> None:
    staff_duty(people)
    made, by = draft(people, people.counselor), actor(people.counselor)
    with database.writing() as session:
        campaign = session.get_one(Campaign, made.id)
        actions.submit(session, by=by, campaign=campaign)
        actions.approve(session, by=by, campaign=campaign)
        with pytest.raises(Forbidden):
            actions.approve(session, by=by, campaign=campaign)


def test_sensitive_items_without_their_approval_keep_it_shut(
    people: Cast, frozen: datetime
) -> None:
    staff_duty(people)
    made = draft(people, people.counselor)
    counselor, lead = actor(people.counselor), actor(people.school_lead)
    with database.writing() as session:
        campaign = session.get_one(Campaign, made.id)
        actions.submit(session, by=counselor, campaign=campaign)
        actions.approve(session, by=counselor, campaign=campaign)
        with pytest.raises(Refused):
            actions.approve(session, by=lead, campaign=campaign)


def test_an_instrument_above_the_cohorts_age_is_refused(people: Cast, frozen: datetime) -> None:
    staff_duty(people)
    made = draft(people, people.counselor, [Chosen("scl-90")])
    by = actor(people.counselor)
    with database.writing() as session, pytest.raises(Refused):
        actions.submit(session, by=by, campaign=session.get_one(Campaign, made.id))


def test_a_campaign_with_answers_is_ended_and_never_cancelled(
    people: Cast, frozen: datetime
) -> None:
    number, by = opened(people), actor(people.counselor)
    with database.writing() as session:
        ticket = session.query(Ticket).filter_by(student_id=people.lin.id).one()
        ticket.state, ticket.started_at = "started", clock.now()
    with database.writing() as session:
        campaign = session.get_one(Campaign, number)
        with pytest.raises(Refused):
            actions.cancel(session, by=by, campaign=campaign, reason="不做了")
        actions.close(session, by=by, campaign=campaign)


def test_it_can_be_opened_again_for_the_absent(people: Cast, frozen: datetime) -> None:
    number, by = opened(people), actor(people.counselor)
    with database.writing() as session:
        campaign = session.get_one(Campaign, number)
        actions.close(session, by=by, campaign=campaign)
        until = clock.now() + timedelta(days=20)
        actions.reopen(session, by=by, campaign=campaign, closes_at=until, reason="有人请假")
        assert (campaign.state, campaign.closes_at) == (State.APPROVED, until)


def test_the_board_counts_in_three_words(people: Cast, frozen: datetime) -> None:
    number, by = opened(people), actor(people.counselor)
    with database.writing() as session:
        campaign = session.get_one(Campaign, number)
        consent_actions.record(
            session,
            by=by,
            campaign=campaign,
            student=people.lin,
            party="guardian",
            decision="granted",
            method="paper",
        )
        assert may_answer_ids(session, campaign) == {people.lin.id}
        rows = board_of(session, campaign)
    assert [(row.done, row.not_yet, row.not_needed) for row in rows] == [(0, 1, 1), (0, 0, 1)]


def test_the_homeroom_teacher_sees_only_his_class(
    client: CheckedClient, people: Cast, frozen: datetime
) -> None:
    number = opened(people)
    sign_in(client, people.homeroom)
    page = client.get(f"/campaigns/{number}/board").text
    assert "1班" in page
    assert "2班" not in page
    assert client.get(f"/campaigns/{number}/klasses/{people.klass_2.id}").status_code == 404


def test_the_board_answers_304_while_nothing_changes(
    client: CheckedClient, people: Cast, frozen: datetime
) -> None:
    number = opened(people)
    sign_in(client, people.counselor)
    first = client.get(f"/campaigns/{number}/board.json")
    again = client.get(
        f"/campaigns/{number}/board.json", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (first.status_code, again.status_code) == (200, 304)


def test_a_counselor_drafts_one_in_the_browser(
    client: CheckedClient, people: Cast, frozen: datetime
) -> None:
    sign_in(client, people.counselor)
    data = {
        "school_id": people.school.id,
        "name": "期中测评",
        "opens_at": "2026-11-25T08:00",
        "closes_at": "2026-11-30T18:00",
        "instruments": ["phq-9|default", "gad-7|default"],
        "klasses": [people.klass_1.id],
    }
    answer = client.post("/campaigns/new", data=data)
    assert answer.status_code == 303
    assert "开放前检查" in client.get(answer.headers["Location"]).text


def test_a_window_that_ends_before_it_begins_is_said_at_its_field(
    client: CheckedClient, people: Cast, frozen: datetime
) -> None:
    sign_in(client, people.counselor)
    data = {
        "school_id": people.school.id,
        "name": "期中测评",
        "opens_at": "2026-11-30T08:00",
        "closes_at": "2026-11-25T18:00",
        "instruments": ["phq-9|default"],
        "klasses": [people.klass_1.id],
    }
    answer = client.post("/campaigns/new", data=data)
    assert answer.status_code == 422
    assert "结束时间要在开始时间之后" in answer.text


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("event", list(Event))
def test_every_state_answers_every_event(state: State, event: Event) -> None:
    if (state, event) in workflow.TRANSITIONS:
        assert follow(workflow.TRANSITIONS, state, event).to in State
        return
    with pytest.raises(WrongState) as refusal:
        follow(workflow.TRANSITIONS, state, event)
    known = {e.value for (s, e) in workflow.TRANSITIONS if s == state}
    assert set(refusal.value.allowed) == known


def test_the_phase_follows_the_clock() -> None:
    start = datetime(2026, 11, 23, tzinfo=clock.SHANGHAI)
    end = start + timedelta(days=5)
    found = [
        workflow.phase(State.APPROVED, start, end, moment)
        for moment in (start - timedelta(seconds=1), start, end - timedelta(seconds=1), end)
    ]
    assert found == [Phase.SCHEDULED, Phase.OPEN, Phase.OPEN, Phase.OVER]


def test_a_sitting_lies_inside_the_window(people: Cast, frozen: datetime) -> None:
    number, by = opened(people), actor(people.counselor)
    with database.writing() as session:
        campaign = session.get_one(Campaign, number)
        plan: dict[str, Any] = {
            "campaign": campaign,
            "klass": people.klass_1,
            "room": None,
            "invigilator": None,
            "starts_at": campaign.closes_at,
            "ends_at": campaign.closes_at + timedelta(hours=1),
        }
        with pytest.raises(Problem):
            actions.plan_sitting(session, by=by, **plan)


@pytest.mark.parametrize(
    ("days", "codes"),
    [(None, {"no_wording"}), (-1, {"licence_expired"}), (0, {"licence_expired"}), (30, set())],
)
def test_a_scale_without_our_wording_needs_a_licence_that_lasts(
    people: Cast, frozen: datetime, days: int | None, codes: set[str]
) -> None:
    staff_duty(people)
    made = draft(people, people.counselor, [Chosen("swls"), Chosen("isi")])
    with database.writing() as session:
        for key in ("swls", "isi"):
            if days is not None:
                session.add(_licence(people, key, days))
        session.flush()
        plan = plan_of(session, session.get_one(Campaign, made.id))
    found = readiness.obstacles(plan, clock.today())
    words = {"no_wording", "licence_expired"}
    assert {each.code for each in found if each.code in words} == codes


def _licence(people: Cast, key: str, days: int) -> WordingLicence:
    first = catalogue.get(key).items[0].codes[0]
    codes = range(first, catalogue.get(key).items[0].codes[-1] + 1)
    document = licensed(items=len(catalogue.get(key).items), codes=codes, key=key)
    return WordingLicence(
        organisation_id=people.school.id,
        key=key,
        version="1.0.0",
        language="zh-Hans",
        holder="出版社",
        number="L-1",
        expires_on=clock.today() + timedelta(days=days),
        document=document.decode(),
        imported_by="system:tests",
        imported_at=clock.now(),
    )


USES = [
    (Chosen("who-5", "low-50"), set()),
    (Chosen("who-5"), {"who-5"}),  # its lower band was recalled
    (Chosen("scared-41", "original"), set()),
    (Chosen("scared-41"), {"scared-41"}),  # includes two sets that were recalled
    (Chosen("psqi", "gt5"), {"psqi"}),  # the components beneath the total were recalled
    (Chosen("uls-8"), {"uls-8"}),  # no cut-off, but its reversed items were recalled
    (Chosen("swls"), {"swls"}),
    (Chosen("uls-20v3"), set()),
]


@pytest.mark.parametrize(("chosen", "keys"), USES, ids=[f"{u.key} {u.cutset}" for u, _ in USES])
def test_what_was_recalled_needs_a_named_approver(
    people: Cast, frozen: datetime, chosen: Chosen, keys: set[str]
) -> None:
    made = draft(people, people.counselor, [chosen])
    with database.reading() as session:
        plan = plan_of(session, session.get_one(Campaign, made.id))
        found = readiness.obstacles(plan, clock.today())
    assert {each.value for each in found if each.code == "cutset_unverified"} == keys
    with database.writing() as session:
        campaign = session.get_one(Campaign, made.id)
        actions.approve_sensitive(
            session, by=actor(people.school_lead), campaign=campaign, reason="只作提示"
        )
    with database.reading() as session:
        plan = plan_of(session, session.get_one(Campaign, made.id))
        found = readiness.obstacles(plan, clock.today())
    assert not [each for each in found if each.code == "cutset_unverified"]


@pytest.mark.parametrize(("origin", "codes"), [("online", {"asked_by_a_person"}), ("paper", set())])
def test_a_scale_that_a_person_asks_is_never_put_on_a_phone(
    people: Cast, frozen: datetime, origin: str, codes: set[str]
) -> None:
    made = draft(people, people.counselor, [Chosen("c-ssrs-screener")])
    with database.writing() as session:
        session.get_one(Campaign, made.id).origin = origin
        session.add(_licence(people, "c-ssrs-screener", 30))
    with database.reading() as session:
        plan = plan_of(session, session.get_one(Campaign, made.id))
    found = {each.code for each in readiness.obstacles(plan, clock.today())}
    assert found & {"asked_by_a_person", "no_wording"} == codes


def test_well_being_alone_can_be_opened_once_another_person_lets_its_cutset_be_used(
    client: CheckedClient, people: Cast, frozen: datetime
) -> None:
    staff_duty(people)
    made = draft(people, people.counselor, [Chosen("who-5")])
    page = f"/campaigns/{made.id}"
    sign_in(client, people.counselor)
    assert "世界卫生组织五项身心健康指标（WHO-5） 的计分或界值未经核实" in client.get(page).text
    assert client.post(f"{page}/submit").status_code == 303
    assert client.post(f"{page}/approve").status_code == 303
    client.post("/sign-out")
    sign_in(client, people.school_lead)
    assert "批准界值" in client.get(page).text
    assert client.post(f"{page}/approve").status_code == 422
    client.post(f"{page}/approve-sensitive", data={"reason": "只作提示"})
    assert client.post(f"{page}/approve").status_code == 303
    assert "进行中" in client.get(page).text or "未开始" in client.get(page).text


def test_the_second_approver_finds_the_campaign_on_his_first_page(
    client: CheckedClient, people: Cast, frozen: datetime
) -> None:
    staff_duty(people)
    made = draft(people, people.counselor)
    sign_in(client, people.school_lead)
    assert "等您批准的测评" not in client.get("/start").text
    with database.writing() as session:
        actions.submit(
            session, by=actor(people.counselor), campaign=session.get_one(Campaign, made.id)
        )
    assert "等您批准的测评" in client.get("/start").text
