"""The one place that moves a 12355 ticket: table, permission, version, step, audit, clocks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission, Role
from foundation import audit, clock
from foundation.i18n import _
from foundation.problems import Forbidden, WrongState
from referrals import hotline_workflow as workflow
from referrals.actions import timing
from referrals.clocks import Kind
from referrals.hotline_workflow import Event, State
from referrals.models import Clock, HotlineStep, HotlineTicket

END_CLOCK = {
    "crisis": (Kind.CRISIS_CONTACT, "clock.crisis_contact_min"),
    "case": (Kind.CASE_REPLY, "clock.case_reply_h"),
    "consult": (Kind.CONSULT_REPLY, "clock.consult_reply_h"),
}
SIGN_KEY = {
    "crisis": "clock.crisis_accept_min",
    "case": "clock.case_accept_h",
    "consult": "clock.consult_accept_h",
}
NEXT_LOOK = timedelta(hours=24)
CLOCK = Actor.system("clock")  # ends pauses; nothing else in the table is its to do


class Changed(WrongState):
    """Somebody else was faster; `current` is the ticket as it now stands."""

    def __init__(self, current: HotlineTicket) -> None:
        """Keep the ticket for the page that shows both sides."""
        super().__init__(_("别人刚刚处理过这张工单，请看过最新的情况再操作。"))
        self.current = current


@dataclass(frozen=True)
class Said:
    """What goes with a move: a reason code, the words, and the version the person had read."""

    reason: str | None = None
    detail: Mapping[str, Any] | None = None
    version: int | None = None


def subject(ticket: HotlineTicket) -> str:
    """The name under which clocks and pages keep this ticket."""
    return f"ticket:{ticket.id}"


def move(
    session: Session, *, by: Actor, ticket: HotlineTicket, event: Event, said: Said | None = None
) -> None:
    """Take one step; raises WrongState, Forbidden, or Changed when someone was faster."""
    said = said or Said()
    take_version(session, ticket, said.version)
    before = State(ticket.state)
    row = workflow.transition(before, event)
    authorise(by, row.permission)
    ticket.state = row.to.value
    if row.to in workflow.FINAL:
        ticket.ended_at = clock.now()
        timing.stop_all(session, subject(ticket), ticket.desk_id, void=True)
    elif ticket.ended_at is not None:
        ticket.ended_at = None
    note(session, by=by, ticket=ticket, event=event.value, said=said, before=before)
    session.flush()


def note(
    session: Session,
    *,
    by: Actor,
    ticket: HotlineTicket,
    event: str,
    said: Said,
    before: State | None = None,
) -> None:
    """Write one line of history and one audit row; also for what changes no state."""
    session.add(
        HotlineStep(
            ticket_id=ticket.id,
            event=event,
            from_state=str(before or ticket.state),
            to_state=ticket.state,
            reason=said.reason,
            detail=dict(said.detail or {}),
            by=by.ref,
            at=clock.now(),
        )
    )
    audit.record(
        session,
        f"hotline.{event}",
        by=by.ref,
        organisation_id=ticket.desk_id,
        subject=subject(ticket),
        details={"to": ticket.state, "reason": said.reason},
    )


def authorise(by: Actor, permission: Permission | None) -> None:
    """Whoever may see the ticket may act on it if his role has the right at all.

    The ticket was fetched through his scope; a province operator keeps helping with what he sent
    down to a county.
    """
    if permission is None or by.ref == CLOCK.ref:
        return
    if not by.may(permission):
        raise Forbidden(_("您的角色不能做这一步。"))


def take_version(session: Session, ticket: HotlineTicket, expected: int | None) -> None:
    """Compare and swap: of two people who read the same version only one gets through."""
    read = ticket.version if expected is None else expected
    swapped = session.scalar(
        update(HotlineTicket)
        .where(HotlineTicket.id == ticket.id, HotlineTicket.version == read)
        .values(version=read + 1)
        .returning(HotlineTicket.version)
        .execution_options(synchronize_session=False)
    )
    session.refresh(ticket)
    if swapped is None:
        raise Changed(ticket)


def start_clock(session: Session, ticket: HotlineTicket) -> Clock:
    """The end-to-end clock of this kind; it begins at the first signal and no hop touches it.

    A danger that comes back after an earlier one was ended is a signal and a clock of its own.
    """
    kind, key = END_CLOCK[ticket.kind]
    at = ticket.first_signal_at if ticket.kind == "crisis" else ticket.created_at
    return timing.start(
        session,
        subject=subject(ticket),
        kind=_unused_name(session, ticket, kind) if ticket.kind == "crisis" else kind.value,
        organisation_id=ticket.intake_desk_id,
        key=key,
        at=at,
    )


def _unused_name(session: Session, ticket: HotlineTicket, kind: Kind) -> str:
    ended = session.scalars(
        select(Clock.id).where(
            Clock.subject == subject(ticket),
            Clock.kind.startswith(kind.value),
            Clock.stopped_at.is_not(None),
        )
    ).all()
    return f"{kind}.{len(ended)}" if ended else kind.value


def start_signing(session: Session, ticket: HotlineTicket) -> Clock:
    """The time in which the desk must sign for the ticket; each hop has its own."""
    hops = session.scalars(
        select(HotlineStep.id).where(
            HotlineStep.ticket_id == ticket.id, HotlineStep.event.in_(("dispatch", "assign"))
        )
    ).all()
    return timing.start(
        session,
        subject=subject(ticket),
        kind=f"{Kind.SIGN_FOR}.{len(hops)}",
        organisation_id=ticket.desk_id,
        key=SIGN_KEY[ticket.kind],
    )


def refresh_due(session: Session, ticket: HotlineTicket) -> None:
    """The next due time is that of the running clock that ends first; never nothing while open."""
    if ticket.ended_at is not None:
        ticket.due_at = None
        return
    session.flush()
    running = session.scalars(
        select(Clock.due_at)
        .where(Clock.subject == subject(ticket), Clock.stopped_at.is_(None))
        .order_by(Clock.due_at)
    ).first()
    ticket.due_at = running or _next_look()


def stop_running(
    session: Session, ticket: HotlineTicket, kind: Kind, *, void: bool = False
) -> None:
    """Stop the running clock of a kind, whichever hop or signal it belongs to."""
    running = select(Clock.kind).where(
        Clock.subject == subject(ticket),
        Clock.kind.startswith(kind.value),
        Clock.stopped_at.is_(None),
    )
    for name in session.scalars(running).all():
        timing.stop(session, subject(ticket), name, ticket.desk_id, void=void)


def own(ticket: HotlineTicket, *, desk_id: int, user_id: int | None) -> None:
    """One organisation, one role and, once claimed, one person answer for the ticket."""
    ticket.owner_organisation_id = desk_id
    ticket.owner_user_id = user_id
    ticket.duty_role = Role.OPERATOR.value


def _next_look() -> datetime:
    return clock.now() + NEXT_LOOK
