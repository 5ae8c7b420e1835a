"""Read the figures of a region's schools in one school year, in a number of statements that stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, distinct, func, or_, select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission
from foundation import clock
from schools import settings
from schools.models import Organisation, OrganisationKind, Student, StudentStatus
from schools.queries import within
from screening.models import Campaign, Response, Score, Ticket
from screening.reports.queries import school_year, year_from
from screening.reports.region_figures import Region, School, Stage, of_regions, of_schools

REGIONS = (
    OrganisationKind.NATION,
    OrganisationKind.PROVINCE,
    OrganisationKind.CITY,
    OrganisationKind.COUNTY,
)


def regions_visible_to(actor: Actor) -> Select[Organisation]:
    """Regions whose counts he may read, the highest first."""
    return (
        select(Organisation)
        .where(Organisation.kind.in_(REGIONS), within(actor, Permission.REGION_VIEW))
        .order_by(func.length(Organisation.path), Organisation.path)
    )


def smallest_cell(session: Session, region: Organisation) -> int:
    """One k for the whole tree: two pages with two limits could be compared."""
    top = int(region.path.strip("/").split("/")[0])
    return int(settings.value(session, top, "report.small_cell"))


def region_of(session: Session, region: Organisation, year: int, *, direct: bool = False) -> Region:
    """The page of a region; `direct`: the schools that hang in it without a region between."""
    k = smallest_cell(session, region)
    below = session.scalars(
        select(Organisation)
        .where(Organisation.path.startswith(region.path), Organisation.id != region.id)
        .order_by(Organisation.name)
    ).all()
    parts = [each for each in below if each.kind in REGIONS and each.parent_id == region.id]
    schools = _schools(session, [each for each in below if each.kind == "school"], year)
    own = [school for parent, school in schools if parent == region.id]
    if direct or not parts:
        return of_schools(region.name, own, k)
    rows = [(each.id, each.name, _under(schools, each.path)) for each in parts]
    if own:
        rows.append((region.id, region.name, {region.id: own}))
    return of_regions(region.name, rows, k)


def _under(schools: Sequence[tuple[int, School]], path: str) -> Mapping[int, list[School]]:
    found: dict[int, list[School]] = {}
    for parent, school in schools:
        if school.path.startswith(path):
            found.setdefault(parent, []).append(school)
    return found


@dataclass(frozen=True)
class _Year:
    """Conditions of one school year; of the running one only who is enrolled today is eligible.

    Who has handed in a sheet stays counted: results that shrank by one when a student leaves would
    tell what his was.
    """

    campaigns: ColumnElement[bool]
    eligible: ColumnElement[bool]
    finished: ColumnElement[bool]
    running: bool


def _year(below: Sequence[int], year: int) -> _Year:
    starts, ends = year_from(year)
    running = year == school_year(clock.now())[0].year
    campaigns = and_(
        Campaign.school_id.in_(below),
        Campaign.opens_at >= starts,
        Campaign.opens_at < ends,
        Campaign.opens_at <= clock.now(),
        Campaign.state.in_(("approved", "closed")),
    )
    enrolled = and_(
        Student.school_id == Campaign.school_id, Student.status == StudentStatus.ENROLLED.value
    )
    anybody = Student.school_id == Campaign.school_id
    return _Year(campaigns, enrolled if running else anybody, anybody, running)


def _schools(session: Session, rows: Sequence[Organisation], year: int) -> list[tuple[int, School]]:
    """(parent, school) in the order of names."""
    ids = [each.id for each in rows]
    chosen = _year(ids, year)
    counts = _counts(session, ids, chosen)
    stages = _stages(session, ids, year)
    found = []
    for each in rows:
        enrolled, eligible, finished, valid, positive = (count.get(each.id, 0) for count in counts)
        eligible = max(eligible, finished)
        # nobody knows today how many were enrolled then: those who were to take part stand for it
        enrolled = max(enrolled, eligible) if chosen.running else eligible
        stage = stages.get(each.id, Stage.NONE)
        numbers = (enrolled, eligible, finished, valid, positive)
        found.append((each.parent_id or 0, School(each.id, each.name, each.path, stage, numbers)))
    return found


def _counts(session: Session, ids: Sequence[int], chosen: _Year) -> list[Mapping[int, int]]:
    """Enrolled, eligible, finished, valid and positive students by school.

    Results count once their campaign is over: a figure that grew by one sheet would tell whose.
    """
    enrolled = (
        select(Student.school_id, func.count())
        .where(Student.school_id.in_(ids), Student.status == StudentStatus.ENROLLED.value)
        .group_by(Student.school_id)
    )
    eligible = _by_school(Ticket, chosen.campaigns, chosen.eligible).where(
        Ticket.purpose == "first", Ticket.state != "void"
    )
    finished = _by_school(Response, chosen.campaigns, chosen.finished)
    over = or_(Campaign.state == "closed", Campaign.closes_at <= clock.now())
    valid = finished.where(over, Response.careless.is_(False))
    newest = (
        select(func.max(Score.id))
        .join(Campaign, Campaign.id == Score.campaign_id)
        .where(chosen.campaigns)
        .group_by(Score.response_id, Score.instrument)
    )
    positive = valid.join(Score, Score.response_id == Response.id).where(
        Score.id.in_(newest), Score.valid, or_(Score.positive.is_(True), Score.critical)
    )
    statements = (enrolled, eligible, finished, valid, positive)
    return [{row[0]: row[1] for row in session.execute(each)} for each in statements]


def _by_school(
    kind: type[Ticket] | type[Response], campaigns: ColumnElement[bool], people: ColumnElement[bool]
) -> Select[int, int]:
    return (
        select(Campaign.school_id, func.count(distinct(kind.student_id)))
        .select_from(kind)
        .join(Campaign, Campaign.id == kind.campaign_id)
        .join(Student, Student.id == kind.student_id)
        .where(campaigns, people)
        .group_by(Campaign.school_id)
    )


def _stages(session: Session, ids: Sequence[int], year: int) -> Mapping[int, Stage]:
    """The furthest that any campaign of the year has come, by school."""
    starts, ends = year_from(year)
    now = clock.now()
    rows = session.execute(
        select(Campaign.school_id, Campaign.state, Campaign.opens_at, Campaign.closes_at).where(
            Campaign.school_id.in_(ids),
            Campaign.opens_at >= starts,
            Campaign.opens_at < ends,
            Campaign.state != "cancelled",
        )
    ).all()
    found: dict[int, set[Stage]] = {}
    for school, state, opens, closes in rows:
        if state not in {"approved", "closed"} or opens > now:
            stage = Stage.PLANNED
        else:
            stage = Stage.OVER if state == "closed" or closes <= now else Stage.RUNNING
        found.setdefault(school, set()).add(stage)
    order = (Stage.RUNNING, Stage.OVER, Stage.PLANNED)
    return {
        school: next(stage for stage in order if stage in stages)
        for school, stages in found.items()
    }


def years_of(session: Session, region: Organisation) -> list[int]:
    """School years in which the schools of a region had campaigns, the newest first."""
    moments = session.scalars(
        select(Campaign.opens_at)
        .join(Organisation, Organisation.id == Campaign.school_id)
        .where(Organisation.path.startswith(region.path))
        .distinct()
    )
    years = {school_year(moment)[0].year for moment in moments}
    return sorted(years | {school_year(clock.now())[0].year}, reverse=True)
