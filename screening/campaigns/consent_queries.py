"""Whose consent stands: facts gathered by the database, judged by the one rule in `consent`."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, select
from sqlalchemy.orm import Session

from foundation import clock
from schools import settings
from schools.models import Student, StudentStatus
from screening.campaigns import consent
from screening.models import Campaign, CampaignKlass, Consent

SAID = ("granted", "withdrawn", "declined")
OPEN_FOR = frozenset({consent.Status.GRANTED, consent.Status.MISSING_STUDENT})


class Facts(NamedTuple):
    """All that the rule asks about a student; thousands of students share few of them."""

    age: int | None
    own: int | None  # place in SAID
    granted: int
    withdrawn: int
    declined: int


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


class Gathered(NamedTuple):
    """What a statement about a campaign's students joins and groups by."""

    latest: Subquery
    columns: Sequence[ColumnElement[Any]]
    takes_part: ColumnElement[bool]  # enrolled, in a class of the campaign


def gathered(campaign: Campaign, rule: consent.Rule, klass_id: int | None = None) -> Gathered:
    """The facts as columns; join `latest` on the student to use them.

    `klass_id` keeps the decisions of one class; the rest of the campaign is not read then.
    """
    latest = _latest(campaign.id, klass_id)
    columns = [
        _age_class(rule, clock.local(campaign.opens_at).date()),
        latest.c.own,
        *(func.coalesce(latest.c[name], 0).label(name) for name in SAID),
    ]
    klasses = select(CampaignKlass.klass_id).where(CampaignKlass.campaign_id == campaign.id)
    enrolled = Student.status == StudentStatus.ENROLLED.value
    return Gathered(latest, columns, and_(enrolled, Student.klass_id.in_(klasses)))


def _latest(campaign_id: int, klass_id: int | None) -> Subquery:
    """One row per student with his own latest word and what his guardians say.

    The latest decision is the one with the highest id; its place in SAID rides on that id, so
    that one pass over the decisions finds it. A retracted one has the place behind the last.
    """
    none = len(SAID)
    places = {word: at for at, word in enumerate(SAID)}
    place = case(places, value=Consent.decision, else_=none)
    each = (
        select(
            Consent.student_id,
            Consent.party,
            (func.max(Consent.id * (none + 1) + place) % (none + 1)).label("said"),
        )
        .where(Consent.campaign_id == campaign_id)
        .group_by(Consent.student_id, Consent.party, Consent.guardian_id)
    )
    if klass_id is not None:
        of_klass = select(Student.id).where(Student.klass_id == klass_id)
        each = each.where(Consent.student_id.in_(of_klass))
    last = each.subquery()
    by_guardian = last.c.party == "guardian"
    return (
        select(
            last.c.student_id,
            func.max(
                case((and_(last.c.party == "student", last.c.said < none), last.c.said))
            ).label("own"),
            *(
                func.max(case((and_(by_guardian, last.c.said == at), 1), else_=0)).label(word)
                for at, word in enumerate(SAID)
            ),
        )
        .group_by(last.c.student_id)
        .subquery()
    )


def _age_class(rule: consent.Rule, day: date) -> ColumnElement[Any]:
    """An age on the same side of both limits of the rule as the student's own."""
    young, grown = rule.guardian_below, rule.alone_from
    return case(
        (Student.birth_date.is_(None), None),
        (Student.birth_date <= _born_by(day, grown), grown),
        (Student.birth_date <= _born_by(day, young), young),
        else_=young - 1,
    ).label("age")


def _born_by(day: date, age: int) -> date:
    """The last birthday of those who are at least so old on the day."""
    if (day.month, day.day) == (2, 29):
        return date(day.year - age, 3, 1).replace(month=2, day=28)
    return day.replace(year=day.year - age)


def may_answer(rule: consent.Rule, facts: Facts) -> bool:
    """He may, or he only still has to say yes himself on the first page."""
    decisions = [consent.Decision("guardian", name, name) for name in SAID if getattr(facts, name)]
    if facts.own is not None:
        decisions.append(consent.Decision("student", SAID[facts.own]))
    return consent.assess(rule, facts.age, decisions).status in OPEN_FOR


def may_answer_ids(session: Session, campaign: Campaign, klass_id: int | None = None) -> set[int]:
    """Students of a campaign (or one class of it) who may answer."""
    rule = consent_rule(session, campaign)
    facts = gathered(campaign, rule, klass_id)
    statement: Select[Any] = (
        select(Student.id, *facts.columns)
        .outerjoin(facts.latest, facts.latest.c.student_id == Student.id)
        .where(facts.takes_part)
    )
    if klass_id is not None:
        statement = statement.where(Student.klass_id == klass_id)
    known: dict[Facts, bool] = {}
    found = set()
    for student_id, *rest in session.execute(statement):
        each = Facts(*rest)
        if each not in known:
            known[each] = may_answer(rule, each)
        if known[each]:
            found.add(student_id)
    return found
