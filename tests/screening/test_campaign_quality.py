"""When a campaign is over, sheets that fit nobody else's are looked at once more."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.policy import Actor
from foundation import clock, jobs, outbox
from foundation.database import reading, writing
from instruments.library import catalogue
from instruments.quality.policy import Index
from screening.models import Alert, Campaign, Response, Ticket
from screening.taking.quality_actions import assess, look
from tests.instruments.test_campaign_quality import with_random_ones
from tests.screening.taking_room import Room, room

BY = Actor.system("tests")
FORM = "mssmhs"
FAST = [{"index": Index.TIME_PER_ITEM.value, "value": 0.8, "limit": 2.0}]


@pytest.fixture
def over(app: Flask, frozen: datetime) -> Room:
    """A campaign of 130 sheets, the first three of them filled in at random."""
    here = room(130, instruments=[FORM])
    sheets = with_random_ones(catalogue.get(FORM))
    sheets = sheets[:3] + sheets[-127:]
    with writing() as session:
        for place, (ticket, answers) in enumerate(zip(here.tickets, sheets, strict=True)):
            kept = session.get_one(Ticket, ticket.id)
            kept.state, kept.started_at, kept.submitted_at = "submitted", frozen, frozen
            # 0: too fast as well; 1: only at random; 2: at random and a paper sheet; 3: only fast
            session.add(
                Response(
                    ticket_id=kept.id,
                    campaign_id=kept.campaign_id,
                    student_id=kept.student_id,
                    answers={FORM: answers},
                    instruments=[{"key": FORM, "version": "1.0.0", "checksum": "", "language": ""}],
                    origin="paper" if place == 2 else "online",
                    answered_at=frozen,
                    submitted_at=frozen,
                    receipt=f"R{place}",
                    recorded_by="system:tests",
                    quality=FAST if place in {0, 3} else [],
                    careless=False,
                    any_critical=place == 0,
                )
            )
    return here


def sheets_of(here: Room) -> list[Response]:
    with reading() as session:
        rows = select(Response).where(Response.campaign_id == here.campaign.id)
        return list(session.scalars(rows.order_by(Response.id)))


def retests(here: Room) -> list[int]:
    with reading() as session:
        wanted = select(Ticket.student_id).where(
            Ticket.campaign_id == here.campaign.id, Ticket.purpose == "retest"
        )
        return list(session.scalars(wanted))


def assessed(here: Room) -> int:
    with reading() as session:
        seen = look(session, here.campaign.id)
    with writing() as session:
        campaign = session.get_one(Campaign, here.campaign.id)
        return assess(session, by=BY, campaign=campaign, seen=seen)


def test_only_two_independent_witnesses_ask_for_a_second_sheet(over: Room) -> None:
    assert assessed(over) == 1
    first, random, paper, fast = sheets_of(over)[:4]
    assert [each.careless for each in (first, random, paper, fast)] == [True, False, False, False]
    assert retests(over) == [first.student_id]
    kinds = {each["index"] for each in first.quality}
    assert Index.TIME_PER_ITEM in kinds
    assert kinds & {Index.PERSON_TOTAL, Index.EVEN_ODD, Index.GUTTMAN, Index.MAHALANOBIS}
    assert random.quality
    assert fast.quality == FAST


def test_a_second_look_asks_nobody_twice(over: Room) -> None:
    assessed(over)
    before = [(each.careless, each.quality) for each in sheets_of(over)]
    assert assessed(over) == 0
    assert [(each.careless, each.quality) for each in sheets_of(over)] == before
    assert len(retests(over)) == 1


def test_a_critical_answer_keeps_its_mark_and_its_alert(over: Room) -> None:
    with reading() as session:
        before = [(a.id, a.severity, a.state) for a in session.scalars(select(Alert))]
    assessed(over)
    assert sheets_of(over)[0].any_critical
    with reading() as session:
        assert [(a.id, a.severity, a.state) for a in session.scalars(select(Alert))] == before


def test_the_worker_looks_once_the_window_is_over(over: Room, frozen: datetime) -> None:
    job = jobs.JOBS["screening.campaign_quality"]
    job.run()
    outbox.drain()
    assert retests(over) == []
    with clock.frozen(frozen + timedelta(hours=5)):
        job.run()
        outbox.drain()
        assert len(retests(over)) == 1
        job.run()
        assert outbox.drain() == 0
