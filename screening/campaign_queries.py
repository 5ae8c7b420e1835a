"""Campaigns, boards and lists as an actor may fetch them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission
from foundation import clock
from instruments import catalogue
from instruments.definition import Definition
from schools import duty, settings
from schools.duty_queries import whole_chain
from schools.models import Grade, Klass, Student, StudentStatus
from schools.queries import in_scope
from screening import consent
from screening.models import (
    Campaign,
    CampaignKlass,
    Consent,
    Sitting,
    Ticket,
    WordingLicence,
)
from screening.readiness import Plan


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
    licences = _licences(session, campaign)
    return Plan(
        stage=str(campaign.school.stage),
        students=students or 0,
        opens_at=campaign.opens_at,
        closes_at=campaign.closes_at,
        definitions=definitions,
        unusable=[d.key for d in definitions if not _has_wording(d, campaign, licences)],
        expired=[key for key, until in licences.items() if until < clock.today()],
        unverified=_unverified(campaign, definitions),
        duty_problems=duty.problems(slots, campaign.opens_at, campaign.closes_at),
        sensitive_approved=campaign.sensitive_approved_by is not None,
        youngest=consent.age_on(youngest, clock.today()),
    )


def _licences(session: Session, campaign: Campaign) -> dict[str, date]:
    keys = [each["key"] for each in campaign.instruments]
    rows = session.execute(
        select(WordingLicence.key, func.max(WordingLicence.expires_on))
        .where(WordingLicence.organisation_id == campaign.school_id, WordingLicence.key.in_(keys))
        .group_by(WordingLicence.key)
    ).all()
    return {row.key: row[1] for row in rows}


def _has_wording(definition: Definition, campaign: Campaign, licences: Mapping[str, date]) -> bool:
    # an instrument without wording takes entered paper sheets only
    if campaign.origin != "online" or definition.key in licences:
        return True
    return catalogue.wording(definition.key, "zh-Hans", definition.version) is not None


def _unverified(campaign: Campaign, definitions: Sequence[Definition]) -> list[str]:
    chosen = {each["key"]: each.get("cutset") for each in campaign.instruments}
    if campaign.sensitive_approved_by is not None:
        return []
    return [
        d.key
        for d in definitions
        for cutset in d.cutsets
        if cutset.id == (chosen[d.key] or "default") and not cutset.verified
    ]


@dataclass(frozen=True)
class BoardRow:
    """One class on the board in the three words that a room may see."""

    klass: Klass
    done: int
    not_yet: int
    not_needed: int

    @property
    def total(self) -> int:
        return self.done + self.not_yet + self.not_needed


def board(session: Session, campaign: Campaign, klass_ids: Sequence[int] | None) -> list[BoardRow]:
    """Counts per class in one statement; `klass_ids` narrows it to the classes of a teacher."""
    may = may_answer_ids(session, campaign)
    rows = session.execute(
        select(Ticket.klass_id, Ticket.student_id, Ticket.state, Ticket.excused).where(
            Ticket.campaign_id == campaign.id, Ticket.purpose == "first"
        )
    ).all()
    counts: dict[int, list[int]] = {}
    for klass_id, student_id, state, excused in rows:
        place = _word(state, excused, may_answer=student_id in may)
        counts.setdefault(klass_id, [0, 0, 0])[place] += 1
    klasses = session.scalars(klasses_of(campaign.id)).all()
    return [
        BoardRow(klass, *counts.get(klass.id, [0, 0, 0]))
        for klass in klasses
        if klass_ids is None or klass.id in klass_ids
    ]


WORDS = ("done", "not_yet", "not_needed")


def _word(state: str, excused: str | None, *, may_answer: bool) -> int:
    if state == "submitted":
        return 0
    if excused or state in {"withdrawn", "void"} or not may_answer:
        return 2
    return 1


def word_of(ticket: Ticket, *, may_answer: bool) -> str:
    """done, not_yet or not_needed: declined, exempt, no consent and excused look alike."""
    return WORDS[_word(ticket.state, ticket.excused, may_answer=may_answer)]


def consent_rule(session: Session, campaign: Campaign) -> consent.Rule:
    """The ages of the campaign's rule, else the setting that applies to its school."""
    given = campaign.consent_rule or {}
    return consent.Rule(
        guardian_below=given.get("guardian_below")
        or settings.value(session, campaign.school_id, "consent.guardian_below"),
        alone_from=given.get("alone_from")
        or settings.value(session, campaign.school_id, "consent.student_alone_from"),
    )


def verdicts(
    session: Session, campaign: Campaign, students: Sequence[Student]
) -> dict[int, consent.Verdict]:
    """Where the consent of each of these students stands."""
    rule = consent_rule(session, campaign)
    decisions: dict[int, list[consent.Decision]] = {}
    rows = session.execute(
        select(Consent.student_id, Consent.party, Consent.decision, Consent.guardian_id)
        .where(
            Consent.campaign_id == campaign.id,
            Consent.student_id.in_([student.id for student in students]),
        )
        .order_by(Consent.id)
    ).all()
    for student_id, party, decision, guardian_id in rows:
        decisions.setdefault(student_id, []).append(
            consent.Decision(party, decision, str(guardian_id or ""))
        )
    day = clock.local(campaign.opens_at).date()
    return {
        student.id: consent.assess(
            rule, consent.age_on(student.birth_date, day), decisions.get(student.id, [])
        )
        for student in students
    }


def may_answer_ids(session: Session, campaign: Campaign) -> set[int]:
    """Students who may answer, or who only still have to say yes themselves on the first page."""
    students = session.scalars(students_of(campaign.id)).all()
    open_for = {consent.Status.GRANTED, consent.Status.MISSING_STUDENT}
    return {
        student_id
        for student_id, verdict in verdicts(session, campaign, students).items()
        if verdict.status in open_for
    }


def register(
    session: Session, campaign: Campaign, klass_id: int
) -> list[tuple[Student, Ticket, str]]:
    """A class's students with their tickets and the word that the room may see."""
    rows = session.execute(
        select(Student, Ticket)
        .join(Ticket, Ticket.student_id == Student.id)
        .where(
            Ticket.campaign_id == campaign.id,
            Ticket.klass_id == klass_id,
            Ticket.purpose == "first",
        )
        .order_by(Student.student_number, Student.id)
    ).all()
    may = may_answer_ids(session, campaign)
    return [(s, t, word_of(t, may_answer=s.id in may)) for s, t in rows]


def sittings_of(campaign_id: int) -> Select[Sitting]:
    """Planned sittings in the order of the day."""
    return select(Sitting).where(Sitting.campaign_id == campaign_id).order_by(Sitting.starts_at)
