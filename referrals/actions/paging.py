"""The crisis ladder at work: who was paged, who said "I am on it", what comes next."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import clock, push
from foundation.i18n import _
from foundation.problems import Refused
from referrals.actions import timing
from referrals.actions.moving import Said
from referrals.actions.ticket_moves import note, subject
from referrals.hotline_workflow import State
from referrals.ladder import Climb, Situation, Step, climb, with_minutes
from referrals.models import HotlineTicket, Page
from referrals.queries.hotline import people_for
from schools import settings

OVER = (State.STOOD_DOWN.value, State.CLOSED.value, State.TRANSFERRED.value)
SYSTEM = Actor.system("ladder")


def page_step(session: Session, ticket: HotlineTicket) -> Climb:
    """Do what the ladder asks for now; called when the crisis begins and by the periodic job."""
    minutes = settings.value(session, ticket.intake_desk_id, "ladder.minutes")
    steps = with_minutes(minutes)
    patience = timing.span(session, ticket.intake_desk_id, "ladder.contact_after_ack_min")
    done = frozenset(step.minute for step in steps if step.minute <= ticket.ladder_step)
    facts = Situation(
        started_at=ticket.first_signal_at,
        done=done,
        acknowledged_at=ticket.acknowledged_at,
        contact_at=ticket.contacted_at,
        over=ticket.state in OVER,
    )
    result = climb(facts, clock.now(), steps, patience)
    for step in result.reached:
        _write(session, ticket, step, sent=step is result.send)
    return result


def _write(session: Session, ticket: HotlineTicket, step: Step, *, sent: bool) -> None:
    """Every step adds its watchers; only the highest one of a late run is really sent."""
    users = [u.id for watcher in step.watchers for u in people_for(session, ticket, watcher)]
    _add_pages(session, ticket, step, dict.fromkeys(users))
    ticket.ladder_step = max(ticket.ladder_step, step.minute)
    detail = {"minute": step.minute, "users": list(dict.fromkeys(users)), "sent": sent}
    said = Said(reason=step.way.value, detail=detail)
    note(session, by=SYSTEM, ticket=ticket, event="page", said=said)
    if sent:
        push.notify(
            session,
            user_ids=users,
            key=f"page:{ticket.id}:{step.minute}:{clock.now():%Y%m%d%H%M}",
            path=f"/hotline/{ticket.id}/page",
            urgent=True,
        )


def _add_pages(session: Session, ticket: HotlineTicket, step: Step, users: Iterable[int]) -> None:
    known = set(
        session.scalars(
            select(Page.user_id).where(Page.subject == subject(ticket), Page.step == step.minute)
        )
    )
    for user_id in users:
        if user_id not in known:
            session.add(
                Page(
                    subject=subject(ticket),
                    step=step.minute,
                    user_id=user_id,
                    paged_at=clock.now(),
                )
            )
    session.flush()


def acknowledge(session: Session, *, by: Actor, ticket: HotlineTicket) -> None:
    """A person says "I am on it"; the ladder waits some minutes for contact with the child."""
    if ticket.state in OVER or ticket.kind != "crisis":
        raise Refused(_("这张工单现在不需要响应。"))
    moment = clock.now()
    ticket.acknowledged_at, ticket.acknowledged_by = moment, by.user_id
    pages = select(Page).where(
        Page.subject == subject(ticket),
        Page.user_id == by.user_id,
        Page.acknowledged_at.is_(None),
    )
    for page in session.scalars(pages):
        page.acknowledged_at = moment
    note(session, by=by, ticket=ticket, event="acknowledge", said=Said())
