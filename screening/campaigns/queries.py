"""Campaigns, boards and lists as an actor may fetch them."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission
from foundation import clock
from instruments.library import catalogue
from instruments.library.definition import Definition
from schools.duty import rules as duty
from schools.duty.queries import whole_chain
from schools.models import Grade, Klass, Student, StudentStatus
from schools.queries import in_scope
from screening.campaigns import consent
from screening.campaigns.readiness import Plan
from screening.campaigns.wordings import own_texts
from screening.models import Campaign, CampaignKlass, Sitting


def campaigns_visible_to(
    actor: Actor, permission: Permission = Permission.CAMPAIGN_VIEW
) -> Select[Campaign]:
    """Campaigns of the schools where he holds the permission; a homeroom teacher's by his class."""
    mine = in_scope(actor, permission, school=Klass.school_id, klass=Klass.id)
    reached = (
        select(CampaignKlass.campaign_id)
        .join(Klass, Klass.id == CampaignKlass.klass_id)
        .where(mine)
    )
    whole = in_scope(actor, permission, school=Campaign.school_id)
    return (
        select(Campaign).where(whole | Campaign.id.in_(reached)).order_by(Campaign.opens_at.desc())
    )


def klasses_of(campaign_id: int) -> Select[Klass]:
    """The classes that take part, in grade order."""
    return (
        select(Klass)
        .join(CampaignKlass, CampaignKlass.klass_id == Klass.id)
        .join(Grade, Grade.id == Klass.grade_id)
        .where(CampaignKlass.campaign_id == campaign_id)
        .order_by(Grade.id, Klass.id)
    )


def students_of(campaign_id: int) -> Select[Student]:
    """Enrolled students of the classes that take part."""
    klasses = select(CampaignKlass.klass_id).where(CampaignKlass.campaign_id == campaign_id)
    return (
        select(Student)
        .where(Student.klass_id.in_(klasses), Student.status == StudentStatus.ENROLLED.value)
        .order_by(Student.klass_id, Student.student_number, Student.id)
    )


def definitions_of(campaign: Campaign) -> list[Definition]:
    """The instruments of a campaign in the versions it was approved with."""
    return [catalogue.get(each["key"], each["version"]) for each in campaign.instruments]


def plan_of(session: Session, campaign: Campaign) -> Plan:
    """Everything that the readiness checks look at."""
    definitions = definitions_of(campaign)
    students = session.scalar(
        select(func.count()).select_from(students_of(campaign.id).order_by(None).subquery())
    )
    youngest = session.scalar(
        select(func.max(Student.birth_date)).where(
            Student.id.in_(students_of(campaign.id).with_only_columns(Student.id).order_by(None))
        )
    )
    slots = whole_chain(session, campaign.school_id)
    licences = _licences(session, campaign, definitions)
    opens_on = max(clock.today(), clock.local(campaign.opens_at).date())
    return Plan(
        stage=str(campaign.school.stage),
        students=students or 0,
        opens_at=campaign.opens_at,
        closes_at=campaign.closes_at,
        definitions=definitions,
        unusable=[d.key for d in definitions if not _has_wording(d, campaign, licences)],
        expired=[key for key, until in licences.items() if until < opens_on],
        unverified=[] if campaign.sensitive_approved_by else unverified(campaign),
        spoken=[d.key for d in definitions if d.spoken and campaign.origin == "online"],
        duty_problems=duty.problems(slots, campaign.opens_at, campaign.closes_at),
        sensitive_approved=campaign.sensitive_approved_by is not None,
        youngest=consent.age_on(youngest, clock.today()),
    )


def _licences(
    session: Session, campaign: Campaign, definitions: Sequence[Definition]
) -> dict[str, date]:
    """Until when the school may use its own text, by scale."""
    own = {each.key: own_texts(session, campaign.school_id, each) for each in definitions}
    return {key: max(row.expires_on for row, _ in texts) for key, texts in own.items() if texts}


def _has_wording(definition: Definition, campaign: Campaign, licences: Mapping[str, date]) -> bool:
    # an instrument without wording takes entered paper sheets only
    if campaign.origin != "online" or definition.key in licences:
        return True
    return catalogue.wording(definition.key, "zh-Hans", definition.version) is not None


def unverified(campaign: Campaign) -> list[str]:
    """Keys of the scales whose key or chosen cut-set nobody has verified."""
    chosen = {each["key"]: each.get("cutset") for each in campaign.instruments}
    return [d.key for d in definitions_of(campaign) if not d.is_verified(chosen[d.key])]


def sittings_of(campaign_id: int) -> Select[Sitting]:
    """Planned sittings in the order of the day."""
    return select(Sitting).where(Sitting.campaign_id == campaign_id).order_by(Sitting.starts_at)
