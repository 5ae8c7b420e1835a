"""Alerts as an actor may fetch them: the queue, its counts, one alert, worklists without scores."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from accounts.policy import Actor, Permission
from foundation import clock
from schools.models import Klass, Student
from schools.names import normalised
from schools.queries import in_scope
from screening.alert_workflow import State
from screening.models import Alert, AlertChange, AlertReach, Case

PAGE = 50


@dataclass(frozen=True)
class Wanted:
    """What the queue is narrowed to; `whose` is "", mine, unassigned or overdue."""

    words: str = ""
    severity: int | None = None
    state: str = ""
    klass_id: int | None = None
    whose: str = ""


def alerts_visible_to(
    actor: Actor, permission: Permission = Permission.ALERT_VIEW
) -> Select[Alert]:
    """Alerts of the schools where he holds the permission, never about himself."""
    return (
        select(Alert)
        .join(Student, Student.id == Alert.student_id)
        .options(joinedload(Alert.student).joinedload(Student.klass))
        .where(
            in_scope(actor, permission, school=Alert.school_id, klass=Student.klass_id),
            Alert.student_id.not_in(actor.own_student_ids),
        )
    )


def open_students(actor: Actor, wanted: Wanted) -> Select[int, int, datetime | None, int]:
    """(student, worst severity, earliest due, open alerts), by severity and then time left."""
    worst, earliest = func.max(Alert.severity), func.min(Alert.due_at)
    return (
        select(Alert.student_id, worst, earliest, func.count(Alert.id))
        .join(Student, Student.id == Alert.student_id)
        .where(*_narrowed(actor, wanted))
        .group_by(Alert.student_id)
        .order_by(worst.desc(), earliest, Alert.student_id)
    )


def page_of(
    session: Session, actor: Actor, wanted: Wanted, page: int
) -> tuple[list[list[Alert]], int]:
    """(the open alerts of each student on this page, how many students): three statements."""
    grouped = open_students(actor, wanted)
    total = session.scalar(select(func.count()).select_from(grouped.order_by(None).subquery())) or 0
    ids = [row[0] for row in session.execute(grouped.limit(PAGE).offset((page - 1) * PAGE))]
    rows = session.scalars(
        alerts_visible_to(actor)
        .where(Alert.student_id.in_(ids), Alert.ended_at.is_(None))
        .order_by(Alert.severity.desc(), Alert.due_at, Alert.id)
    ).all()
    groups: dict[int, list[Alert]] = {student: [] for student in ids}
    for alert in rows:
        groups[alert.student_id].append(alert)
    return [group for group in groups.values() if group], total


def _narrowed(actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = [
        in_scope(actor, Permission.ALERT_VIEW, school=Alert.school_id, klass=Student.klass_id),
        Alert.student_id.not_in(actor.own_student_ids),
        Alert.ended_at.is_(None),
    ]
    if wanted.words.strip():
        conditions.append(_named(wanted.words))
    if wanted.severity:
        conditions.append(Alert.severity == wanted.severity)
    if wanted.state in set(State):
        conditions.append(Alert.state == wanted.state)
    if wanted.klass_id:
        conditions.append(Student.klass_id == wanted.klass_id)
    conditions.extend(_whose(actor, wanted.whose))
    return conditions


def _whose(actor: Actor, whose: str) -> list[ColumnElement[bool]]:
    known: dict[str, ColumnElement[bool]] = {
        "mine": Alert.owner_user_id == actor.user_id,
        "unassigned": Alert.owner_user_id.is_(None),
        "overdue": Alert.due_at < clock.now(),
    }
    return [known[whose]] if whose in known else []


def _named(words: str) -> ColumnElement[bool]:
    name = normalised(words)
    plain = name.lower().replace(" ", "")
    return or_(
        Student.name.contains(name, autoescape=True),
        Student.pinyin.startswith(plain, autoescape=True),
        Student.initials.startswith(plain, autoescape=True),
        Student.student_number.startswith(name.upper(), autoescape=True),
    )


def pulse(session: Session, actor: Actor) -> tuple[int, int, int]:
    """(open alerts, open critical ones nobody has taken, newest id): what the page polls."""
    urgent = func.count(Alert.id).filter(Alert.severity == 3, Alert.state == State.OPEN.value)
    row = session.execute(
        select(func.count(Alert.id), urgent, func.coalesce(func.max(Alert.id), 0))
        .join(Student, Student.id == Alert.student_id)
        .where(*_narrowed(actor, Wanted()))
    ).one()
    return row[0], row[1], row[2]


def klasses_with_alerts(actor: Actor) -> Select[Klass]:
    """Classes for the filter: those that have an open alert."""
    flagged = (
        select(Student.klass_id)
        .join(Alert, Alert.student_id == Student.id)
        .where(*_narrowed(actor, Wanted()))
    )
    return select(Klass).where(Klass.id.in_(flagged)).order_by(Klass.id)


def changes_of(alert_id: int) -> Select[AlertChange]:
    """What happened to an alert, in order."""
    return select(AlertChange).where(AlertChange.alert_id == alert_id).order_by(AlertChange.id)


def reached_by(alert_id: int) -> Select[AlertReach]:
    """Whom a flag reached, as what and when."""
    return select(AlertReach).where(AlertReach.alert_id == alert_id).order_by(AlertReach.id)


def worklist(actor: Actor) -> Select[Alert]:
    """Open flags for the League side and school leads; pages show attention and advice only."""
    return (
        alerts_visible_to(actor, Permission.CARE_VIEW)
        .where(Alert.ended_at.is_(None))
        .order_by(Alert.severity.desc(), Alert.due_at, Alert.id)
    )


def advice_for(actor: Actor) -> Select[Case]:
    """Open cases of his class that carry advice: nothing else of them reaches a homeroom teacher."""
    return (
        select(Case)
        .join(Student, Student.id == Case.student_id)
        .options(joinedload(Case.student).joinedload(Student.klass))
        .where(
            in_scope(actor, Permission.ADVICE_VIEW, school=Case.school_id, klass=Student.klass_id),
            Case.ended_at.is_(None),
            Case.advice.is_not(None),
        )
        .order_by(Case.student_id)
    )
