"""The completion board: per class, in the three words that a room may see."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, not_, select, true
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission
from schools.models import Grade, Klass, Student
from schools.queries import in_scope
from screening.campaigns.consent_queries import (
    Facts,
    consent_rule,
    gathered,
    may_answer,
    may_answer_ids,
)
from screening.models import Campaign, CampaignKlass, Consent, Ticket

OPEN = ("issued", "started")
WORDS = ("done", "not_yet", "not_needed")


@dataclass(frozen=True)
class BoardRow:
    """One class on the board."""

    klass_id: int
    name: str
    done: int = 0
    not_yet: int = 0
    not_needed: int = 0

    @property
    def total(self) -> int:
        return self.done + self.not_yet + self.not_needed


def board_of(session: Session, campaign: Campaign, actor: Actor | None = None) -> list[BoardRow]:
    """Counts of the classes that the actor reaches, in a number of statements that stays."""
    klasses = _klasses(session, campaign.id, actor)
    counts = _counts(session, campaign)
    return [
        BoardRow(klass_id, name, *counts.get(klass_id, (0, 0, 0)))
        for klass_id, name in klasses.items()
    ]


def stamp_of(session: Session, campaign: Campaign) -> str:
    """Changes whenever the figures may have: a small read for polls while nothing happens."""
    tickets = (Ticket.campaign_id == campaign.id, Ticket.purpose == "first")
    figures = session.execute(
        select(
            func.count(),
            func.sum(Ticket.klass_id),
            func.sum(case((Ticket.state.in_(OPEN), Ticket.id))),
            func.sum(case((Ticket.state == "submitted", Ticket.id))),
            func.sum(case((Ticket.excused.is_not(None), Ticket.id))),
        ).where(*tickets)
    ).one()
    people = session.execute(
        select(func.count(), func.sum(Student.version), func.sum(Student.klass_id))
        .join(Ticket, Ticket.student_id == Student.id)
        .where(*tickets)
    ).one()
    consents = session.scalar(
        select(func.max(Consent.id)).where(Consent.campaign_id == campaign.id)
    )
    return repr((*figures, *people, consents, consent_rule(session, campaign)))


def _klasses(session: Session, campaign_id: int, actor: Actor | None) -> Mapping[int, str]:
    reached = true()
    if actor is not None:
        reached = in_scope(  # type: ignore[assignment]
            actor, Permission.BOARD_VIEW, school=Klass.school_id, klass=Klass.id
        )
    rows = session.execute(
        select(Klass.id, Grade.name, Klass.name)
        .join(CampaignKlass, CampaignKlass.klass_id == Klass.id)
        .join(Grade, Grade.id == Klass.grade_id)
        .where(CampaignKlass.campaign_id == campaign_id, reached)
        .order_by(Grade.id, Klass.id)
    )
    return {klass_id: f"{grade}{name}" for klass_id, grade, name in rows}


def _counts(session: Session, campaign: Campaign) -> Mapping[int, list[int]]:
    """(done, not yet, not needed) per class."""
    first = and_(Ticket.campaign_id == campaign.id, Ticket.purpose == "first")
    is_open = and_(Ticket.state.in_(OPEN), Ticket.excused.is_(None))
    settled = (
        select(func.count(), Ticket.klass_id, Ticket.state)
        .where(first, not_(is_open))
        .group_by(Ticket.klass_id, Ticket.state)
    )
    found: dict[int, list[int]] = {}
    for number, klass_id, state in session.execute(settled):
        found.setdefault(klass_id, [0, 0, 0])[0 if state == "submitted" else 2] += number
    for number, klass_id, may in _open(session, campaign, and_(first, is_open)):
        found.setdefault(klass_id, [0, 0, 0])[1 if may else 2] += number
    return found


def _open(
    session: Session, campaign: Campaign, chosen: ColumnElement[bool]
) -> Iterator[tuple[int, int, bool]]:
    """(number, class, whether they may answer): students alike are counted by the database."""
    rule = consent_rule(session, campaign)
    facts = gathered(campaign, rule)
    each = (
        select(Ticket.klass_id, facts.takes_part.label("takes_part"), *facts.columns)
        .join(Student, Student.id == Ticket.student_id)
        .outerjoin(facts.latest, facts.latest.c.student_id == Ticket.student_id)
        .where(chosen)
        .subquery()
    )
    rows = session.execute(select(func.count(), *each.c).group_by(*each.c))
    for number, klass_id, takes_part, *rest in rows:
        yield number, klass_id, bool(takes_part) and may_answer(rule, Facts(*rest))


def word_of(ticket: Ticket, *, may: bool) -> str:
    """One of WORDS: declined, exempt, no consent and excused look alike."""
    if ticket.state == "submitted":
        return "done"
    return "not_yet" if may and ticket.state in OPEN and not ticket.excused else "not_needed"


def register_of(
    session: Session, campaign: Campaign, klass_id: int
) -> list[tuple[Student, Ticket, str]]:
    """A class's students with their tickets and the word that the room may see."""
    rows = session.execute(
        select(Student, Ticket)
        .join(Ticket, Ticket.student_id == Student.id)
        .where(
            Ticket.campaign_id == campaign.id,
            Ticket.klass_id == klass_id,
            Ticket.purpose == "first",
        )
        .order_by(Student.student_number, Student.id)
    ).all()
    may = may_answer_ids(session, campaign, klass_id)
    return [(s, t, word_of(t, may=s.id in may)) for s, t in rows]
