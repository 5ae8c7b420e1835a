"""Handovers as an actor may fetch them, and to whom he may hand over."""

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.policy import Actor, Permission, Role
from schools.queries import in_scope, schools_within, staff_of
from screening.handover_actions import open_work
from screening.models import Handover


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


def colleagues(session: Session, actor: Actor) -> list[tuple[int, User]]:
    """(school, other counselor) for every school where he works on cases."""
    schools = session.scalars(schools_within(actor, Permission.CASE_WORK)).all()
    return [
        (school, user)
        for school in sorted(schools)
        for user in staff_of(session, school, (Role.COUNSELOR.value,))
        if user.id != actor.user_id
    ]


def amounts(session: Session, school_id: int, user_id: int) -> tuple[int, int, int]:
    """How many open alerts, cases and follow-ups one person answers for."""
    alerts, cases, follow_ups = (
        session.scalar(select(func.count()).select_from(work.subquery())) or 0
        for work in open_work(school_id, user_id)
    )
    return alerts, cases, follow_ups
