"""Alerts as an actor may fetch them: the queue, its counts, one alert, worklists without scores."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload

from accounts.models import User
from accounts.policy import Actor, Permission, Role
from foundation import clock
from foundation.paging import Page, page_of_rows
from schools.models import Klass, Organisation, StaffRole, Student
from schools.queries import in_scope
from schools.student_queries import fits
from screening.campaigns.rule_words import Spoken
from screening.campaigns.wordings import spoken
from screening.models import Alert, AlertChange, AlertReach, Campaign, Case
from screening.triage.alert_workflow import CRITICAL, FOLLOWED, State

BEFORE, AROUND = 5, 25  # of the queue beside an alert


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


def called_to(actor: Actor) -> Select[Alert]:
    """What he is to see to though his roles do not open it, until a counselor works on it.

    Critical alerts that called him on duty, and those of a school that has nobody else.
    """
    on_duty = select(AlertReach.alert_id).where(
        AlertReach.user_id == actor.user_id, AlertReach.as_role == Role.DUTY_PERSON.value
    )
    critical = (Alert.severity == CRITICAL) & Alert.id.in_(on_duty)
    return (
        select(Alert)
        .options(joinedload(Alert.student).joinedload(Student.klass))
        .where(
            or_(critical, Alert.owner_user_id == actor.user_id),
            Alert.state.in_((State.OPEN.value, State.ACKNOWLEDGED.value)),
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


def queue(session: Session, actor: Actor, wanted: Wanted, number: int) -> Page[list[Alert]]:
    """The open alerts of each student on this page: three statements."""
    page = page_of_rows(session, open_students(actor, wanted), number)
    groups = _alerts_of(session, actor, [row[0] for row in page])
    return Page(groups, page.number, page.pages, page.total)


def _alerts_of(session: Session, actor: Actor, student_ids: Sequence[int]) -> list[list[Alert]]:
    rows = session.scalars(
        alerts_visible_to(actor)
        .where(Alert.student_id.in_(student_ids), Alert.ended_at.is_(None))
        .order_by(Alert.severity.desc(), Alert.due_at, Alert.id)
    ).all()
    groups: dict[int, list[Alert]] = {student: [] for student in student_ids}
    for alert in rows:
        groups[alert.student_id].append(alert)
    return [group for group in groups.values() if group]


@dataclass(frozen=True)
class Place:
    """Where a student stands in a queue: who is around him, who comes next, of how many."""

    around: list[list[Alert]]
    following: int | None  # the alert to go on with
    position: int
    total: int


def place_of(session: Session, actor: Actor, wanted: Wanted, student_id: int) -> Place:
    """The part of the queue around a student; one who is not in it stands before its first."""
    ids = [row[0] for row in session.execute(open_students(actor, wanted))]
    at = ids.index(student_id) if student_id in ids else -1
    first = max(0, at - BEFORE)
    around = _alerts_of(session, actor, ids[first : first + AROUND])
    after = {group[0].student_id: group[0].id for group in around}
    following = after.get(ids[at + 1]) if at + 1 < len(ids) else None
    return Place(around, following, at + 1, len(ids))


def alerts_wanted(
    actor: Actor, wanted: Wanted, student_ids: Sequence[int] | None = None
) -> Select[Alert]:
    """Open alerts that he may give to somebody: of these students, or of all that are wanted."""
    query = alerts_visible_to(actor, Permission.CASE_WORK).where(*_narrowed(actor, wanted))
    return query if student_ids is None else query.where(Alert.student_id.in_(student_ids))


def counselors_of(
    session: Session, school_ids: Iterable[int] | Select[int]
) -> list[tuple[Organisation, list[User]]]:
    """The counselors of each of these schools, by the name of the school: one statement."""
    rows = session.execute(
        select(Organisation, User)
        .join(StaffRole, StaffRole.organisation_id == Organisation.id)
        .join(User, User.id == StaffRole.user_id)
        .where(
            Organisation.id.in_(school_ids),
            StaffRole.role == Role.COUNSELOR.value,
            StaffRole.ended_at.is_(None),
            User.active,
        )
        .order_by(Organisation.name, Organisation.id, User.id)
    ).unique()
    found: dict[int, tuple[Organisation, list[User]]] = {}
    for school, user in rows:
        users = found.setdefault(school.id, (school, []))[1]
        if user not in users:
            users.append(user)
    return list(found.values())


def _narrowed(actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = [
        in_scope(actor, Permission.ALERT_VIEW, school=Alert.school_id, klass=Student.klass_id),
        Alert.student_id.not_in(actor.own_student_ids),
        Alert.ended_at.is_(None),
    ]
    if wanted.words.strip():
        conditions.append(fits(wanted.words))
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


def spoken_of(session: Session, alert: Alert) -> Spoken | None:
    """The scale of an alert's rule in the words that may be shown; None for a call for a person."""
    inputs = alert.inputs or {}
    campaign = session.get(Campaign, alert.campaign_id) if alert.campaign_id else None
    key = inputs.get("instrument") or alert.rule.split(":")[0]
    return spoken(session, campaign, key, inputs.get("version"))


def students_to_care_for(actor: Actor, words: str = "") -> Select[int, datetime | None]:
    """(student, earliest due) of the League side and school leads, the most urgent first."""
    urgency = case((_calm(), CRITICAL), else_=0) - Alert.severity
    earliest = func.min(Alert.due_at).label("due_at")
    query = (
        select(Alert.student_id, earliest)
        .join(Student, Student.id == Alert.student_id)
        .outerjoin(Case, Case.id == Alert.case_id)
        .where(
            in_scope(actor, Permission.CARE_VIEW, school=Alert.school_id, klass=Student.klass_id),
            Alert.student_id.not_in(actor.own_student_ids),
            Alert.ended_at.is_(None),
        )
        .group_by(Alert.student_id)
        .order_by(func.min(urgency), earliest, Alert.student_id)
    )
    return query.where(fits(words)) if words.strip() else query


def worklist(session: Session, actor: Actor, words: str, number: int) -> Page[list[Alert]]:
    """The open flags of each student on this page; pages show attention and advice only."""
    page = page_of_rows(session, students_to_care_for(actor, words), number)
    rows = session.scalars(
        alerts_visible_to(actor, Permission.CARE_VIEW)
        .outerjoin(Case, Case.id == Alert.case_id)
        .where(Alert.ended_at.is_(None), Alert.student_id.in_([row[0] for row in page]))
        .order_by(_calm(), Alert.severity.desc(), Alert.due_at, Alert.id)
    ).all()
    groups: dict[int, list[Alert]] = {row[0]: [] for row in page}
    for alert in rows:
        groups[alert.student_id].append(alert)
    return Page(list(groups.values()), page.number, page.pages, page.total)


def _calm() -> ColumnElement[bool]:
    """`words.is_calm` as a condition: who needs somebody at his side stands first."""
    judged = or_(
        and_(Case.level.is_not(None), Case.level < CRITICAL),
        and_(
            Case.level.is_(None),
            or_(Alert.severity < CRITICAL, Alert.state == State.WATCH.value),
        ),
    )
    return and_(Alert.state.in_(FOLLOWED), judged)


def levels_of(session: Session, alerts: Iterable[Alert]) -> dict[int | None, int | None]:
    """The level of each case that these alerts belong to, by the case."""
    ids = {alert.case_id for alert in alerts if alert.case_id}
    rows = session.execute(select(Case.id, Case.level).where(Case.id.in_(ids)))
    return {row.id: row.level for row in rows}


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
