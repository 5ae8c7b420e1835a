"""Referrals as their two sides may fetch them: the school its own, the hospital what it was sent."""

from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    exists,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.orm import Session, joinedload

from accounts.policy import Actor, Permission, Role
from foundation import clock
from referrals import workflow
from referrals.clocks import Kind
from referrals.models import Clock, HospitalService, Referral, ReferralStep
from schools import queries as schools
from schools.models import Student
from screening.models import Case

OVERDUE = workflow.Event.OVERDUE
WITH_STUDENT = joinedload(Referral.student).joinedload(Student.klass)


def referrals_visible_to(actor: Actor) -> Select[Referral]:
    """Referrals of the schools in which he may see them, the next due first, never his own."""
    return (
        select(Referral)
        .options(WITH_STUDENT)
        .where(
            schools.in_scope(actor, Permission.REFERRAL_VIEW, school=Referral.school_id),
            Referral.student_id.not_in(actor.own_student_ids),
        )
        .order_by(Referral.ended_at.is_not(None), Referral.due_at, Referral.id)
    )


def high_risk_unconfirmed() -> ColumnElement[bool]:
    """The hospital replied that risk is high, and the school has not confirmed yet."""
    return exists().where(
        Clock.subject == literal("referral:") + cast(Referral.id, String),
        Clock.kind == Kind.HIGH_RISK_REPLY.value,
        Clock.stopped_at.is_(None),
    )


def lists_of() -> dict[str, ColumnElement[bool]]:
    """The lists of a hospital's inbox, each as a condition: its own turn, the school's, all."""
    running, own = Referral.ended_at.is_(None), at_hospital()
    return {
        "open": and_(running, own),
        "late": and_(running, own, Referral.due_at < clock.now()),
        "school": and_(running, ~own),
        "all": true(),
    }


def at_hospital() -> ColumnElement[bool]:
    """It is the hospital that acts next."""
    return Referral.duty_role == Role.HOSPITAL_CONTACT.value


def counts_of(session: Session, actor: Actor) -> dict[str, int]:
    """How many letters stand in each list of the inbox."""
    letters = addressed_to(actor).with_only_columns(Referral.id).order_by(None)
    return {
        name: session.scalar(select(func.count()).select_from(letters.where(each).subquery())) or 0
        for name, each in lists_of().items()
    }


def addressed_to(actor: Actor) -> Select[Referral]:
    """Referrals that were sent to his hospital; a draft does not exist for it."""
    states = sorted(state.value for state in workflow.ADDRESSED)
    return (
        select(Referral)
        .options(WITH_STUDENT)
        .where(
            schools.in_scope(actor, Permission.HOSPITAL_WORK, school=Referral.hospital_id),
            Referral.sent_at.is_not(None),
            Referral.state.in_(states),
            Referral.state != workflow.State.ERROR.value,
        )
        .order_by(Referral.ended_at.is_not(None), Referral.due_at, Referral.id)
    )


def recalled_from(actor: Actor) -> Select[Referral]:
    """Letters that were taken back as a mistake: their number and day, nothing else is shown."""
    return (
        select(Referral)
        .where(
            schools.in_scope(actor, Permission.HOSPITAL_WORK, school=Referral.hospital_id),
            Referral.sent_at.is_not(None),
            Referral.state == workflow.State.ERROR.value,
        )
        .order_by(Referral.ended_at.desc())
        .limit(20)
    )


def awaiting_signature(actor: Actor) -> Select[Referral]:
    """Referrals for danger to life whose second signature is still missing."""
    return (
        select(Referral)
        .options(WITH_STUDENT)
        .where(
            schools.in_scope(actor, Permission.REFERRAL_APPROVE, school=Referral.school_id),
            Referral.consent == "danger_to_life",
            Referral.approved_by.is_(None),
        )
        .order_by(Referral.created_at)
    )


def cases_to_refer_from(actor: Actor) -> Select[Case]:
    """Open cases from which he may refer."""
    return (
        select(Case)
        .options(joinedload(Case.student).joinedload(Student.klass))
        .where(
            schools.in_scope(actor, Permission.REFERRAL_WORK, school=Case.school_id),
            Case.ended_at.is_(None),
            Case.student_id.not_in(actor.own_student_ids),
        )
    )


def steps_of(session: Session, referral_id: int) -> Sequence[ReferralStep]:
    """The history of a referral, oldest first."""
    return session.scalars(
        select(ReferralStep)
        .where(ReferralStep.referral_id == referral_id)
        .order_by(ReferralStep.id)
    ).all()


def services_of(actor: Actor) -> Select[HospitalService]:
    """The services whose capacity he may set."""
    return select(HospitalService).where(
        schools.in_scope(actor, Permission.HOSPITAL_WORK, school=HospitalService.organisation_id)
    )


def overdue() -> Select[Referral]:
    """Letters whose receipt, decision, answer or confirmation may be late, for the periodic look."""
    states = [state.value for state, event in workflow.TRANSITIONS if event is OVERDUE]
    return select(Referral).where(Referral.state.in_(states), Referral.ended_at.is_(None))
