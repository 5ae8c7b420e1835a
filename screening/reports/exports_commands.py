"""What the commands print of campaigns, tickets and alerts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from schools.models import Grade, Klass, Organisation, Student
from screening.models import Alert, Campaign, Ticket
from screening.reports import exports
from screening.tickets.rules import expected_checks


def campaigns(session: Session) -> list[dict[str, Any]]:
    """Every campaign with its school and how many tickets are done."""
    counts = {
        campaign_id: (issued, done)
        for campaign_id, issued, done in session.execute(
            select(
                Ticket.campaign_id,
                func.count(),
                func.count(Ticket.submitted_at),
            )
            .where(Ticket.purpose == "first")
            .group_by(Ticket.campaign_id)
        )
    }
    rows = session.scalars(select(Campaign).order_by(Campaign.id)).all()
    return [_campaign(row, *counts.get(row.id, (0, 0))) for row in rows]


def _campaign(row: Campaign, issued: int, done: int) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "school": row.school.name,
        "school_code": row.school.code,
        "state": row.state,
        "origin": row.origin,
        "opens_at": row.opens_at.isoformat(),
        "closes_at": row.closes_at.isoformat(),
        "instruments": [each["key"] for each in row.instruments],
        "tickets": issued,
        "submitted": done,
    }


def tickets(
    session: Session,
    *,
    by: Actor,
    name: str,
    school: str | None,
    limit: int | None,
    reason: str,
) -> list[Sequence[object]] | None:
    """Codes that still open something, with what the first use asks for; None without a campaign."""
    chosen = select(Campaign).where(Campaign.name == name)
    if school:
        chosen = chosen.join(Organisation, Organisation.id == Campaign.school_id).where(
            Organisation.code == school
        )
    found = session.scalars(chosen).all()
    if not found:
        return None
    rows = session.execute(
        select(Ticket, Student, Organisation.name, Grade.name, Klass.name)
        .join(Student, Student.id == Ticket.student_id)
        .join(Klass, Klass.id == Ticket.klass_id)
        .join(Grade, Grade.id == Klass.grade_id)
        .join(Organisation, Organisation.id == Student.school_id)
        .where(
            Ticket.campaign_id.in_([each.id for each in found]),
            Ticket.state.in_(("issued", "started")),
        )
        .order_by(Ticket.id)
        .limit(limit)
    ).all()
    for each in found:
        count = sum(row[0].campaign_id == each.id for row in rows)
        _logged(session, by, each, reason, count)
    return [_line(*row) for row in rows]


def _line(
    ticket: Ticket, student: Student, school: str, grade: str, klass: str
) -> Sequence[object]:
    checks = expected_checks(student.student_number, student.birth_date)
    check = checks[0] if checks else ""
    return (ticket.code, check, school, f"{grade}{klass}", student.student_number)


def _logged(session: Session, by: Actor, campaign: Campaign, reason: str, count: int) -> None:
    exports.record(
        session,
        by=by,
        organisation_id=campaign.school_id,
        kind="tickets",
        file_format="csv",
        rows=count,
        reason=reason,
        campaign_id=campaign.id,
    )


def alerts(session: Session, name: str | None) -> list[dict[str, Any]]:
    """Alerts without names, the oldest first."""
    chosen = select(Alert).order_by(Alert.id)
    if name is not None:
        chosen = chosen.join(Campaign, Campaign.id == Alert.campaign_id).where(
            Campaign.name == name
        )
    return [
        {
            "id": row.id,
            "ticket": row.ticket_id,
            "rule": row.rule,
            "severity": row.severity,
            "created_at": row.created_at.isoformat(),
            "state": row.state,
        }
        for row in session.scalars(chosen)
    ]
