"""How to reach a student at once: homeroom teacher, guardians, where he sleeps, who has called."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from accounts.models import User
from accounts.policy import Actor, Permission, Role
from foundation import audit
from schools.models import Guardian, GuardianStatus, Organisation, Student
from schools.queries import staff_of
from schools.student_queries import guardians_of
from screening.models import Alert
from screening.triage.alert_workflow import CRITICAL


@dataclass(frozen=True)
class Contacts:
    """Whom to call about one student."""

    homeroom: Sequence[User]
    guardians: Sequence[Guardian]


# nobody rings a dead parent, nor one who is suspected of harming the child
NOT_CALLED = frozenset({GuardianStatus.DECEASED, GuardianStatus.SUSPECTED})


def contacts_for(
    session: Session, actor: Actor, alert: Alert, school: Organisation
) -> Contacts | None:
    """For the counselor always, for who else works alerts while a critical one is open; logged."""
    if not _may_call(actor, alert, school.path):
        return None
    return contacts_of(session, actor, alert.student, alert.school_id)


def contacts_of(session: Session, actor: Actor, student: Student, school_id: int) -> Contacts:
    """For who may call; logged."""
    audit.record_read(
        "contacts.read",
        by=actor.ref,
        organisation_id=school_id,
        subjects=[f"student:{student.id}"],
    )
    klass = student.klass
    return Contacts(
        homeroom=staff_of(
            session,
            school_id,
            (Role.HOMEROOM.value,),
            klass_id=klass.id,
            branch_id=klass.branch_id,
        ),
        guardians=session.scalars(guardians_of(student.id)).all(),
    )


def _may_call(actor: Actor, alert: Alert, path: str) -> bool:
    if not actor.may(Permission.ALERT_WORK, path):
        return False
    urgent = alert.severity == CRITICAL and alert.ended_at is None
    return urgent or actor.may(Permission.STUDENT_VIEW, path)
