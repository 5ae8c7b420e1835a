"""What time brings about: the crisis ladder, late hospitals, pauses that end, follow-ups."""

from datetime import timedelta

from sqlalchemy import select

from foundation import clock
from foundation.database import reading, writing
from foundation.i18n import _
from foundation.jobs import periodic
from referrals.actions import handling, paging
from referrals.actions.following import follow_up
from referrals.actions.moves import Said, move
from referrals.actions.notices import tell_desk
from referrals.actions.ticket_moves import CLOCK
from referrals.hotline_workflow import State as TicketState
from referrals.models import HotlineTicket, Referral, ReferralStep
from referrals.queries.hotline import open_crises
from referrals.queries.referrals import overdue_at_hospital
from referrals.workflow import Event

LADDER_EVERY = timedelta(seconds=15)
REMIND_AGAIN = timedelta(hours=4)


@periodic("referrals.crisis_ladder", LADDER_EVERY)
def climb_ladders() -> int | None:
    """Page the next people of every crisis in which nobody has spoken with the child."""
    with reading() as session:
        ids = [ticket.id for ticket in session.scalars(open_crises())]
    for ticket_id in ids:
        with writing() as session:
            ticket = session.get_one(HotlineTicket, ticket_id)
            paging.page_step(session, ticket)
    return None


@periodic("referrals.late_hospitals", timedelta(minutes=1))
def remind_hospitals() -> int | None:
    """A letter nobody signed for or decided on: the state stays, the school is told to telephone."""
    moment = clock.now()
    with reading() as session:
        late = overdue_at_hospital().where(Referral.due_at < moment)
        ids = [referral.id for referral in session.scalars(late)]
    for referral_id in ids:
        _remind(referral_id)
    return None


def _remind(referral_id: int) -> None:
    with writing() as session:
        referral = session.get_one(Referral, referral_id)
        if referral.due_at is None or referral.due_at >= clock.now():
            return
        first = session.scalars(
            select(ReferralStep.id).where(
                ReferralStep.referral_id == referral_id,
                ReferralStep.event == Event.OVERDUE.value,
                ReferralStep.from_state == referral.state,
            )
        ).first()
        again = Said(due_at=clock.now() + REMIND_AGAIN)
        move(session, by=CLOCK, referral=referral, event=Event.OVERDUE, said=again)
        if first is None:
            follow_up(
                session,
                referral=referral,
                kind="call_hospital",
                what=_("医院超过时限没有回应：请拨打绿色通道电话，必要时改转另一家医院"),
                due_at=clock.now() + timedelta(minutes=30),
            )


@periodic("referrals.pauses", timedelta(minutes=1))
def end_pauses() -> int | None:
    """A pause ends by itself; the ticket goes on and its desk is told."""
    with reading() as session:
        ended = select(HotlineTicket.id).where(
            HotlineTicket.state == TicketState.WAITING.value, HotlineTicket.due_at < clock.now()
        )
        ids = list(session.scalars(ended))
    for ticket_id in ids:
        with writing() as session:
            ticket = session.get_one(HotlineTicket, ticket_id)
            if ticket.state == TicketState.WAITING.value:
                handling.resume(session, by=CLOCK, ticket=ticket)
                tell_desk(session, ticket)
    return None
