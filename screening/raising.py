"""Raise an alert in the caller's transaction: once per ticket and rule, owned and due from birth."""

# To the triage helper: written by the taking helper so that answers can raise alerts before your
# part lands; it is yours now. Keep the signature and that a second call returns the same alert.

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import audit, clock, outbox
from schools import settings
from screening.models import Alert, AlertChange, Ticket

DUTY_ROLE = "counselor"
CRITICAL, HIGH = 3, 2


def raise_alert(
    session: Session,
    *,
    ticket: Ticket,
    rule: str,
    severity: int,
    inputs: dict[str, Any],
    origin: str = "live",
) -> Alert:
    """The alert of this rule on this ticket; made now unless it is there already."""
    before = session.scalars(
        select(Alert).where(
            Alert.ticket_id == ticket.id, Alert.rule == rule, Alert.origin == origin
        )
    ).first()
    if before is not None and (origin != "request" or before.ended_at is None):
        return before
    alert = _made(session, ticket, rule, severity, inputs, origin)
    session.add(alert)
    session.flush()
    by = f"ticket:{ticket.id}"
    session.add(
        AlertChange(
            alert_id=alert.id,
            event="raised",
            from_state=None,
            to_state=alert.state,
            detail={"rule": rule},
            by=by,
            at=alert.created_at,
        )
    )
    audit.record(
        session,
        "alert.raised",
        by=by,
        organisation_id=alert.school_id,
        subject=f"alert:{alert.id}",
        details={"severity": severity, "origin": origin},
    )
    outbox.enqueue(
        session,
        "alert.raised",
        key=f"alert.raised:{alert.id}",
        payload={"alert": alert.id},
        urgent=severity == CRITICAL,
    )
    return alert


def _made(
    session: Session,
    ticket: Ticket,
    rule: str,
    severity: int,
    inputs: dict[str, Any],
    origin: str,
) -> Alert:
    now, school = clock.now(), ticket.campaign.school_id
    return Alert(
        school_id=school,
        student_id=ticket.student_id,
        campaign_id=ticket.campaign_id,
        ticket_id=ticket.id,
        rule=rule,
        inputs=inputs,
        severity=severity,
        origin=origin,
        state="open",
        owner_organisation_id=school,
        duty_role=DUTY_ROLE,
        due_at=now + _time_for(session, school, severity),
        created_at=now,
    )


def _time_for(session: Session, school: int, severity: int) -> timedelta:
    if severity == CRITICAL:
        return timedelta(minutes=settings.value(session, school, "clock.critical_contact_min"))
    key = "clock.high_interview_h" if severity == HIGH else "clock.attention_contact_h"
    return timedelta(hours=settings.value(session, school, key))
