"""Compares what clients were told with what the database holds."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation import database
from screening.models import Alert, Draft, Response, Score, Ticket
from tests.faults.clients import Answers

CRITICAL = ("phq-9", "9")


def lost(answers: dict[int, Answers], receipts: dict[int, str]) -> list[str]:
    """Every acknowledgement that the database does not bear out, in words."""
    with database.reading() as session:
        responses = {each.ticket_id: each for each in session.scalars(select(Response))}
        return [
            *_lost_receipts(receipts, responses),
            *_lost_answers(session, answers, responses),
            *_lost_alerts(session, answers),
            *_partial(session, responses),
        ]


def _lost_receipts(receipts: dict[int, str], responses: dict[int, Response]) -> Iterator[str]:
    for ticket_id, receipt in receipts.items():
        found = responses.get(ticket_id)
        if found is None or found.receipt != receipt:
            yield f"ticket {ticket_id}: receipt {receipt} is not in the database"


def _lost_answers(
    session: Session, answers: dict[int, Answers], responses: dict[int, Response]
) -> Iterator[str]:
    drafts: dict[tuple[int, str, str], str | None] = {
        (each.ticket_id, each.instrument, each.item): each.value
        for each in session.scalars(select(Draft))
    }
    for ticket_id, key, item, value in _told(answers):
        if ticket_id in responses:
            kept = responses[ticket_id].answers.get(key, {}).get(item)
            same = kept == value
        else:
            same = drafts.get((ticket_id, key, item)) == repr(value)
        if not same:
            yield f"ticket {ticket_id}: answer {key}.{item} is not in the database"


def _lost_alerts(session: Session, answers: dict[int, Answers]) -> Iterator[str]:
    raised = set(session.scalars(select(Alert.ticket_id)))
    for ticket_id, key, item, value in _told(answers):
        if (key, item) == CRITICAL and value and ticket_id not in raised:
            yield f"ticket {ticket_id}: a critical answer without an alert"


def _told(answers: dict[int, Answers]) -> Iterator[tuple[int, str, str, Any]]:
    for ticket_id, sheet in answers.items():
        for key, items in sheet.items():
            for item, answer in items.items():
                yield ticket_id, key, item, answer["v"]


def _partial(session: Session, responses: dict[int, Response]) -> Iterator[str]:
    submitted = set(session.scalars(select(Ticket.id).where(Ticket.state == "submitted")))
    if submitted != set(responses):
        yield f"submitted tickets and responses differ: {submitted ^ set(responses)}"
    counts = dict(
        session.execute(select(Score.response_id, func.count()).group_by(Score.response_id)).all()
    )
    for response in responses.values():
        if not response.scoring_pending and counts.get(response.id, 0) != len(response.instruments):
            yield f"response {response.id}: {counts.get(response.id, 0)} scores"
