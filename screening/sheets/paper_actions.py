"""Typing a paper sheet: kept and watched while it is typed, one response once it is confirmed."""

from datetime import date, datetime, time

from sqlalchemy import delete
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock
from foundation.i18n import _
from foundation.problems import Refused, WrongState
from screening.campaigns import consent_actions
from screening.models import Draft, Ticket
from screening.sheets.paper_queries import Line
from screening.sheets.paper_sheets import numbered
from screening.taking import actions as taking_actions
from screening.taking import drafts_actions
from screening.taking.actions import Final
from screening.taking.drafts import Sent
from screening.taking.queries import definitions_of, drafts_of, has_drafts

PAPER = "paper"


def save(session: Session, *, by: Actor, line: Line, typed: Sent) -> bool:
    """Keep what was typed; a critical answer raises its alert now. Says whether there was one.

    With a fault in it only the critical answers are kept, as from a phone.
    """
    _check(line)
    ticket = line.ticket
    ticket.entered_by = by.ref
    saved = drafts_actions.save(
        session,
        by=by,
        ticket=ticket,
        sheet=definitions_of(ticket),
        sent=numbered(typed, drafts_of(session, ticket)),
        origin=PAPER,
    )
    _audited(session, "answers.typed", by, ticket)
    return saved.help


def discard(session: Session, *, by: Actor, line: Line) -> None:
    """It was another student's sheet: what was typed goes, an alert that it raised stays."""
    _check(line)
    session.execute(delete(Draft).where(Draft.ticket_id == line.ticket.id))
    line.ticket.entered_by = None
    _audited(session, "answers.discarded", by, line.ticket)


def confirm(
    session: Session, *, by: Actor, line: Line, answered_on: date, signed: bool
) -> taking_actions.Submitted:
    """Make the response, through the same door as a sheet from a phone; it is never changed again."""
    _check(line)
    ticket = line.ticket
    if ticket.entered_by is None or not has_drafts(session, ticket):
        raise WrongState(_("还没有录入这份答卷。"), ("save",))
    if line.asks_student:
        _agree(session, by, ticket, signed=signed)
    made = taking_actions.submit(
        session,
        by=by,
        ticket=ticket,
        final=Final(
            sent=Sent((), ()),
            confirm_blank=True,
            languages=dict.fromkeys(definitions_of(ticket), ""),
            answered_at=datetime.combine(answered_on, time(12), clock.SHANGHAI),
        ),
    )
    ticket.entered_by = by.ref
    return made


def _agree(session: Session, by: Actor, ticket: Ticket, *, signed: bool) -> None:
    if not signed:
        raise Refused(_("这名学生要本人同意。请核对答卷上有没有本人签名。"), "signed")
    consent_actions.record(
        session,
        by=by,
        campaign=ticket.campaign,
        student=ticket.student,
        party="student",
        decision="granted",
        method=PAPER,
    )


def _check(line: Line) -> None:
    if line.obstacle is not None:
        raise WrongState(_("这份答卷现在不能录入，已经录入的也不能修改。"), ())


def _audited(session: Session, event: str, by: Actor, ticket: Ticket) -> None:
    audit.record(
        session,
        event,
        by=by.ref,
        organisation_id=ticket.campaign.school_id,
        subject=f"ticket:{ticket.id}",
    )
