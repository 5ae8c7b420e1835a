"""A 12355 ticket from the call to its desk: opening, triage, dispatch, claiming, returning."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission
from foundation import clock
from foundation.i18n import _
from foundation.problems import Forbidden, Refused
from referrals import hotline_workflow as workflow
from referrals.actions import timing
from referrals.actions.moving import Said
from referrals.actions.notices import tell_desk
from referrals.actions.paging import acknowledge, page_step
from referrals.actions.ticket_moves import (
    END_CLOCK,
    move,
    note,
    own,
    refresh_due,
    start_clock,
    start_signing,
    start_triage,
    stop_running,
    subject,
)
from referrals.clocks import Kind
from referrals.hotline_workflow import Event, State
from referrals.models import HotlineTicket
from schools import settings
from schools.models import Organisation, OrganisationKind

KINDS = ("consult", "case", "crisis")
CATEGORIES = (
    "psych",
    "legal_rights",
    "hardship",
    "schooling",
    "career",
    "safety_abuse",
    "bullying",
    "league_affairs",
    "other",
)
CRISIS_RISK = 3


def open_ticket(
    session: Session, *, by: Actor, desk: Organisation, facts: Mapping[str, Any]
) -> HotlineTicket:
    """Write down who calls for what; a crisis pages the duty chain in the same transaction.

    `facts`: channel, kind, risk, category, caller_type, caller_name, anonymous, call_back, summary,
    wish, location, consent_to_hand_on, and optionally case_id, referral_id, foreign_number.
    """
    if desk.kind != OrganisationKind.DESK.value:
        raise Refused(_("请选择一个服务台。"), "desk")
    moment = clock.now()
    crisis = facts["kind"] == "crisis"
    ticket = HotlineTicket(
        **{k: facts.get(k) for k in FIELDS},
        number="",
        desk_id=desk.id,
        intake_desk_id=desk.id,
        risk=CRISIS_RISK if crisis else int(facts.get("risk") or 0),
        anonymous=bool(facts.get("anonymous")),
        consent_to_hand_on=bool(facts.get("consent_to_hand_on")),
        state=State.NEW.value,
        owner_organisation_id=desk.id,
        duty_role="operator",
        owner_user_id=by.user_id if by.may(Permission.HOTLINE_WORK) else None,
        due_at=moment,
        first_signal_at=moment,
        created_by=by.ref,
        created_at=moment,
    )
    ticket.number = f"new-{by.ref[:12]}-{moment.timestamp():.0f}"[:24]
    session.add(ticket)
    session.flush()
    ticket.number = f"GD{clock.local(moment):%Y%m%d}-{ticket.id:06d}"
    ticket.desk = desk
    note(session, by=by, ticket=ticket, event="open", said=Said(detail={"channel": ticket.channel}))
    start_clock(session, ticket)
    if crisis:
        start_triage(session, ticket)
        page_step(session, ticket)
    refresh_due(session, ticket)
    tell_desk(session, ticket)
    return ticket


FIELDS = (
    "channel",
    "kind",
    "category",
    "caller_type",
    "caller_name",
    "call_back",
    "summary",
    "wish",
    "location",
    "case_id",
    "referral_id",
    "foreign_number",
)


def triage(
    session: Session,
    *,
    by: Actor,
    ticket: HotlineTicket,
    kind: str,
    category: str,
    risk: int,
    version: int | None = None,
) -> None:
    """Set kind, category and risk; a crisis is never made smaller here."""
    if ticket.kind == "crisis" and kind != "crisis":
        raise Refused(_("危机只能由两个人确认后解除，不能在分类时降级。"), "kind")
    if category not in CATEGORIES or kind not in KINDS:
        raise Refused(_("请选择类别。"), "category")
    said = Said(detail={"kind": kind, "category": category, "risk": risk}, version=version)
    move(session, by=by, ticket=ticket, event=Event.TRIAGE, said=said)
    stop_running(session, ticket, Kind.TRIAGE)
    ticket.category, ticket.risk = category, CRISIS_RISK if kind == "crisis" else risk
    _set_kind(session, ticket, kind)
    refresh_due(session, ticket)


def _set_kind(session: Session, ticket: HotlineTicket, kind: str) -> None:
    """Another kind has another clock, begun when the ticket was: spent time is not given back."""
    if kind == ticket.kind:
        return
    old, _key = END_CLOCK[ticket.kind]
    stop_running(session, ticket, old, void=True)
    ticket.kind = kind
    if kind == "crisis":
        raise_alarm(session, ticket)
    else:
        start_clock(session, ticket)


def raise_alarm(session: Session, ticket: HotlineTicket) -> None:
    """A new signal of danger: its own clock, the whole ladder, and contact to be made now."""
    ticket.risk, ticket.first_signal_at, ticket.ladder_step = CRISIS_RISK, clock.now(), -1
    ticket.contacted_at = ticket.acknowledged_at = ticket.stand_down_by = None
    start_clock(session, ticket)
    start_triage(session, ticket)
    page_step(session, ticket)


def escalate(
    session: Session, *, by: Actor, ticket: HotlineTicket, reason: str, version: int | None = None
) -> None:
    """Danger is heard: from now on this is a crisis, whatever it was before."""
    if ticket.kind == "crisis" and ticket.state != State.STOOD_DOWN.value:
        raise Refused(_("这张工单已经是危机工单。"))
    said = Said(detail={"text": reason}, version=version)
    move(session, by=by, ticket=ticket, event=Event.ESCALATE, said=said)
    if ticket.kind == "crisis":
        raise_alarm(session, ticket)
    else:
        _set_kind(session, ticket, "crisis")
    refresh_due(session, ticket)


def dispatch(
    session: Session,
    *,
    by: Actor,
    ticket: HotlineTicket,
    desk: Organisation,
    reason: str = "",
    version: int | None = None,
) -> None:
    """Send the ticket to another desk; the end-to-end clock goes on, the hop gets its own.

    Who arbitrates may also decide that the desk which has it now keeps it.
    """
    event = Event.ASSIGN if ticket.state == State.ARBITRATION.value else Event.DISPATCH
    here = desk.id == ticket.desk_id and event is Event.DISPATCH
    if desk.kind != OrganisationKind.DESK.value or here:
        raise Refused(_("请选择另一个服务台。"), "desk")
    if State(ticket.state) is State.DISPATCHED and not reason:
        raise Refused(_("改派要写明理由。"), "reason")
    said = Said(detail={"desk": desk.id, "text": reason}, version=version)
    move(session, by=by, ticket=ticket, event=event, said=said)
    stop_running(session, ticket, Kind.SIGN_FOR)
    ticket.desk_id = desk.id
    ticket.desk = desk
    own(ticket, desk_id=desk.id, user_id=None)
    session.flush()
    start_signing(session, ticket)
    refresh_due(session, ticket)
    tell_desk(session, ticket)


def is_at_desk(by: Actor, ticket: HotlineTicket) -> bool:
    """Whether he works at the desk that now has the ticket: accepting and returning are its own."""
    return ticket.desk_id in by.organisations(Permission.HOTLINE_WORK)


def accept(
    session: Session, *, by: Actor, ticket: HotlineTicket, version: int | None = None
) -> None:
    """Claim the ticket: of two operators one gets it, the other is told who."""
    if not is_at_desk(by, ticket):
        raise Forbidden(_("工单在另一个服务台，只有那里的接线员可以接单。"))
    move(session, by=by, ticket=ticket, event=Event.ACCEPT, said=Said(version=version))
    stop_running(session, ticket, Kind.SIGN_FOR)
    own(ticket, desk_id=ticket.desk_id, user_id=by.user_id)
    if ticket.kind == "crisis" and ticket.contacted_at is None:
        acknowledge(session, by=by, ticket=ticket)
    refresh_due(session, ticket)


def return_by(session: Session, ticket: HotlineTicket) -> datetime | None:
    """Until when a desk may simply return a ticket: within the first part of the caller's time.

    Whoever notices later leaves the decision to the superior; None when no time runs.
    """
    rows = timing.running(session, subject(ticket), END_CLOCK[ticket.kind][0])
    if not rows:
        return None
    row = rows[0]
    share = settings.value(session, ticket.intake_desk_id, "ticket.return_share")
    return row.started_at + (row.due_at - row.started_at) * float(share)


def is_late_to_return(session: Session, ticket: HotlineTicket) -> bool:
    """Whether the time in which the ticket may simply be returned has passed."""
    until = return_by(session, ticket)
    return until is not None and clock.now() > until


def send_back(
    session: Session,
    *,
    by: Actor,
    ticket: HotlineTicket,
    grounds: str,
    suggested: Organisation | None = None,
    version: int | None = None,
) -> None:
    """Return once with grounds and who should have it; the second time the superior decides.

    So it does when a return comes late: the caller does not wait for a ticket that wanders.
    """
    if not is_at_desk(by, ticket):
        raise Forbidden(_("工单在另一个服务台，只有那里的接线员可以退单。"))
    event = workflow.return_event(
        ticket.returns, arbitrated=ticket.returns > 1, late=is_late_to_return(session, ticket)
    )
    detail: dict[str, Any] = {"text": grounds}
    if suggested is not None:
        detail |= {"desk": suggested.id, "suggested": suggested.name}
    said = Said(reason="not_ours", detail=detail, version=version)
    move(session, by=by, ticket=ticket, event=event, said=said)
    ticket.returns += 1
    stop_running(session, ticket, Kind.SIGN_FOR)
    # The dispatcher answers for it until another desk has it: no ticket is ever without a desk.
    desk = session.get_one(Organisation, ticket.intake_desk_id)
    ticket.desk_id, ticket.desk = desk.id, desk
    own(ticket, desk_id=desk.id, user_id=None)
    if event is Event.RETURN_AGAIN:
        ticket.duty_role = "supervisor"
    refresh_due(session, ticket)
    tell_desk(session, ticket)
