"""The demo's campaigns that are not answered yet or never will be, and tickets on their way."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from accounts.policy import Actor, Role
from foundation import clock, database
from schools.models import Klass, Organisation
from screening.campaigns import actions as campaign_actions
from screening.models import Campaign, Ticket
from screening.taking import actions as taking_actions
from screening.tickets import actions as tickets_actions
from web.demo.screenings import INSTRUMENTS, actor, may_answer

SCHOOL = "9901010002"
OPEN_SCHOOL = "9901020001"


def build(morning: datetime) -> None:
    """Next spring's campaigns of the senior school; three tickets of a class that is answering."""
    with clock.frozen(morning - timedelta(days=1)):
        with database.writing() as session:
            _campaigns(session, morning + timedelta(days=90))
        with database.writing() as session:
            _tickets(session)


def _campaigns(session: Session, opens_at: datetime) -> None:
    """A draft, one that waits for its approvals, one that was given up."""
    by = actor(session, Role.COUNSELOR, SCHOOL)
    _planned(session, by, "春季心理测评（草稿）", opens_at)
    waiting = _planned(session, by, "春季心理测评", opens_at)
    lead = actor(session, Role.SCHOOL_LEAD, SCHOOL)
    reason = "年级合适，值班和转介已经安排好（演示）"
    campaign_actions.approve_sensitive(session, by=lead, campaign=waiting, reason=reason)
    campaign_actions.submit(session, by=by, campaign=waiting)
    given_up = _planned(session, by, "考前心理测评", opens_at + timedelta(days=60))
    campaign_actions.cancel(session, by=by, campaign=given_up, reason="与期末考试冲突")


def _planned(session: Session, by: Actor, name: str, opens_at: datetime) -> Campaign:
    school = session.scalars(select(Organisation).where(Organisation.code == SCHOOL)).one()
    klasses = session.scalars(select(Klass.id).where(Klass.school_id == school.id)).all()
    return campaign_actions.create(
        session,
        by=by,
        school=school,
        name=name,
        opens_at=opens_at,
        closes_at=opens_at + timedelta(days=14),
        instruments=INSTRUMENTS,
        klass_ids=klasses,
    )


def _tickets(session: Session) -> None:
    """One begun, one stopped by its student, one sheet that was lost and is void."""
    rows = session.scalars(
        select(Ticket)
        .join(Campaign, Campaign.id == Ticket.campaign_id)
        .join(Organisation, Organisation.id == Campaign.school_id)
        .options(joinedload(Ticket.student))
        .where(Organisation.code == OPEN_SCHOOL, Ticket.state == "issued")
        .order_by(Ticket.id.desc())
        .limit(20)
    ).all()
    begun, stopped, lost = [ticket for ticket in rows if may_answer(session, ticket)][:3]
    for ticket in (begun, stopped):
        taking_actions.begin(session, by=Actor.ticket(ticket.id), ticket=ticket, agreed=True)
    taking_actions.stop(session, by=Actor.ticket(stopped.id), ticket=stopped)
    counselor = actor(session, Role.COUNSELOR, OPEN_SCHOOL)
    tickets_actions.void(session, by=counselor, ticket=lost)
