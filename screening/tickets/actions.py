"""Issue tickets, open them in a browser, close them: every step with its audit row."""

import secrets
from collections.abc import Iterable
from datetime import datetime, time, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock
from foundation.problems import WrongState
from schools import settings
from schools.calendar_queries import workday_overrides
from schools.models import Student
from schools.workdays import after_workdays
from screening.models import Campaign, Draft, Ticket, TicketDevice
from screening.tickets.queries import code_index, token_hash
from screening.tickets.rules import TicketEvent, TicketState, delay_s, new_code, next_state


def issue(
    session: Session, *, by: Actor, campaign: Campaign, students: Iterable[Student]
) -> list[Ticket]:
    """Give every student who has none yet a ticket of the campaign; the new ones are returned."""
    had = set(
        session.scalars(
            select(Ticket.student_id).where(
                Ticket.campaign_id == campaign.id, Ticket.purpose == "first"
            )
        )
    )
    made = [_ticket(campaign, student, "first") for student in students if student.id not in had]
    session.add_all(made)
    session.flush()
    audit.record(
        session,
        "tickets.issued",
        by=by.ref,
        organisation_id=campaign.school_id,
        subject=f"campaign:{campaign.id}",
        details={"count": len(made)},
    )
    return made


def _ticket(campaign: Campaign, student: Student, purpose: str) -> Ticket:
    code = new_code()
    return Ticket(
        campaign_id=campaign.id,
        student_id=student.id,
        klass_id=student.klass_id,
        purpose=purpose,
        state=TicketState.ISSUED.value,
        code=code,
        code_index=code_index(code),
        created_at=clock.now(),
    )


def offer_retest(session: Session, *, by: Actor, ticket: Ticket, student: Student) -> Ticket | None:
    """A quiet second ticket beside the first sheet, which stays; None when there is one already."""
    if ticket.purpose == "retest":
        return None
    exists = select(Ticket.id).where(
        Ticket.campaign_id == ticket.campaign_id,
        Ticket.student_id == ticket.student_id,
        Ticket.purpose == "retest",
    )
    if session.scalar(exists):
        return None
    retest = _ticket(ticket.campaign, student, "retest")
    retest.opens_at = _calm_day(session, ticket.campaign)
    session.add(retest)
    session.flush()
    _audited(session, "ticket.retest_offered", by, ticket, {"retest": retest.id})
    return retest


def _calm_day(session: Session, campaign: Campaign) -> datetime:
    """The morning of the school day on which a retest opens: not at once, in a calm setting."""
    days = settings.value(session, campaign.school_id, "retest.after_school_days")
    overrides = workday_overrides(session, campaign.school_id)
    day = after_workdays(clock.today(), int(days), overrides)
    return datetime.combine(day, time(), clock.SHANGHAI)


def open_device(session: Session, *, by: Actor, ticket: Ticket, pin_hash: str | None) -> str:
    """Let a browser in; returns the token for its cookie. A given PIN is set if there is none."""
    if ticket.pin_hash is None and pin_hash is not None:
        ticket.pin_hash = pin_hash
    ticket.failed_tries, ticket.blocked_until = 0, None
    token, now = secrets.token_urlsafe(32), clock.now()
    session.add(
        TicketDevice(ticket_id=ticket.id, token_hash=token_hash(token), opened_at=now, seen_at=now)
    )
    _audited(session, "ticket.opened", by, ticket)
    return token


def wrong_try(session: Session, *, by: Actor, ticket: Ticket) -> int:
    """Count a wrong check or PIN; returns the seconds to wait. The ticket is never locked."""
    ticket.failed_tries += 1
    wait = delay_s(ticket.failed_tries)
    ticket.blocked_until = clock.now() + timedelta(seconds=wait) if wait else None
    _audited(session, "ticket.wrong_try", by, ticket, {"tries": ticket.failed_tries})
    return wait


def set_pin(session: Session, *, by: Actor, ticket: Ticket, pin_hash: str) -> None:
    """Set the PIN of a ticket that has none.

    Raises:
        WrongState: it has one already.

    """
    if ticket.pin_hash is not None:
        raise WrongState("pin")
    ticket.pin_hash = pin_hash
    _audited(session, "ticket.pin_set", by, ticket)


def reset_pin(session: Session, *, by: Actor, ticket: Ticket) -> None:
    """Forget a PIN at the student's request: his other browsers are closed, the check opens again."""
    ticket.pin_hash, ticket.failed_tries, ticket.blocked_until = None, 0, None
    close_devices(session, ticket)
    _audited(session, "ticket.pin_reset", by, ticket)


def close_devices(session: Session, ticket: Ticket) -> None:
    """End every browser's access to the ticket."""
    session.execute(
        update(TicketDevice)
        .where(TicketDevice.ticket_id == ticket.id, TicketDevice.closed_at.is_(None))
        .values(closed_at=clock.now())
    )


def void(session: Session, *, by: Actor, ticket: Ticket) -> None:
    """Withdraw a ticket that must not be used any more (moved away, issued by mistake)."""
    ticket.state = next_state(ticket.state, TicketEvent.VOID).value
    close_devices(session, ticket)
    session.query(Draft).filter(Draft.ticket_id == ticket.id).delete()
    _audited(session, "ticket.voided", by, ticket)


def _audited(
    session: Session,
    event: str,
    by: Actor,
    ticket: Ticket,
    details: dict[str, object] | None = None,
) -> None:
    audit.record(
        session,
        event,
        by=by.ref,
        organisation_id=ticket.campaign.school_id,
        subject=f"ticket:{ticket.id}",
        details=details,
    )
