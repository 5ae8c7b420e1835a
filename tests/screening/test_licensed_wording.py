"""A school's own licensed text: its end stops a new campaign, never one under way or a result."""

from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select

from foundation import clock
from foundation.database import reading, writing
from screening.campaigns.queries import plan_of
from screening.models import Campaign, Response, Score, Ticket, WordingLicence
from screening.taking.queries import parts_of
from tests.instruments.test_wording import licensed
from tests.screening.taking_room import Browser, Room, room


def with_licence(until: datetime, version: str = "1.0.0", items: int = 7) -> Room:
    """A class that takes the ISI in the words of its school's licence."""
    found = room(instruments=["isi"], closes_at=clock.now() + timedelta(days=7))
    with writing() as session:
        session.add(
            WordingLicence(
                organisation_id=found.campaign.school_id,
                key="isi",
                version=version,
                language="zh-Hans",
                holder="版权方",
                number="L-1",
                expires_on=clock.local(until).date(),
                document=licensed(items=items).decode(),
                imported_by="system:tests",
                imported_at=clock.now(),
            )
        )
    return found


def shown(ticket: Ticket) -> list[str]:
    """The scales whose text the student sees."""
    with reading() as session:
        parts = parts_of(session, session.get_one(Ticket, ticket.id), "zh")
        return [part.wording.item(1).text for part in parts]


def test_a_running_campaign_goes_on_after_the_licence_has_ended(
    app: Flask, frozen: datetime
) -> None:
    class_room = with_licence(frozen)
    with clock.frozen(frozen + timedelta(days=2)):
        assert shown(class_room.tickets[0]) == ["题目1"]
        browser = Browser(app.test_client()).first(class_room)
        page = browser.client.get(browser.page).get_data(as_text=True)
        assert "题目7" in page
        answers = {"isi": {str(n): {"v": 2, "seq": 1} for n in range(1, 8)}}
        sent = browser.client.post(
            f"{browser.page}/submit", json={"idempotency_key": "k", "answers": answers}
        )
        assert sent.status_code == 200
    with clock.frozen(frozen + timedelta(days=400)), reading() as session:
        assert session.scalars(select(Response)).one().answers["isi"]["7"] == 2
        assert session.scalars(select(Score)).one().result["scores"]["total"] == 14


def test_a_campaign_that_opens_after_the_end_has_no_text(app: Flask, frozen: datetime) -> None:
    class_room = with_licence(frozen - timedelta(days=1))
    assert shown(class_room.tickets[0]) == []


def test_a_text_brought_for_an_earlier_version_is_used_while_the_form_is_the_same(
    app: Flask, frozen: datetime
) -> None:
    class_room = with_licence(frozen, version="0.9.0")
    assert shown(class_room.tickets[0]) == ["题目1"]


def test_a_text_of_another_form_is_not_shown_and_not_counted(app: Flask, frozen: datetime) -> None:
    class_room = with_licence(frozen, version="0.9.0", items=6)
    assert shown(class_room.tickets[0]) == []
    with reading() as session:
        plan = plan_of(session, session.get_one(Campaign, class_room.campaign.id))
    assert list(plan.unusable) == ["isi"]
