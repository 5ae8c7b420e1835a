"""Read the figures of a campaign and of a region in a fixed number of statements."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission
from foundation import clock
from schools import settings
from schools.models import Grade, Klass, Student, StudentStatus
from schools.queries import in_scope, students_visible_to
from screening.campaigns.consent_queries import may_answer_ids
from screening.models import Alert, Campaign, Case, CaseEvent, Interview, Response, Score, Ticket
from screening.reports.figures import Figures, Part, Taken

SCHOOL_YEAR_STARTS = (9, 1)


def school_year(moment: datetime) -> tuple[datetime, datetime]:
    """The school year (1 September to 31 August, Shanghai) that holds the moment."""
    there = clock.local(moment)
    year = there.year if (there.month, there.day) >= SCHOOL_YEAR_STARTS else there.year - 1
    return year_from(year)


def year_from(year: int) -> tuple[datetime, datetime]:
    """The school year that begins in September of `year`."""
    starts = [
        datetime(each, *SCHOOL_YEAR_STARTS, tzinfo=clock.SHANGHAI) for each in (year, year + 1)
    ]
    return starts[0], starts[1]


@dataclass(frozen=True)
class _Sheets:
    """What a campaign's responses say, by student."""

    valid: set[int]
    finished: set[int]
    positive: set[int]
    critical: set[int]
    bands: dict[str, Counter[str]]
    quality: Counter[str]
    notes: list[str]
    unanswered: int


def figures_of(session: Session, campaign: Campaign) -> Figures:
    """All figures of a campaign."""
    rows = session.execute(_tickets(campaign.id)).all()
    sheets = _sheets(session, campaign.id)
    missing = any(row.state != "submitted" for row in rows)
    may = may_answer_ids(session, campaign) if missing else {row.student_id for row in rows}
    course = _course(session, campaign)
    alerted = set(session.scalars(select(Alert.student_id).where(Alert.campaign_id == campaign.id)))
    people = [_taken(row, sheets, may, course, alerted) for row in rows]
    enrolled, covered = _coverage(session, campaign)
    alerts = session.execute(
        select(Alert.severity, func.count())
        .where(Alert.campaign_id == campaign.id)
        .group_by(Alert.severity)
    ).all()
    return Figures(
        enrolled=enrolled,
        covered=covered,
        people=people,
        bands=sheets.bands,
        quality=sheets.quality,
        alerts=dict(alerts),
        notes=sheets.notes,
        unanswered_critical=sheets.unanswered,
        smallest=int(settings.value(session, campaign.school_id, "report.small_cell")),
    )


def _tickets(campaign_id: int) -> Select[int, str, str | None, datetime | None, str, str, str]:
    return (
        select(
            Ticket.student_id,
            Ticket.state,
            Ticket.excused,
            Ticket.started_at,
            Grade.name.label("grade"),
            Klass.name.label("klass"),
            func.coalesce(Student.sex, "").label("sex"),
        )
        .join(Student, Student.id == Ticket.student_id)
        .join(Klass, Klass.id == Ticket.klass_id)
        .join(Grade, Grade.id == Klass.grade_id)
        .where(
            Ticket.campaign_id == campaign_id,
            Ticket.purpose == "first",
            Ticket.state != "void",
        )
    )


def _taken(
    row: object,
    sheets: _Sheets,
    may: set[int],
    course: Mapping[int, frozenset[str]],
    alerted: set[int],
) -> Taken:
    student_id: int = row.student_id  # type: ignore[attr-defined]
    part = _part(row, sheets, may)
    valid = part is Part.VALID
    finished = part in {Part.VALID, Part.INVALID}
    return Taken(
        student_id=student_id,
        part=part,
        grade=row.grade,  # type: ignore[attr-defined]
        klass=f"{row.grade} {row.klass}",  # type: ignore[attr-defined]
        sex=row.sex,  # type: ignore[attr-defined]
        started=finished or part is Part.UNFINISHED,
        positive=valid and student_id in sheets.positive,
        critical=student_id in sheets.critical,
        alerted=student_id in alerted,
        course=course.get(student_id, frozenset()),
    )


def _part(row: object, sheets: _Sheets, may: set[int]) -> Part:
    student_id, state = row.student_id, row.state  # type: ignore[attr-defined]
    if student_id in sheets.finished:
        return Part.VALID if student_id in sheets.valid else Part.INVALID
    if row.excused or state == "withdrawn" or student_id not in may:  # type: ignore[attr-defined]
        return Part.DECLINED
    return Part.UNFINISHED if state == "started" else Part.ABSENT


def _sheets(session: Session, campaign_id: int) -> _Sheets:
    found = _Sheets(set(), set(), set(), set(), {}, Counter(), [], 0)
    responses = session.execute(
        select(Response.student_id, Response.careless, Response.quality, Response.note).where(
            Response.campaign_id == campaign_id
        )
    ).all()
    for student_id, careless, quality, note in responses:
        found.finished.add(student_id)
        if not careless:
            found.valid.add(student_id)
        found.quality.update({each["index"] for each in quality or ()})
        if note and note not in found.notes:
            found.notes.append(note)
    return _scored(session, campaign_id, found)


def _scored(session: Session, campaign_id: int, found: _Sheets) -> _Sheets:
    newest = (
        select(func.max(Score.id))
        .where(Score.campaign_id == campaign_id)
        .group_by(Score.response_id, Score.instrument)
    )
    rows = session.execute(
        select(
            Score.student_id,
            Score.instrument,
            Score.valid,
            Score.positive,
            Score.critical,
            Score.result,
        ).where(Score.id.in_(newest))
    ).all()
    unanswered = 0
    for student_id, instrument, valid, positive, critical, result in rows:
        if critical:
            found.critical.add(student_id)
        unanswered += bool(result["unanswered_critical"])
        if not valid:
            continue
        if positive or critical:
            found.positive.add(student_id)
        band = next(iter(result["bands"].values()), None)
        found.bands.setdefault(instrument, Counter())[band or ""] += 1
    return _Sheets(**{**vars(found), "unanswered": unanswered})


# what a case has been through, by the states it has entered
BEEN = {
    "in_care": {"in_care", "referred", "returning", "monitoring"},
    "referred": {"referred", "returning"},
    "returned": {"returning"},
}


def _course(session: Session, campaign: Campaign) -> Mapping[int, frozenset[str]]:
    """What has been done for each student of the school since the campaign opened."""
    since = campaign.opens_at
    found: dict[int, set[str]] = {}
    for student_id in session.scalars(
        select(Interview.student_id).where(
            Interview.school_id == campaign.school_id, Interview.held_at >= since
        )
    ):
        found.setdefault(student_id, set()).add("interviewed")
    for student_id in session.scalars(
        select(Case.student_id).where(
            Case.school_id == campaign.school_id,
            Case.level.is_not(None),
            Case.level_set_at >= since,
        )
    ):
        found.setdefault(student_id, set()).add("levelled")
    entered = session.execute(
        select(Case.student_id, CaseEvent.to_state)
        .join(CaseEvent, CaseEvent.case_id == Case.id)
        .where(Case.school_id == campaign.school_id, CaseEvent.at >= since)
        .distinct()
    )
    for student_id, state in entered:
        steps = {step for step, states in BEEN.items() if state in states}
        found.setdefault(student_id, set()).update(steps)
    return {student_id: frozenset(steps) for student_id, steps in found.items()}


def _coverage(session: Session, campaign: Campaign) -> tuple[int, int]:
    """Students of the school in the school year, and those of them with a sheet in it.

    Who was to take part counts also after he left; who is enrolled now tells of this year only.
    """
    starts, ends = school_year(campaign.opens_at)
    of_year = and_(
        Campaign.school_id == campaign.school_id,
        Campaign.opens_at >= starts,
        Campaign.opens_at < ends,
    )
    taken = select(Response.student_id).join(Campaign).where(of_year)
    asked = select(Ticket.student_id).join(Campaign).where(of_year, Ticket.state != "void")
    counted = or_(Student.id.in_(asked), Student.id.in_(taken))
    if starts <= clock.now() < ends:
        counted = or_(counted, Student.status == StudentStatus.ENROLLED.value)
    people = select(func.count()).select_from(Student)
    of_school = and_(Student.school_id == campaign.school_id, counted)
    everybody = session.scalar(people.where(of_school))
    covered = session.scalar(people.where(of_school, Student.id.in_(taken)))
    return everybody or 0, covered or 0


def reports_visible_to(actor: Actor) -> Select[Campaign]:
    """Campaigns whose report he may read: those that have begun, the newest first."""
    return (
        select(Campaign)
        .where(
            in_scope(actor, Permission.REPORT_VIEW, school=Campaign.school_id),
            Campaign.state.in_(("approved", "closed")),
        )
        .order_by(Campaign.opens_at.desc(), Campaign.id)
    )


def responses_visible_to(actor: Actor) -> Select[Response, Student]:
    """Sheets of students whose results he may read, never his own."""
    students = students_visible_to(actor, Permission.RESULT_VIEW).subquery()
    return (
        select(Response, Student)
        .join(Student, Student.id == Response.student_id)
        .where(Response.student_id.in_(select(students.c.id)))
        .order_by(Response.submitted_at.desc(), Response.id)
    )


def scores_of(
    session: Session, response_ids: Sequence[int] | Select[int]
) -> dict[int, list[Score]]:
    """The newest score of each instrument of each sheet."""
    newest = (
        select(func.max(Score.id))
        .where(Score.response_id.in_(response_ids))
        .group_by(Score.response_id, Score.instrument)
    )
    found: dict[int, list[Score]] = {}
    for score in session.scalars(select(Score).where(Score.id.in_(newest)).order_by(Score.id)):
        found.setdefault(score.response_id, []).append(score)
    return found
