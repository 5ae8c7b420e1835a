"""What is on record of a class's consent: who has answered, and the piles that staff recorded."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.policy import Actor
from schools.models import Guardian, Student
from screening.campaigns.consent import BY_SCHOOL, RETRACTED
from screening.campaigns.consent_basis import line
from screening.models import Campaign, Consent

SHOWN = 8


class Pile(NamedTuple):
    """What one person recorded of a class in one go."""

    id: int  # of its first slip
    at: datetime
    by: str
    method: str
    counts: Mapping[str, int]

    @property
    def can_be_undone(self) -> bool:
        return set(self.counts) != {RETRACTED}


def answered(
    session: Session, campaign: Campaign, students: Sequence[Student], party: str
) -> dict[int, list[str]]:
    """The students of whom this party has answered, each with what stands in words."""
    rows = session.execute(
        select(Consent, Guardian)
        .outerjoin(Guardian, Guardian.id == Consent.guardian_id)
        .where(
            Consent.campaign_id == campaign.id,
            Consent.party == party,
            Consent.student_id.in_([student.id for student in students]),
        )
        .order_by(Consent.id)
    )
    latest: dict[tuple[int, int | None], tuple[Consent, Guardian | None]] = {}
    for given, guardian in rows:
        latest[given.student_id, given.guardian_id] = given, guardian
    found: dict[int, list[str]] = {}
    for (student_id, _guardian), (given, who) in latest.items():
        if given.decision != RETRACTED:
            found.setdefault(student_id, []).append(line(given, who))
    return found


def piles(
    session: Session, campaign: Campaign, klass_id: int, party: str, of: Actor | None = None
) -> list[Pile]:
    """The latest piles of a class, or only those that this person recorded."""
    of_klass = select(Student.id).where(Student.klass_id == klass_id)
    statement = _recorded(campaign).where(
        Consent.party == party, Consent.student_id.in_(of_klass), *_by(of)
    )
    moments = session.execute(
        statement.with_only_columns(Consent.recorded_at, Consent.recorded_by)
        .group_by(Consent.recorded_at, Consent.recorded_by)
        .order_by(Consent.recorded_at.desc())
        .limit(SHOWN)
    ).all()
    return [_pile(session, statement, at, by) for at, by in moments]


def _pile(session: Session, statement: Select[Consent], at: datetime, by: str) -> Pile:
    rows = session.execute(
        statement.with_only_columns(
            func.min(Consent.id), Consent.decision, func.min(Consent.method), func.count()
        )
        .where(Consent.recorded_at == at, Consent.recorded_by == by)
        .group_by(Consent.decision)
    ).all()
    kind, _colon, number = by.partition(":")
    person = session.get(User, int(number)) if kind == "user" else None
    counts = {decision: count for _id, decision, _method, count in rows}
    name = person.name if person else ""
    return Pile(min(row[0] for row in rows), at, name, rows[0][2], counts)


def slips_of(
    session: Session, campaign: Campaign, first: int, of: Actor | None = None
) -> Sequence[Consent]:
    """The slips of the pile that begins with this one; empty when it may not be reached."""
    begin = session.scalar(_recorded(campaign).where(Consent.id == first, *_by(of)))
    if begin is None:
        return []
    return session.scalars(
        _recorded(campaign)
        .where(
            Consent.party == begin.party,
            Consent.recorded_at == begin.recorded_at,
            Consent.recorded_by == begin.recorded_by,
        )
        .order_by(Consent.id)
    ).all()


def _recorded(campaign: Campaign) -> Select[Consent]:
    return select(Consent).where(Consent.campaign_id == campaign.id, Consent.method.in_(BY_SCHOOL))


def _by(actor: Actor | None) -> list[ColumnElement[bool]]:
    return [Consent.recorded_by == actor.ref] if actor is not None else []
