"""Students who are asked for a quiet second sheet, and when it opens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from schools.models import Klass, Student
from screening.models import Campaign, Response, Ticket


@dataclass(frozen=True)
class Retest:
    """A second ticket with the reasons of the first sheet, which stays as it is."""

    ticket: Ticket
    student: Student
    klass: Klass
    reasons: Sequence[dict[str, Any]]


def retests_of(session: Session, campaign: Campaign) -> list[Retest]:
    """All of a campaign, the one that opens first on top."""
    first = aliased(Ticket)
    rows = session.execute(
        select(Ticket, Student, Klass, Response.quality)
        .join(Student, Student.id == Ticket.student_id)
        .join(Klass, Klass.id == Student.klass_id)
        .join(
            first,
            (first.campaign_id == Ticket.campaign_id)
            & (first.student_id == Ticket.student_id)
            & (first.purpose == "first"),
        )
        .outerjoin(Response, Response.ticket_id == first.id)
        .where(Ticket.campaign_id == campaign.id, Ticket.purpose == "retest")
        .order_by(Ticket.opens_at, Student.student_number, Student.id)
    )
    return [
        Retest(ticket, student, klass, quality or ()) for ticket, student, klass, quality in rows
    ]
