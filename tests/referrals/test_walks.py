"""Random walks through the tables with real actions: what must hold holds after every step."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from accounts.policy import Actor
from foundation import clock, database
from foundation.problems import Problem
from referrals import hotline_workflow, workflow
from referrals.actions import handling, hospital, preparing, sending, tickets
from referrals.actions.case_steps import Return
from referrals.actions.ticket_moves import move
from referrals.letter import fingerprint
from referrals.models import Clock, HotlineTicket, Referral
from schools.models import Organisation
from tests.people import actor
from tests.referrals.calls import opened, second_desk
from tests.referrals.test_hospital_referral import SLIP, drafted

STEPS = 14


def ticket_verbs(world: Any, desk_id: int) -> list[Callable[[Any, Actor, HotlineTicket], Any]]:
    def to(desk: int) -> Callable[[Any, Actor, HotlineTicket], Any]:
        return lambda s, by, t: tickets.dispatch(
            s, by=by, ticket=t, desk=s.get_one(Organisation, desk), reason="属地"
        )

    return [
        lambda s, by, t: tickets.triage(s, by=by, ticket=t, kind="case", category="psych", risk=1),
        to(desk_id),
        to(world.people.desk.id),
        lambda s, by, t: tickets.accept(s, by=by, ticket=t),
        lambda s, by, t: tickets.send_back(s, by=by, ticket=t, grounds="不在辖区"),
        lambda s, by, t: handling.contact(s, by=by, ticket=t, whom="child", text=""),
        lambda s, by, t: handling.wait(s, by=by, ticket=t, code="awaiting_caller", hours=3),
        lambda s, by, t: handling.resume(s, by=by, ticket=t),
        lambda s, by, t: handling.handle(s, by=by, ticket=t),
        lambda s, by, t: handling.reply(s, by=by, ticket=t, text="好", result="solved"),
        lambda s, by, t: handling.rate(s, by=by, ticket=t, rating=2, solved=False, comment=""),
        lambda s, by, t: handling.redo(s, by=by, ticket=t, reason="重办"),
        lambda s, by, t: handling.close(s, by=by, ticket=t),
        lambda s, by, t: handling.offer_transfer(s, by=by, ticket=t, receiver="110", text="地址"),
        lambda s, by, t: handling.transfer_receipt(s, by=by, ticket=t, receipt="7"),
        lambda s, by, t: handling.take_back(s, by=by, ticket=t, reason="未接"),
        lambda s, by, t: tickets.escalate(s, by=by, ticket=t, reason="危险"),
        lambda s, by, t: handling.ask_stand_down(s, by=by, ticket=t, safe_adult="母亲", text="安"),
        lambda s, by, t: handling.stand_down(s, by=by, ticket=t),
        lambda s, by, t: handling.followed_up(s, by=by, ticket=t, text="平稳"),
        lambda s, by, t: handling.reopen(s, by=by, ticket=t, reason="再来电"),
        lambda s, by, t: move(s, by=by, ticket=t, event=hotline_workflow.Event.RESUME),
    ]


def tried(act: Callable[[Any], Any]) -> None:
    """Do it or be refused; a refusal leaves nothing behind."""
    try:
        with database.writing() as session:
            act(session)
    except Problem:
        return


@pytest.mark.parametrize("seed", range(12))
def test_a_ticket_is_never_without_a_desk_a_role_and_a_time(world, seed):
    chance, desk_id = random.Random(seed), second_desk(world)
    people = [actor(world.people.operator), actor(world.people.supervisor)]
    verbs = ticket_verbs(world, desk_id)
    ticket_id = opened(world, kind=chance.choice(["case", "consult", "crisis"]))
    crisis_due: dict[str, Any] = {}
    for step in range(STEPS * 3):
        verb, by = chance.choice(verbs), chance.choice(people)
        with clock.frozen(clock.now() + step * timedelta(minutes=7)):
            tried(lambda s: verb(s, by, s.get_one(HotlineTicket, ticket_id)))  # noqa: B023
        with database.reading() as session:
            found = session.get_one(HotlineTicket, ticket_id)
            ended = hotline_workflow.State(found.state) in hotline_workflow.FINAL
            assert ended == (found.ended_at is not None)
            assert found.owner_organisation_id == found.desk_id
            assert found.duty_role in ("operator", "supervisor")
            assert ended or found.due_at is not None
            assert not (found.kind == "crisis" and found.state == "waiting")
            crisis = select(Clock).where(Clock.kind.startswith("crisis_contact"))
            for row in session.scalars(crisis):
                assert crisis_due.setdefault(row.kind, row.due_at) == row.due_at


def send(session: Any, by: Actor, referral: Referral) -> None:
    previewed = fingerprint(preparing.content_of(session, referral))
    sending.send(session, by=by, referral=referral, previewed=previewed)


def referral_verbs(world: Any) -> list[Callable[[Any, Actor, Referral], Any]]:
    answers = {"guardians": {str(world.mother_id): "granted"}, "student": "granted"}
    answers |= {"basis": "", "attempts": 1}
    simple = [
        hospital.receive,
        hospital.accept,
        hospital.arrive,
        hospital.see,
        hospital.no_show,
        hospital.confirm_cancel,
    ]
    return [
        *[(lambda s, by, r, verb=verb: verb(s, by=by, referral=r)) for verb in simple],
        lambda s, by, r: preparing.record_answers(s, by=by, referral=r, answers=answers),
        send,
        lambda s, by, r: hospital.ask_info(s, by=by, referral=r, question="？"),
        lambda s, by, r: hospital.answer_info(s, by=by, referral=r, answer="。"),
        lambda s, by, r: hospital.decline(s, by=by, referral=r, reason="no_bed"),
        lambda s, by, r: hospital.schedule(
            s, by=by, referral=r, at=clock.now() + timedelta(hours=5), department="儿少科"
        ),
        lambda s, by, r: hospital.confirm(s, by=by, referral=r, plan=Return("慢慢来", "多关心")),
        lambda s, by, r: hospital.reply(s, by=by, referral=r, slip=SLIP),
        lambda s, by, r: sending.cancel(s, by=by, referral=r, reason="另作安排"),
        lambda s, by, r: sending.redirect(
            s, by=by, referral=r, hospital_id=world.second_hospital.id
        ),
    ]


@pytest.mark.parametrize("seed", range(12))
def test_a_referral_is_never_without_somebody_who_acts_next(world, seed):
    chance = random.Random(seed)
    people = [actor(world.people.counselor), actor(world.people.hospital_contact)]
    verbs = referral_verbs(world)
    referral_id = drafted(world, urgency=chance.choice(["routine", "urgent"]))
    for step in range(STEPS * 4):
        verb, by = chance.choice(verbs), chance.choice(people)
        with clock.frozen(clock.now() + step * timedelta(minutes=7)):
            tried(lambda s: verb(s, by, s.get_one(Referral, referral_id)))  # noqa: B023
        with database.reading() as session:
            for row in session.scalars(select(Referral)):
                ended = workflow.State(row.state) in workflow.FINAL
                assert ended == (row.ended_at is not None)
                assert ended or row.due_at is not None
                assert row.owner_organisation_id in (row.school_id, row.hospital_id)
                assert row.duty_role
                before = workflow.State(row.state) not in workflow.ADDRESSED
                assert not (before and row.sent_at is not None)
