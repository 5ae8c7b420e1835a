"""Where two people decide, the others are told when the first one opens it: an id and a link."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from accounts.models import User
from foundation import clock, database
from foundation.outbox import OutboxMessage
from foundation.push import add_channel
from screening.campaigns import actions
from screening.models import Campaign, Case
from screening.triage import case_actions
from screening.triage.case_workflow import Event
from tests.people import Cast, actor
from tests.screening.test_campaigns import draft, staff_duty


@pytest.fixture(autouse=True)
def _now(frozen: datetime) -> None:
    """It is Monday morning."""


def reachable(*users: User) -> None:
    with database.writing() as session:
        for user in users:
            add_channel(
                session,
                by="system:tests",
                user_id=user.id,
                kind="email",
                address=f"u{user.id}@example.org",
            )


def told() -> list[str]:
    """What the messages that wait to leave lead to, and nothing else of them."""
    with database.reading() as session:
        rows = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "push.email"))
        payloads: list[dict[str, Any]] = [row.payload for row in rows]
    assert all(set(each) == {"channel", "path", "text"} for each in payloads)
    return [each["path"] for each in payloads]


def test_those_who_may_approve_a_campaign_are_told_when_it_asks_for_it(people: Cast) -> None:
    reachable(people.counselor, people.school_lead, people.secretary, people.homeroom)
    staff_duty(people)
    made = draft(people, people.counselor)
    page = f"/campaigns/{made.id}"

    def ask() -> None:
        with database.writing() as session:
            campaign = session.get_one(Campaign, made.id)
            actions.submit(session, by=actor(people.counselor), campaign=campaign)

    ask()
    assert told() == [page, page]  # school lead and League secretary, not its author
    with database.writing() as session:
        campaign = session.get_one(Campaign, made.id)
        actions.give_back(session, by=actor(people.school_lead), campaign=campaign, reason="改年级")
    ask()
    assert told() == [page] * 4


def test_the_other_person_is_told_when_one_proposes_to_end_a_grave_case(people: Cast) -> None:
    reachable(people.counselor, people.school_lead, people.homeroom)
    by = actor(people.counselor)
    with database.writing() as session:
        case = Case(
            school_id=people.school.id,
            student_id=people.lin.id,
            owner_organisation_id=people.school.id,
            duty_role="counselor",
            owner_user_id=people.counselor.id,
            due_at=clock.now(),
            created_by="system:tests",
            created_at=clock.now(),
        )
        session.add(case)
        session.flush()
        case_actions.interview(
            session, by=by, case=case, record="谈话", level=3, held_at=clock.now()
        )
        ended = case_actions.step(session, by=by, case=case, event=Event.CLEAR, reason="已复核")
        assert not ended
        page = f"/cases/{case.id}"
    assert told() == [page]
