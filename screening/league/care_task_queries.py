"""Care tasks as an actor may fetch them, and what a release has to look at."""

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from accounts.policy import Actor, Permission
from instruments.library import catalogue
from schools.models import Klass, StaffRole, Student
from schools.queries import in_scope, students_visible_to
from screening.league.queries import contacts_of
from screening.models import CareTask, Sitting, Ticket


def own_tasks(actor: Actor) -> Select[CareTask]:
    """His own tasks, running ones first; never one about himself."""
    return (
        select(CareTask)
        .options(joinedload(CareTask.student).joinedload(Student.klass))
        .where(
            CareTask.contact_user_id == actor.user_id,
            CareTask.student_id.not_in(actor.own_student_ids),
            CareTask.state != "withdrawn",
        )
        .order_by(CareTask.ended_at.is_not(None), CareTask.due_at, CareTask.id)
    )


def care_tasks_visible_to(actor: Actor) -> Select[CareTask]:
    """Tasks of the schools where he releases them, running ones first."""
    return (
        select(CareTask)
        .options(joinedload(CareTask.student).joinedload(Student.klass))
        .where(in_scope(actor, Permission.CARE_TASK_RELEASE, school=CareTask.school_id))
        .order_by(CareTask.ended_at.is_not(None), CareTask.due_at, CareTask.id.desc())
    )


def students_to_care_for(actor: Actor) -> Select[Student]:
    """Students about whom he may release a task."""
    return students_visible_to(actor, Permission.CARE_TASK_RELEASE)


def contacts_for(session: Session, student: Student) -> list[StaffRole]:
    """Contacts of the student's branch, without the student himself."""
    branch = session.get_one(Klass, student.klass_id).branch_id
    if branch is None:
        return []
    found = session.scalars(contacts_of(student.school_id, branch_id=branch))
    return [contact for contact in found if contact.student_id != student.id]


def running_task(session: Session, contact_id: int, student_id: int) -> CareTask | None:
    """The contact's task about this student that has not ended."""
    return session.scalars(
        select(CareTask).where(
            CareTask.contact_user_id == contact_id,
            CareTask.student_id == student_id,
            CareTask.ended_at.is_(None),
        )
    ).first()


def sittings_of_klass(session: Session, klass_id: int) -> list[datetime]:
    """When the class sat or will sit: planned sittings and the sheets it handed in."""
    planned = session.scalars(select(Sitting.starts_at).where(Sitting.klass_id == klass_id)).all()
    handed_in = session.scalars(
        select(Ticket.submitted_at)
        .where(Ticket.klass_id == klass_id, Ticket.submitted_at.is_not(None))
        .order_by(Ticket.submitted_at.desc())
        .limit(1)
    ).all()
    return [*planned, *(moment for moment in handed_in if moment is not None)]


def instrument_names() -> list[str]:
    """Keys of all instruments: none of them may stand in an advice."""
    return list(catalogue.keys())
