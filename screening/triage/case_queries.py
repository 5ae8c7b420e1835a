"""Cases as an actor may fetch them: lists with their pages, follow-ups due, records of talks."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import Session, joinedload

from accounts.models import User
from accounts.policy import Actor, Permission
from foundation import clock
from schools.models import Student, StudentStatus
from schools.queries import in_scope
from schools.student_queries import fits
from screening.models import Case, CaseEvent, FollowUp, Interview


def cases_visible_to(actor: Actor, permission: Permission = Permission.CASE_VIEW) -> Select[Case]:
    """Cases of the schools where he holds the permission, never about himself."""
    return (
        select(Case)
        .join(Student, Student.id == Case.student_id)
        .options(joinedload(Case.student).joinedload(Student.klass))
        .where(
            in_scope(actor, permission, school=Case.school_id),
            Case.student_id.not_in(actor.own_student_ids),
        )
    )


def cases_shown(actor: Actor, words: str, whose: str) -> Select[Case]:
    """The list: open ones by the next due time, or the ended ones by their end."""
    query = cases_visible_to(actor).where(_whose(actor, whose))
    if words.strip():
        query = query.where(fits(words))
    if whose == "ended":
        return query.order_by(Case.ended_at.desc(), Case.id.desc())
    return query.where(Case.ended_at.is_(None)).order_by(Case.due_at, Case.id)


def _whose(actor: Actor, whose: str) -> ColumnElement[bool]:
    known: dict[str, ColumnElement[bool]] = {
        "mine": (Case.owner_user_id == actor.user_id) | (Case.deputy_user_id == actor.user_id),
        "overdue": Case.due_at < clock.now(),
        "left": and_(Student.status != StudentStatus.ENROLLED.value, Case.ended_at.is_(None)),
        "ended": Case.ended_at.is_not(None),
    }
    return known.get(whose, Case.id.is_not(None))


def follow_ups_due(actor: Actor, words: str, whose: str) -> Select[Any]:
    """(case, follow-up, whose it is) of everything undone in open cases, the next due first."""
    query = (
        cases_visible_to(actor)
        .add_columns(FollowUp, User.name)
        .join(FollowUp, FollowUp.case_id == Case.id)
        .outerjoin(User, User.id == FollowUp.owner_user_id)
        .where(Case.ended_at.is_(None), FollowUp.done_at.is_(None))
        .order_by(FollowUp.due_at, FollowUp.id)
    )
    if words.strip():
        query = query.where(fits(words))
    if whose == "mine":
        query = query.where(FollowUp.owner_user_id == actor.user_id)
    return query.where(FollowUp.due_at < clock.now()) if whose == "overdue" else query


def talks_of(session: Session, case_id: int) -> list[Interview]:
    """The talks of a case; whose record a page may show is for the page to decide."""
    return list(
        session.scalars(
            select(Interview).where(Interview.case_id == case_id).order_by(Interview.id)
        )
    )


def history_of(session: Session, case_id: int) -> list[CaseEvent]:
    """What happened to a case, in order."""
    return list(
        session.scalars(
            select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)
        )
    )


def follow_ups_of(session: Session, case_id: int) -> list[FollowUp]:
    """Everything arranged for a case, by its time."""
    return list(
        session.scalars(
            select(FollowUp).where(FollowUp.case_id == case_id).order_by(FollowUp.due_at)
        )
    )
