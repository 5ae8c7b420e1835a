"""Handovers as an actor may fetch them, and to whom he may hand over."""

from datetime import datetime

from sqlalchemy import Select, func, or_, select, union
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.policy import Actor, Permission
from foundation.paging import page_of_rows
from schools.models import Organisation
from schools.queries import in_scope, schools_within
from screening.models import Alert, Case, FollowUp, Handover
from screening.triage.alert_queries import counselors_of
from screening.triage.handover_actions import open_work
from screening.triage.raising import able

BUNDLES = 20


def handovers_visible_to(actor: Actor) -> Select[Handover]:
    """His own offers and those made to him, at schools where he works on cases."""
    return (
        select(Handover)
        .where(
            in_scope(actor, Permission.CASE_WORK, school=Handover.school_id),
            or_(Handover.from_user_id == actor.user_id, Handover.to_user_id == actor.user_id),
        )
        .order_by(Handover.id.desc())
    )


def bundles(session: Session, actor: Actor, number: int) -> tuple[list[list[Handover]], int, int]:
    """(what was offered together, newest first; the page; how many pages)."""
    visible = handovers_visible_to(actor).subquery()
    together = (
        visible.c.from_user_id,
        visible.c.to_user_id,
        visible.c.offered_at,
        visible.c.state,
    )
    keys = select(*together).group_by(*together).order_by(func.max(visible.c.id).desc())
    page = page_of_rows(session, keys, number, size=BUNDLES)
    moments = [row.offered_at for row in page]
    found: dict[tuple[int, int, datetime, str], list[Handover]] = {tuple(row): [] for row in page}
    for row in session.scalars(
        handovers_visible_to(actor).where(Handover.offered_at.in_(moments)).order_by(None)
    ):
        key = (row.from_user_id, row.to_user_id, row.offered_at, row.state)
        found.get(key, []).append(row)
    return list(found.values()), page.number, page.pages


def bundle_of(actor: Actor, handover: Handover) -> Select[Handover]:
    """Everything that was offered together with this one and stands as it does."""
    return handovers_visible_to(actor).where(
        Handover.from_user_id == handover.from_user_id,
        Handover.to_user_id == handover.to_user_id,
        Handover.offered_at == handover.offered_at,
        Handover.state == handover.state,
    )


def vacancies(session: Session) -> list[tuple[int, int]]:
    """(school, person) where open work belongs to somebody who can no longer open it."""
    alerts = select(Alert.school_id, Alert.owner_user_id).where(Alert.ended_at.is_(None))
    cases = select(Case.school_id, Case.owner_user_id).where(Case.ended_at.is_(None))
    follow_ups = (
        select(Case.school_id, FollowUp.owner_user_id)
        .join(FollowUp, FollowUp.case_id == Case.id)
        .where(Case.ended_at.is_(None), FollowUp.done_at.is_(None))
    )
    owners: dict[int, set[int]] = {}
    for school_id, user_id in session.execute(union(alerts, cases, follow_ups)):
        if user_id is not None:
            owners.setdefault(school_id, set()).add(user_id)
    return [
        (school_id, user_id)
        for school_id, users in sorted(owners.items())
        for user_id in sorted(users - able(session, school_id, users))
    ]


def colleagues(session: Session, actor: Actor) -> dict[int, tuple[User, list[Organisation]]]:
    """Other counselors, each with the schools at which both work on cases."""
    found: dict[int, tuple[User, list[Organisation]]] = {}
    for school, users in counselors_of(session, schools_of(session, actor)):
        for user in users:
            if user.id != actor.user_id:
                found.setdefault(user.id, (user, []))[1].append(school)
    return found


def schools_of(session: Session, actor: Actor) -> list[int]:
    """Schools at which he works on cases."""
    return list(session.scalars(schools_within(actor, Permission.CASE_WORK)))


def amounts(session: Session, school_id: int, user_id: int) -> tuple[int, int, int]:
    """How many open alerts, cases and follow-ups one person answers for."""
    alerts, cases, follow_ups = (
        session.scalar(select(func.count()).select_from(work.subquery())) or 0
        for work in open_work(school_id, user_id)
    )
    return alerts, cases, follow_ups
