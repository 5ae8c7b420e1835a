"""The demo's campaigns: drafted, approved by two, answered: all by the system's own actions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from accounts.models import User
from accounts.policy import Actor, Role
from foundation import clock, database
from schools.models import Klass, Organisation
from schools.queries import actor_of
from screening.campaigns import actions as campaign_actions
from screening.campaigns import consent_actions
from screening.campaigns.actions import Chosen
from screening.campaigns.consent_queries import verdicts
from screening.campaigns.queries import students_of
from screening.models import Campaign, Ticket
from screening.taking import actions as taking_actions
from screening.taking import drafts
from screening.taking.actions import Final
from screening.taking.queries import definitions_of
from web.demo.names import generator

INSTRUMENTS = (Chosen("phq-9", "default", "moderate"), Chosen("gad-7", "default", "moderate"))
CLOSED = ("9901010002", "9902010001")
OPEN = ("9901010001", "9901020001", "9902020001")
SIZES = {"phq-9": 9, "gad-7": 7}
BATCH = 25
Sheet = dict[str, dict[str, dict[str, int | None]]]  # a request's answers by instrument and item


def actor(session: Session, role: Role, code: str, suffix: str = "") -> Actor:
    """A member of the demo's staff."""
    username = f"{role.value}-{code}{suffix}".lower()
    user = session.scalars(select(User).where(User.username == username)).one()
    return actor_of(session, user)


def run(code: str, name: str, opens_at: datetime, closes_at: datetime) -> int:
    """Draft, approve and open a campaign of one school; consent comes back on paper."""
    with clock.frozen(opens_at - timedelta(days=7)), database.writing() as session:
        campaign = _drafted(session, code, name, opens_at, closes_at)
        _approved(session, campaign, code)
        _consented(session, campaign, code)
        return campaign.id


def _drafted(
    session: Session, code: str, name: str, opens_at: datetime, closes_at: datetime
) -> Campaign:
    school = session.scalars(select(Organisation).where(Organisation.code == code)).one()
    klasses = session.scalars(select(Klass.id).where(Klass.school_id == school.id)).all()
    return campaign_actions.create(
        session,
        by=actor(session, Role.COUNSELOR, code),
        school=school,
        name=name,
        opens_at=opens_at,
        closes_at=closes_at,
        instruments=INSTRUMENTS,
        klass_ids=klasses,
    )


def _approved(session: Session, campaign: Campaign, code: str) -> None:
    counselor = actor(session, Role.COUNSELOR, code)
    lead = actor(session, Role.SCHOOL_LEAD, code)
    campaign_actions.approve_sensitive(
        session,
        by=lead,
        campaign=campaign,
        reason="年级合适，值班和转介已经安排好（演示）",
    )
    campaign_actions.submit(session, by=counselor, campaign=campaign)
    campaign_actions.approve(session, by=counselor, campaign=campaign)
    campaign_actions.approve(session, by=lead, campaign=campaign)


def _consented(session: Session, campaign: Campaign, code: str) -> None:
    source = generator(f"consent-{campaign.id}")
    students = session.scalars(students_of(campaign.id)).all()
    answered = [(each, source.random()) for each in students]
    consent_actions.record_many(
        session,
        by=actor(session, Role.COUNSELOR, code),
        campaign=campaign,
        decisions=[
            (student, "granted" if luck < 0.97 else "declined")
            for student, luck in answered
            if luck < 0.985
        ],
    )


def answer(campaign_id: int, share: float, moments: Sequence[datetime]) -> None:
    """Let a share of the students answer, spread over the moments of their sittings."""
    source = generator(f"answers-{campaign_id}")
    with database.reading() as session:
        ids = session.scalars(
            select(Ticket.id)
            .where(Ticket.campaign_id == campaign_id, Ticket.purpose == "first")
            .order_by(Ticket.klass_id, Ticket.id)
        ).all()
    chosen = [number for number in ids if source.random() < share]
    for start in range(0, len(chosen), BATCH):
        moment = moments[start * len(moments) // max(len(chosen), 1)]
        with clock.frozen(moment):
            _class_answers(chosen[start : start + BATCH], source, moment)


def answer_one(code: str, *, danger: bool) -> None:
    """One more student of a school's campaign answers now: in danger, or badly but safe."""
    with database.writing() as session:
        waiting = session.scalars(
            select(Ticket)
            .join(Campaign, Campaign.id == Ticket.campaign_id)
            .join(Organisation, Organisation.id == Campaign.school_id)
            .options(joinedload(Ticket.student))
            .where(Organisation.code == code, Ticket.state == "issued", Ticket.purpose == "first")
            .order_by(Ticket.id.desc())
        )
        ticket = next(each for each in waiting if may_answer(session, each))
        _submitted(session, ticket, _grave_sheet(danger=danger), clock.now())


def _grave_sheet(*, danger: bool) -> Sheet:
    """Badly in most places; thoughts of death only in danger."""
    codes = {key: [3 - item % 2 for item in range(size)] for key, size in SIZES.items()}
    codes["phq-9"][-1] = 2 if danger else 0
    return {
        key: {str(item): {"v": code, "seq": 1} for item, code in enumerate(values, start=1)}
        for key, values in codes.items()
    }


def _class_answers(ticket_ids: Sequence[int], source: Random, moment: datetime) -> None:
    later = moment + timedelta(minutes=6 + source.random() * 8)
    with database.writing() as session:
        for ticket_id in ticket_ids:
            ticket = session.scalars(
                select(Ticket).options(joinedload(Ticket.student)).where(Ticket.id == ticket_id)
            ).one()
            _one_answers(session, ticket, source, later)


def _one_answers(session: Session, ticket: Ticket, source: Random, later: datetime) -> None:
    if may_answer(session, ticket):
        _submitted(session, ticket, _sheet(source), later)


def _submitted(
    session: Session,
    ticket: Ticket,
    sheet: Sheet,
    later: datetime,
) -> None:
    by = Actor.ticket(ticket.id)
    taking_actions.begin(session, by=by, ticket=ticket, agreed=True)
    with clock.frozen(later):
        taking_actions.submit(
            session,
            by=by,
            ticket=ticket,
            final=Final(drafts.read(sheet, definitions_of(ticket)), confirm_blank=True),
        )


def may_answer(session: Session, ticket: Ticket) -> bool:
    """Whether everybody who has to has agreed."""
    found = verdicts(session, ticket.campaign, [ticket.student])[ticket.student_id]
    return found.status.value in {"granted", "missing_student"}


def _sheet(source: Random) -> Sheet:
    """One student's answers: most are well, some are not, a few skip or hurry."""
    burden = source.choices([0.12, 0.45, 1.0, 1.7, 2.5], weights=[46, 30, 15, 6, 3])[0]
    straight = source.random() < 0.03
    level = source.randint(1, 3)
    return {
        key: {
            str(item): {"v": level if straight else _code(source, burden, key, item), "seq": 1}
            for item in range(1, size + 1)
        }
        for key, size in SIZES.items()
    }


def _code(source: Random, burden: float, key: str, item: int) -> int | None:
    if source.random() < 0.004:
        return None
    if key == "phq-9" and item == 9:
        return min(3, int(source.random() * burden * 0.9)) if burden > 0.9 else 0
    return max(0, min(3, round(source.gauss(burden, 0.6))))


def close(campaign_id: int, code: str, moment: datetime) -> None:
    """The counselor ends a campaign."""
    with clock.frozen(moment), database.writing() as session:
        campaign = session.get_one(Campaign, campaign_id)
        campaign_actions.close(session, by=actor(session, Role.COUNSELOR, code), campaign=campaign)
