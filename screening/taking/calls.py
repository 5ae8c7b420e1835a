"""A student calls for a person from the middle of a sheet."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock, push
from screening.models import Alert, AlertChange, AlertReach, Sitting, Ticket
from screening.triage.raising import ASK, raise_alert

MOST_SEVERE = 3
INVIGILATOR = "invigilator"


def ask_for_teacher(
    session: Session, *, by: Actor, ticket: Ticket, place: str, tell_invigilator: bool
) -> Alert:
    """A call for a person: an urgent alert; asking again while it is open is noted on it."""
    wish = {"place": place[:60], "tell_invigilator": tell_invigilator}
    open_one = session.scalars(
        select(Alert).where(
            Alert.ticket_id == ticket.id, Alert.rule == ASK, Alert.ended_at.is_(None)
        )
    ).first()
    if open_one is None:
        found = raise_alert(
            session, ticket=ticket, rule=ASK, severity=MOST_SEVERE, inputs=wish, origin="request"
        )
    else:
        found = open_one
        session.add(
            AlertChange(
                alert_id=found.id,
                event="asked_again",
                from_state=found.state,
                to_state=found.state,
                detail=wish,
                by=by.ref,
                at=clock.now(),
            )
        )
    if tell_invigilator:
        _tell_invigilator(session, found, ticket)
    audit.record(
        session,
        "help.asked",
        by=by.ref,
        organisation_id=ticket.campaign.school_id,
        subject=f"ticket:{ticket.id}",
        details={"alert": found.id},
    )
    return found


def _tell_invigilator(session: Session, alert: Alert, ticket: Ticket) -> None:
    """Quietly tell whoever is in the room now; the push names nobody."""
    now = clock.now()
    person = session.scalar(
        select(Sitting.invigilator_id).where(
            Sitting.campaign_id == ticket.campaign_id,
            Sitting.klass_id == ticket.klass_id,
            Sitting.starts_at <= now,
            Sitting.ends_at >= now,
            Sitting.closed_at.is_(None),
            Sitting.invigilator_id.is_not(None),
        )
    )
    known = select(AlertReach.id).where(
        AlertReach.alert_id == alert.id,
        AlertReach.user_id == person,
        AlertReach.as_role == INVIGILATOR,
    )
    if person is None or session.scalar(known) is not None:
        return
    session.add(AlertReach(alert_id=alert.id, user_id=person, as_role=INVIGILATOR, reached_at=now))
    push.notify(
        session,
        user_ids=[person],
        key=f"help.asked:{alert.id}",
        text_key="help",
        path="/calls",
        urgent=True,
    )
