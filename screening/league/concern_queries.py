"""Concerns as an actor may fetch them, who is told of them, and whom a reporter may mean."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import JSON, Select, String, case, cast, func, select, type_coerce
from sqlalchemy.orm import Session, joinedload

from accounts.policy import GRANTS, Actor, Permission, Role
from foundation import database
from foundation.audit import AuditRow
from schools.models import Organisation, Student, StudentStatus
from schools.names import normalised
from schools.queries import in_scope, schools_visible_to, staff_of, students_visible_to
from screening.league.concern_workflow import A_DAY, State
from screening.league.keywords import URGENT
from screening.models import Case, Concern

# a list this long is part of the form itself, so that it works without a network
SHORT_LIST = 200
# the audit trail is the memory of whom a concern called on duty, and how the call was answered
CALLED, CONTACTED = "concern.called", "concern.contacted"
PAGED_AGAIN = "concern.paged_again"
READERS = tuple(role.value for role in Role if Permission.CONCERN_VIEW in GRANTS[role])
LABEL = re.compile(r"(.+?)\s*[（(](.+)[）)]")


def concerns_visible_to(actor: Actor) -> Select[Concern]:
    """Concerns of the schools where he reads them, the most urgent and earliest due first."""
    urgent_first = case((Concern.urgency == "urgent", 0), else_=1)
    himself = Concern.student_id.in_(actor.own_student_ids)
    return (
        select(Concern)
        .options(joinedload(Concern.student).joinedload(Student.klass))
        .where(
            in_scope(actor, Permission.CONCERN_VIEW, school=Concern.school_id),
            Concern.student_id.is_(None) | ~himself,
        )
        .order_by(Concern.ended_at.is_not(None), urgent_first, Concern.due_at, Concern.id.desc())
    )


def called_to(actor: Actor) -> Select[Concern]:
    """Urgent ones that called him on duty, though his roles do not open them: until it is taken."""
    called = select(AuditRow.id).where(
        AuditRow.subject == "concern:" + cast(Concern.id, String),
        AuditRow.event == CALLED,
        type_coerce(AuditRow.details, JSON)["user"].as_integer() == actor.user_id,
    )
    return (
        select(Concern)
        .options(joinedload(Concern.student).joinedload(Student.klass))
        .where(
            Concern.urgency == URGENT,
            Concern.state == State.OPEN.value,
            Concern.student_id.is_(None) | Concern.student_id.not_in(actor.own_student_ids),
            called.exists(),
        )
    )


def called_before(session: Session, concern: Concern) -> set[int]:
    """Whom it has called on duty so far."""
    rows = session.scalars(
        select(AuditRow.details).where(
            AuditRow.subject == f"concern:{concern.id}", AuditRow.event == CALLED
        )
    )
    return {row["user"] for row in rows if row}


def contacted_at(session: Session, concern: Concern) -> datetime | None:
    """When whoever was called on duty first reached the student."""
    return session.scalar(
        select(func.min(AuditRow.at)).where(
            AuditRow.subject == f"concern:{concern.id}", AuditRow.event == CONTACTED
        )
    )


def own_concerns(actor: Actor) -> Select[Concern]:
    """What he reported himself, newest first; pages show his own words and that they arrived."""
    return (
        select(Concern)
        .options(joinedload(Concern.student))
        .where(Concern.reporter_user_id == actor.user_id)
        .order_by(Concern.id.desc())
    )


def same_report(session: Session, user_id: int | None, client_key: str) -> Concern | None:
    """The concern that this very form already made."""
    return session.scalars(
        select(Concern).where(Concern.reporter_user_id == user_id, Concern.client_key == client_key)
    ).first()


def unacknowledged() -> Select[Concern]:
    """Concerns that nobody has taken yet, of all schools: for the page that climbs."""
    return select(Concern).where(Concern.state == "open").order_by(Concern.id)


def paged_steps(session: Session, concern: Concern) -> int:
    """The last step at which nobody's taking it has paged again; the audit trail is the memory."""
    steps = session.scalars(
        select(AuditRow.details).where(
            AuditRow.subject == f"concern:{concern.id}", AuditRow.event == PAGED_AGAIN
        )
    )
    return max((row["step"] for row in steps if row), default=0)


def reports_of_a_day(session: Session, concern: Concern) -> int:
    """How many concerns the reporter sent in the 24 hours up to this one."""
    since: datetime = concern.created_at - A_DAY
    return (
        session.scalar(
            select(func.count(Concern.id)).where(
                Concern.reporter_user_id == concern.reporter_user_id,
                Concern.created_at > since,
                Concern.created_at <= concern.created_at,
            )
        )
        or 0
    )


def case_to_join(session: Session, school_id: int, student_id: int) -> Case | None:
    """His open case, held: nobody closes it, or opens another for him, until this unit ends."""
    database.hold(session, Student, student_id)
    return session.scalars(
        select(Case)
        .where(Case.school_id == school_id, Case.student_id == student_id, Case.ended_at.is_(None))
        .with_for_update(key_share=True)
    ).first()


def open_case_of(session: Session, school_id: int, student_id: int | None) -> Case | None:
    """The one open case of the student at the school, if there is one."""
    if student_id is None:
        return None
    return session.scalars(
        select(Case).where(
            Case.school_id == school_id, Case.student_id == student_id, Case.ended_at.is_(None)
        )
    ).first()


def others_of_case(session: Session, concern: Concern) -> list[Concern]:
    """Other concerns about the same student: all are kept, whoever joined first."""
    if concern.student_id is None:
        return []
    return list(
        session.scalars(
            select(Concern)
            .where(
                Concern.school_id == concern.school_id,
                Concern.student_id == concern.student_id,
                Concern.id != concern.id,
            )
            .order_by(Concern.id.desc())
        )
    )


def readers(session: Session, school_id: int) -> list[int]:
    """Users of the school who read concerns, counselors first."""
    counselors = staff_of(session, school_id, [Role.COUNSELOR.value])
    everybody = staff_of(session, school_id, READERS)
    return list(dict.fromkeys(user.id for user in (*counselors, *everybody)))


def schools_to_report(actor: Actor) -> Select[Organisation]:
    """Schools for which he may report a concern."""
    return schools_visible_to(actor, Permission.CONCERN_WRITE)


def students_to_name(actor: Actor) -> Select[Student]:
    """Enrolled students whom the reporter may name: own class, branch or school, never himself."""
    return (
        students_visible_to(actor, Permission.CONCERN_WRITE)
        .where(Student.status == StudentStatus.ENROLLED.value)
        .order_by(Student.klass_id, Student.name, Student.id)
    )


def matching(actor: Actor, words: str) -> Select[Student]:
    """The first students whose name, pinyin or initials begin with the words."""
    name = normalised(words)
    plain = name.lower().replace(" ", "")
    fits = (
        Student.name.contains(name, autoescape=True)
        | Student.pinyin.startswith(plain, autoescape=True)
        | Student.initials.startswith(plain, autoescape=True)
    )
    return students_to_name(actor).where(fits).limit(20)


def label_of(student: Student) -> str:
    """How a student stands in the list of names: name and class."""
    return f"{student.name}（{student.klass.grade.name}{student.klass.name}）"


def meant(
    session: Session, actor: Actor, school_id: int, who: str, *, scope: Permission
) -> Student | None:
    """The one student of the school whom a label or a plain name means; None when in doubt."""
    found = LABEL.fullmatch(who.strip())
    name = normalised(found.group(1) if found else who)
    statement = students_visible_to(actor, scope).where(
        Student.school_id == school_id, Student.name == name
    )
    fitting: Sequence[Student] = session.scalars(statement).all()
    if found:
        exact = [student for student in fitting if label_of(student) == label(found)]
        fitting = exact or []
    return fitting[0] if len(fitting) == 1 else None


def label(found: re.Match[str]) -> str:
    """The label as the list writes it, whatever brackets were typed."""
    return f"{normalised(found.group(1))}（{found.group(2).strip()}）"
