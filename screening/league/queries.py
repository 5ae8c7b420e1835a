"""Members of the League branches of a school, its term, and how well its students are covered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from accounts.policy import Role
from foundation import clock
from schools.models import Branch, Klass, StaffRole, Term
from schools.queries import ancestors, branches_of
from screening.models import Alert, AlertReach, Concern, ContactLog, ContactPairing, Training

SILENT_AFTER = timedelta(days=30)
CONTACTS = (Role.BRANCH_CONTACT.value, Role.BRANCH_ADVISER.value)
LEAGUE = (*CONTACTS, Role.LEAGUE_SECRETARY.value)


@dataclass(frozen=True)
class Coverage:
    """Counts of one school: (reached, of how many) where there is a whole."""

    branches: tuple[int, int]
    paired: tuple[int, int]
    trained: tuple[int, int]
    flags: tuple[int, int]
    concerns: Mapping[str, int]
    overdue: int
    in_time: tuple[int, int]


def current_term(session: Session, school_id: int) -> Term | None:
    """The term of today, set by the school or the nearest organisation above it."""
    ids = [organisation.id for organisation in ancestors(session, school_id)]
    today = clock.today()
    running = session.scalars(
        select(Term).where(
            Term.organisation_id.in_(ids), Term.starts_on <= today, Term.ends_on >= today
        )
    ).all()
    return min(running, key=lambda term: ids.index(term.organisation_id), default=None)


def contacts_of(
    school_id: int, roles: Sequence[str] = CONTACTS, *, branch_id: int | None = None
) -> Select[StaffRole]:
    """The branch contacts of a school who hold the role now, branch by branch."""
    statement = select(StaffRole).where(
        StaffRole.organisation_id == school_id,
        StaffRole.role.in_(roles),
        StaffRole.branch_id.is_not(None),
        StaffRole.ended_at.is_(None),
    )
    if branch_id is not None:
        statement = statement.where(StaffRole.branch_id == branch_id)
    return statement.order_by(StaffRole.branch_id, StaffRole.id)


def members_of(school_id: int) -> Select[StaffRole]:
    """The fellow students who are contacts of a branch: the committee members."""
    return contacts_of(school_id, [Role.BRANCH_CONTACT.value])


def branch_names(session: Session, school_id: int) -> dict[int, str]:
    """The branches of a school by id."""
    return {branch.id: branch.name for branch in session.scalars(branches_of(school_id))}


def pairings_of(school_id: int) -> Select[ContactPairing]:
    """Pairings of a school that have not ended."""
    return (
        select(ContactPairing)
        .where(ContactPairing.school_id == school_id, ContactPairing.ended_at.is_(None))
        .order_by(ContactPairing.branch_id, ContactPairing.id)
    )


def pairing_of(session: Session, member_id: int, term_id: int) -> ContactPairing | None:
    """The member's pairing of the term."""
    return session.scalars(
        select(ContactPairing).where(
            ContactPairing.member_user_id == member_id,
            ContactPairing.term_id == term_id,
            ContactPairing.ended_at.is_(None),
        )
    ).first()


def last_logs(session: Session, school_id: int) -> dict[int, date]:
    """The day of the last contact of each pairing of a school."""
    rows = session.execute(
        select(ContactLog.pairing_id, func.max(ContactLog.on_date))
        .join(ContactPairing, ContactPairing.id == ContactLog.pairing_id)
        .where(ContactPairing.school_id == school_id)
        .group_by(ContactLog.pairing_id)
    )
    return {pairing: day for pairing, day in rows if pairing is not None}


def silent_pairings(session: Session, school_id: int) -> list[ContactPairing]:
    """Pairings without any contact for a month: a reminder for the adult secretary."""
    moment, logs = clock.now(), last_logs(session, school_id)
    since = (clock.local(moment) - SILENT_AFTER).date()
    return [
        pairing
        for pairing in session.scalars(pairings_of(school_id))
        if pairing.paired_at <= moment - SILENT_AFTER
        and (pairing.id not in logs or logs[pairing.id] < since)
    ]


def trained(session: Session, term: Term | None) -> dict[int, Training]:
    """Who has been trained in the term."""
    if term is None:
        return {}
    rows = session.scalars(select(Training).where(Training.term_id == term.id))
    return {row.user_id: row for row in rows}


def coverage(session: Session, school_id: int, term: Term | None) -> Coverage:
    """How many branches have a contact, members are paired and trained, flags reached somebody."""
    contacts = session.scalars(contacts_of(school_id)).all()
    members = {c.user_id for c in contacts if c.role == Role.BRANCH_CONTACT.value}
    everyone = {c.user_id for c in contacts}
    paired = {
        pairing.member_user_id
        for pairing in session.scalars(pairings_of(school_id))
        if term and pairing.term_id == term.id
    }
    counts = _concern_counts(session, school_id)
    return Coverage(
        branches=_branches(session, school_id, {c.branch_id for c in contacts}),
        paired=(len(members & paired), len(members)),
        trained=(len(everyone & set(trained(session, term))), len(everyone)),
        flags=_flags(session, school_id),
        concerns=counts,
        overdue=_overdue(session, school_id),
        in_time=_in_time(session, school_id),
    )


def _branches(session: Session, school_id: int, held: set[int | None]) -> tuple[int, int]:
    # a branch that no active class belongs to any more needs no contact
    rows = session.scalars(
        select(Branch.id)
        .join(Klass, Klass.branch_id == Branch.id)
        .where(Branch.school_id == school_id, Klass.active)
        .distinct()
    ).all()
    return sum(branch in held for branch in rows), len(rows)


def _flags(session: Session, school_id: int) -> tuple[int, int]:
    reached = (
        select(func.count(func.distinct(AlertReach.alert_id)))
        .join(Alert, Alert.id == AlertReach.alert_id)
        .where(Alert.school_id == school_id, AlertReach.as_role.in_(LEAGUE))
    )
    every = select(func.count(Alert.id)).where(Alert.school_id == school_id)
    return session.scalar(reached) or 0, session.scalar(every) or 0


def _concern_counts(session: Session, school_id: int) -> dict[str, int]:
    rows = session.execute(
        select(Concern.state, func.count(Concern.id))
        .where(Concern.school_id == school_id)
        .group_by(Concern.state)
    )
    return {row.state: row[1] for row in rows}


def _overdue(session: Session, school_id: int) -> int:
    late = select(func.count(Concern.id)).where(
        Concern.school_id == school_id, Concern.ended_at.is_(None), Concern.due_at < clock.now()
    )
    return session.scalar(late) or 0


def _in_time(session: Session, school_id: int) -> tuple[int, int]:
    taken = select(Concern).where(
        Concern.school_id == school_id, Concern.acknowledged_at.is_not(None)
    )
    rows = session.scalars(taken).all()
    quick = [
        row for row in rows if row.due_at and (row.acknowledged_at or row.due_at) <= row.due_at
    ]
    return len(quick), len(rows)
