"""Schools, classes, students and the campaign that an imported file needs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock
from foundation.i18n import _
from foundation.problems import Refused
from schools import actions
from schools.models import (
    Grade,
    Klass,
    Organisation,
    OrganisationKind,
    Stage,
    Student,
    StudentStatus,
)
from schools.names import pinyin
from screening.models import Campaign, CampaignKlass
from screening.sheets.import_map import AnswerMap
from screening.sheets.import_rows import Sheet


@dataclass(frozen=True)
class Target:
    """Where one school's sheets go."""

    school: Organisation
    campaign: Campaign
    klasses: dict[tuple[str, str], Klass]


def known_school(session: Session, code: str) -> Organisation | None:
    """The school of a code."""
    return session.scalars(
        select(Organisation).where(Organisation.code == code, Organisation.kind == "school")
    ).first()


def prepare(
    session: Session,
    *,
    by: Actor,
    chart: AnswerMap,
    name: str,
    code: str,
    sheets: Sequence[Sheet],
) -> Target:
    """The school, its classes and its campaign of that name, made where the map says so."""
    school = known_school(session, code) or _made_school(session, by, chart, code)
    klasses = _klasses(session, by, school, {(each.grade, each.klass) for each in sheets}, chart)
    campaign = _campaign(session, by, chart, school, name)
    _take_part(session, campaign, [klass.id for klass in klasses.values()])
    return Target(school, campaign, klasses)


def _made_school(session: Session, by: Actor, chart: AnswerMap, code: str) -> Organisation:
    named = chart.schools.names.values() if chart.schools else ()
    found = [each for each in named if isinstance(each, dict) and str(each["code"]) == code]
    if not found or not chart.parent:
        raise Refused(_("没有代码为 %(code)s 的学校，对照表也没有说要新建。", code=code))
    return actions.add_organisation(
        session,
        by=by,
        parent=_parent(session, by, chart),
        kind=OrganisationKind.SCHOOL,
        name=found[0]["name"],
        code=code,
        stage=Stage(chart.stage),
    )


def _parent(session: Session, by: Actor, chart: AnswerMap) -> Organisation:
    code = chart.parent["code"]
    found = session.scalars(select(Organisation).where(Organisation.code == code)).first()
    if found:
        return found
    above = chart.parent.get("under")
    holder = session.scalars(select(Organisation).where(Organisation.code == above)).first()
    return actions.add_organisation(
        session,
        by=by,
        parent=holder,
        kind=OrganisationKind(chart.parent["kind"]),
        name=chart.parent["name"],
        code=code,
    )


def _klasses(
    session: Session,
    by: Actor,
    school: Organisation,
    wanted: Iterable[tuple[str, str]],
    chart: AnswerMap,
) -> dict[tuple[str, str], Klass]:
    rows = session.execute(
        select(Grade.name, Klass)
        .join(Klass, Klass.grade_id == Grade.id)
        .where(Klass.school_id == school.id)
    )
    found = {(grade, klass.name): klass for grade, klass in rows.unique()}
    for grade, klass in sorted(set(wanted) - set(found)):
        if not chart.people.create:
            raise Refused(
                _("%(name)s 没有这个班：%(klass)s", name=school.name, klass=grade + klass)
            )
        found[grade, klass] = actions.add_klass(
            session,
            by=by,
            school=school,
            grade_name=grade,
            name=klass,
            branch_name=f"{grade}{klass}",
        )
    return found


def _campaign(
    session: Session, by: Actor, chart: AnswerMap, school: Organisation, name: str
) -> Campaign:
    found = session.scalars(
        select(Campaign).where(Campaign.school_id == school.id, Campaign.name == name)
    ).first()
    if found is None:
        return _imported_campaign(session, by, chart, school, name)
    wanted = {scale.definition.key: scale.definition.checksum for scale in chart.scales}
    asked = {each["key"]: each["checksum"] for each in found.instruments}
    if found.state not in {"approved", "closed"} or wanted != asked:
        raise Refused(_("%(name)s 已有同名活动，但状态或量表与文件不符。", name=school.name))
    return found


def _imported_campaign(
    session: Session, by: Actor, chart: AnswerMap, school: Organisation, name: str
) -> Campaign:
    opens = datetime.combine(chart.answered_on, time(0), clock.SHANGHAI)
    campaign = Campaign(
        school_id=school.id,
        school=school,
        name=name,
        state="closed",
        opens_at=opens,
        closes_at=opens + timedelta(days=1),
        instruments=[
            {
                "key": scale.definition.key,
                "version": scale.definition.version,
                "checksum": scale.definition.checksum,
                "cutset": scale.cutset,
                "from_band": scale.from_band,
            }
            for scale in chart.scales
        ],
        consent_rule={"basis": chart.consent_basis},
        origin="import",
        note=chart.note,
        created_by=by.ref,
        created_at=clock.now(),
        closed_at=clock.now(),
    )
    session.add(campaign)
    session.flush()
    audit.record(
        session,
        "campaign.imported",
        by=by.ref,
        organisation_id=school.id,
        subject=f"campaign:{campaign.id}",
    )
    return campaign


def _take_part(session: Session, campaign: Campaign, klass_ids: Iterable[int]) -> None:
    had = set(
        session.scalars(
            select(CampaignKlass.klass_id).where(CampaignKlass.campaign_id == campaign.id)
        )
    )
    session.add_all(
        CampaignKlass(campaign_id=campaign.id, klass_id=klass_id)
        for klass_id in klass_ids
        if klass_id not in had
    )
    session.flush()


def students_for(
    session: Session, *, by: Actor, chart: AnswerMap, target: Target, sheets: Sequence[Sheet]
) -> dict[str, Student]:
    """The students of the sheets by number; unknown ones are added where the map says so."""
    numbers = [each.number for each in sheets]
    found = {
        str(each.student_number): each
        for each in session.scalars(
            select(Student).where(
                Student.school_id == target.school.id,
                Student.student_number.in_(numbers),
                Student.status == StudentStatus.ENROLLED.value,
            )
        )
    }
    if chart.people.create:
        fresh = {each.number: _student(target, each) for each in sheets if each.number not in found}
        session.add_all(fresh.values())
        session.flush()
        _audited(session, by, target, len(fresh))
        found |= fresh
    return found


def _student(target: Target, sheet: Sheet) -> Student:
    full, initials = pinyin(sheet.name)
    return Student(
        school_id=target.school.id,
        klass_id=target.klasses[sheet.grade, sheet.klass].id,
        name=sheet.name or sheet.number,
        pinyin=full,
        initials=initials,
        sex=sheet.sex,
        student_number=sheet.number,
        created_at=clock.now(),
    )


def _audited(session: Session, by: Actor, target: Target, count: int) -> None:
    audit.record(
        session,
        "students.imported",
        by=by.ref,
        organisation_id=target.school.id,
        subject=f"campaign:{target.campaign.id}",
        details={"count": count},
    )
