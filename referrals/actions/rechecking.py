"""Due times worked out anew from the events of their clocks, when a day or an hour was changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals.actions import timing
from referrals.clocks import Basis
from referrals.models import Clock, HotlineTicket, Referral
from schools.models import Organisation


@dataclass(frozen=True)
class Shift:
    """A clock whose due time is another one now; `number` names the matter, never a person."""

    number: str
    kind: str
    before: datetime
    after: datetime


def recheck(session: Session, path: str = "/") -> list[Shift]:
    """Work out every running office-hours clock below a path anew; says which have moved."""
    rows = session.scalars(
        select(Clock)
        .outerjoin(Organisation, Organisation.id == Clock.organisation_id)
        .where(
            Clock.stopped_at.is_(None),
            Clock.basis == Basis.BUSINESS.value,
            Organisation.path.startswith(path),
        )
        .order_by(Clock.due_at, Clock.id)
    ).all()
    return [shift for row in rows if (shift := _worked_out(session, row)) is not None]


def _worked_out(session: Session, row: Clock) -> Shift | None:
    before, after = row.due_at, timing.face(session, row).due_at
    if before == after:
        return None
    row.due_at = after
    matter = _matter(session, row.subject)
    if matter is None:
        return None
    if matter.due_at == before:
        matter.due_at = after
    number = matter.letter_number if isinstance(matter, Referral) else matter.number
    return Shift(number or row.subject, timing.kind_of(row).value, before, after)


def _matter(session: Session, subject: str) -> Referral | HotlineTicket | None:
    kind, number = subject.split(":")
    if kind == "referral":
        return session.get(Referral, int(number))
    return session.get(HotlineTicket, int(number))
