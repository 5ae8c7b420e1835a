"""What time brings about: the crisis ladder, late hospitals, pauses that end, follow-ups."""

from datetime import timedelta

from sqlalchemy import select

from foundation import clock
from foundation.database import reading, writing
from foundation.jobs import periodic
from referrals.actions import handling, paging, rechecking, reminding
from referrals.actions.moving import CLOCK
from referrals.actions.notices import tell_desk
from referrals.hotline_workflow import State as TicketState
from referrals.models import HotlineTicket, Referral
from referrals.queries.hotline import open_crises
from referrals.queries.referrals import overdue

LADDER_EVERY = timedelta(seconds=15)


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
    """A letter or a reply on which nobody acted: the state stays, the school is told what to do."""
    with reading() as session:
        late = overdue().where(Referral.due_at < clock.now())
        due = [row for row in session.scalars(late) if reminding.is_due(session, row)]
        ids = [referral.id for referral in due]
    for referral_id in ids:
        with writing() as session:
            reminding.remind(session, session.get_one(Referral, referral_id))
    return None


@periodic("referrals.clocks", timedelta(hours=24))
def look_at_clocks_again() -> int | None:
    """Due times are kept beside the clocks they follow from; once a day they are worked out anew."""
    with writing() as session:
        rechecking.recheck(session)
    return None


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
