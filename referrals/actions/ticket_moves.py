"""The one place that moves a 12355 ticket: table, permission, version, step, audit, clocks."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission, Role
from foundation import clock
from foundation.i18n import _
from foundation.problems import Forbidden, WrongState
from referrals import hotline_workflow as workflow
from referrals.actions import timing
from referrals.actions.moving import CLOCK, Said, take_version, written
from referrals.clocks import Basis, Kind
from referrals.hotline_workflow import Event, State
from referrals.models import Clock, HotlineStep, HotlineTicket
from schools import settings

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


class Changed(WrongState):
    """Somebody else was faster; `current` is the ticket as it now stands."""

    def __init__(self, current: HotlineTicket) -> None:
        """Keep the ticket for the page that shows both sides."""
        super().__init__(_("别人刚刚处理过这张工单，请看过最新的情况再操作。"))
        self.current = current


def subject(ticket: HotlineTicket) -> str:
    """The name under which clocks and pages keep this ticket."""
    return f"ticket:{ticket.id}"


def move(
    session: Session, *, by: Actor, ticket: HotlineTicket, event: Event, said: Said | None = None
) -> None:
    """Take one step; raises WrongState, Forbidden, or Changed when someone was faster."""
    said = said or Said()
    seen(session, ticket, said.version)
    before = State(ticket.state)
    row = workflow.transition(before, event)
    authorise(by, row.permission)
    ticket.state = row.to.value
    if row.to in workflow.FINAL:
        ticket.ended_at = clock.now()
        timing.stop(session, subject(ticket), void=True)
    elif ticket.ended_at is not None:
        ticket.ended_at = None
    note(session, by=by, ticket=ticket, event=event.value, said=said, before=before)
    session.flush()


def seen(session: Session, ticket: HotlineTicket, expected: int | None) -> None:
    """What he read is what there is; raises Changed when someone was faster."""
    got_through = take_version(session, ticket, expected)
    session.refresh(ticket)
    if not got_through:
        raise Changed(ticket)


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
    step = HotlineStep(
        ticket_id=ticket.id,
        event=event,
        from_state=str(before or ticket.state),
        to_state=ticket.state,
    )
    written(session, step, by=by, said=said, organisation_id=ticket.desk_id)


def authorise(by: Actor, permission: Permission | None) -> None:
    """Whoever may see the ticket may act on it if his role has the right at all.

    The ticket was fetched through his scope; a province operator keeps helping with what he sent
    down to a county.
    """
    if permission is None or by.ref == CLOCK.ref:
        return
    if not by.may(permission):
        raise Forbidden(_("您的角色不能做这一步。"))


def start_clock(session: Session, ticket: HotlineTicket, at: datetime | None = None) -> Clock:
    """The end-to-end clock of this kind; it begins at the first signal and no hop touches it.

    A danger that comes back, a matter done again or opened again has a clock of its own.
    """
    kind, key = END_CLOCK[ticket.kind]
    for row in timing.running(session, subject(ticket), kind):
        return row
    crisis = ticket.kind == "crisis"
    workdays = settings.value(session, ticket.intake_desk_id, "clock.ticket_on_workdays")
    return timing.start(
        session,
        subject=subject(ticket),
        kind=timing.fresh_name(session, subject(ticket), kind),
        organisation_id=ticket.intake_desk_id,
        key=key,
        at=at or (ticket.first_signal_at if crisis else ticket.created_at),
        basis=Basis.BUSINESS if workdays and not crisis else Basis.WALL,
    )


def start_triage(session: Session, ticket: HotlineTicket) -> None:
    """A crisis is not left lying before somebody has looked what it is."""
    if ticket.state == State.NEW.value:
        timing.start(
            session,
            subject=subject(ticket),
            kind=Kind.TRIAGE.value,
            organisation_id=ticket.intake_desk_id,
            key="clock.crisis_triage_min",
        )


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
    running = timing.running(session, subject(ticket))
    look = timing.span(session, ticket.desk_id, "clock.ticket_look_h")
    ticket.due_at = running[0].due_at if running else clock.now() + look


def stop_running(
    session: Session, ticket: HotlineTicket, kind: Kind, *, void: bool = False
) -> None:
    """Stop the running clock of a kind, whichever hop or signal it belongs to."""
    timing.stop(session, subject(ticket), kind, void=void)


def own(ticket: HotlineTicket, *, desk_id: int, user_id: int | None) -> None:
    """One organisation, one role and, once claimed, one person answer for the ticket."""
    ticket.owner_organisation_id = desk_id
    ticket.owner_user_id = user_id
    ticket.duty_role = Role.OPERATOR.value
