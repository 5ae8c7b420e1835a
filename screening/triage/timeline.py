"""Everything about one student in the order of time, as much of it as the reader may see."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVarTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission, Role
from foundation import audit
from foundation.i18n import _
from instruments.library import catalogue
from schools.models import Organisation, Student
from screening.campaigns.rule_words import named
from screening.models import (
    Alert,
    AlertChange,
    Campaign,
    Case,
    Concern,
    FollowUp,
    Interview,
    Response,
    Score,
)
from screening.models.referral_columns import REFERRAL
from screening.triage import words as triage_words
from screening.triage.alert_queries import spoken_of

P = Permission
HOSPITAL = Role.HOSPITAL_CONTACT.value
Row = TypeVarTuple("Row")


@dataclass(frozen=True)
class Entry:
    """One line: when, what kind, in words, and the page that shows it."""

    at: datetime
    kind: str
    words: str
    endpoint: str = ""
    key: str = ""
    id: int = 0


def timeline(session: Session, actor: Actor, student: Student) -> dict[str, Any]:
    """Values for templates/triage/_student.html; nothing about himself."""
    path = session.scalar(select(Organisation.path).where(Organisation.id == student.school_id))
    if student.id in actor.own_student_ids or path is None:
        return {"timeline": [], "timeline_shown": False, "timeline_next": []}
    parts = {
        P.ALERT_VIEW: _alerts,
        P.RESULT_VIEW: _changed_answers,
        P.CASE_VIEW: _care,
        P.CONCERN_VIEW: _concerns,
        P.REFERRAL_VIEW: _referrals,
    }
    held = [part for permission, part in parts.items() if actor.may(permission, path)]
    found = [entry for part in held for entry in part(session, student)]
    if held:
        found += _sheets(session, student, scores=actor.may(P.RESULT_VIEW, path))
        audit.record_read(
            "timeline.read",
            by=actor.ref,
            organisation_id=student.school_id,
            subjects=[f"student:{student.id}"],
        )
    return {
        "timeline": sorted(found, key=lambda entry: entry.at, reverse=True),
        "timeline_shown": bool(held),
        "timeline_next": sorted(_next_steps(session, actor, path, student), key=_when),
    }


def _when(entry: Entry) -> datetime:
    return entry.at


def _next_steps(session: Session, actor: Actor, path: str, student: Student) -> Iterator[Entry]:
    """What is still to be done for him and by when: follow-ups, and where a letter waits."""
    if actor.may(P.CASE_VIEW, path):
        rows = select(FollowUp.due_at, FollowUp.what, Case.id).join(
            Case, Case.id == FollowUp.case_id
        )
        undone = _here(rows, Case, student).where(
            FollowUp.done_at.is_(None), Case.ended_at.is_(None)
        )
        for due_at, what, case_id in session.execute(undone):
            yield Entry(due_at, _("随访"), what, "cases.case", "case_id", case_id)
    if actor.may(P.REFERRAL_VIEW, path):
        letters = select(REFERRAL.c.due_at, REFERRAL.c.id, REFERRAL.c.duty_role)
        running = _here(letters, REFERRAL.c, student).where(REFERRAL.c.ended_at.is_(None))
        for due_at, referral_id, role in session.execute(running):
            words = _("等待医院处理") if role == HOSPITAL else _("轮到学校处理")
            yield Entry(due_at, _("转介"), words, "referrals.referral", "referral_id", referral_id)


def _here(rows: Select[*Row], of: Any, student: Student) -> Select[*Row]:
    """Rows about him at the school he is in: what another school knows stays there."""
    return rows.where(of.student_id == student.id, of.school_id == student.school_id)


def _alerts(session: Session, student: Student) -> Iterator[Entry]:
    for alert in session.scalars(_here(select(Alert), Alert, student)):
        words = triage_words.state_word(alert.state)
        yield Entry(alert.created_at, _("预警"), words, "triage.alert", "alert_id", alert.id)


def _changed_answers(session: Session, student: Student) -> Iterator[Entry]:
    """Answers that were changed after their alert, with both values: never a withdrawal."""
    rows = select(AlertChange, Alert).join(Alert, Alert.id == AlertChange.alert_id)
    changed = _here(rows, Alert, student).where(AlertChange.event == "answer_changed")
    for change, alert in session.execute(changed):
        words = triage_words.changed_answer(change.detail, spoken_of(session, alert))
        yield Entry(change.at, _("改了答案"), words, "triage.alert", "alert_id", alert.id)


def _care(session: Session, student: Student) -> Iterator[Entry]:
    """Cases, and talks as dates: the records stay with their authors."""
    for case in session.scalars(_here(select(Case), Case, student)):
        words = triage_words.state_word(case.state)
        yield Entry(case.created_at, _("建立个案"), words, "cases.case", "case_id", case.id)
    for held_at in session.scalars(_here(select(Interview.held_at), Interview, student)):
        yield Entry(held_at, _("面谈"), "")


def _concerns(session: Session, student: Student) -> Iterator[Entry]:
    rows = select(Concern.created_at, Concern.id, Concern.ended_at)
    for at, concern_id, ended in session.execute(_here(rows, Concern, student)):
        words = _("已结束") if ended else _("待处理")
        yield Entry(at, _("身边人的担心"), words, "league.concern", "concern_id", concern_id)


def _referrals(session: Session, student: Student) -> Iterator[Entry]:
    rows = select(REFERRAL.c.created_at, REFERRAL.c.id)
    for at, referral_id in session.execute(_here(rows, REFERRAL.c, student)):
        yield Entry(at, _("转介"), "", "referrals.referral", "referral_id", referral_id)


def _sheets(session: Session, student: Student, *, scores: bool) -> Iterator[Entry]:
    """Sheets; what they showed only for those who may see results."""
    rows = session.execute(
        select(Response.id, Response.submitted_at, Campaign.name)
        .join(Campaign, Campaign.id == Response.campaign_id)
        .where(Response.student_id == student.id, Campaign.school_id == student.school_id)
    ).all()
    shown = _results(session, student) if scores else {}
    for response_id, at, name in rows:
        words = "；".join([name, *shown.get(response_id, [])])
        yield Entry(at, _("测评"), words)


def _results(session: Session, student: Student) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = select(
        Score.response_id, Score.instrument, Score.version, Score.valid, Score.positive
    ).where(Score.student_id == student.id)
    for response_id, instrument, version, valid, positive in session.execute(rows):
        word = _("需要关注") if positive else _("未提示")
        word = word if valid else _("无效")
        found.setdefault(response_id, []).append(
            f"{named(catalogue.get(instrument, version).title)} {word}"
        )
    return found
