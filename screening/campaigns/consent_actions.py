"""Recording what guardians and students decide; decisions are added, never overwritten."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock
from foundation.i18n import _
from foundation.problems import Refused
from schools.models import Guardian, Student
from screening.campaigns import consent_text
from screening.campaigns.consent import BY_SCHOOL, RETRACTED
from screening.models import Campaign, Consent

DECISIONS = ("granted", "declined", "withdrawn", RETRACTED)
METHODS = ("letter", "link", "paper", "phone", "online")


def record(
    session: Session,
    *,
    by: Actor,
    campaign: Campaign,
    student: Student,
    party: str,
    decision: str,
    method: str,
    guardian: Guardian | None = None,
    signed_name: str | None = None,
    reason: str | None = None,
    at: datetime | None = None,
) -> Consent:
    """Add one decision with the version of the notice it was given to."""
    if decision not in DECISIONS or method not in METHODS or party not in {"guardian", "student"}:
        raise Refused(_("请选择同意或不同意。"), "decision")
    if student.school_id != campaign.school_id:
        raise Refused(_("这名学生不在本次测评的学校。"), "student")
    row = Consent(
        campaign_id=campaign.id,
        student_id=student.id,
        party=party,
        guardian_id=guardian.id if guardian else None,
        signed_name=signed_name,
        decision=decision,
        method=method,
        text_version=consent_text.version(),
        reason=reason or None,
        recorded_by=by.ref,
        recorded_at=at or clock.now(),
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        f"consent.{decision}",
        by=by.ref,
        organisation_id=campaign.school_id,
        subject=f"student:{student.id}",
        details={"campaign": campaign.id, "party": party, "method": method},
    )
    return row


def record_many(
    session: Session,
    *,
    by: Actor,
    campaign: Campaign,
    decisions: list[tuple[Student, str]],
    party: str = "guardian",
    method: str = "paper",
) -> int:
    """Record a class's returned slips in one go: all of them bear the same moment."""
    now = clock.now()
    for student, decision in decisions:
        record(
            session,
            by=by,
            campaign=campaign,
            student=student,
            party=party,
            decision=decision,
            method=method,
            at=now,
        )
    return len(decisions)


def correct(
    session: Session,
    *,
    by: Actor,
    campaign: Campaign,
    student: Student,
    party: str,
    decision: str,
    method: str,
) -> None:
    """Put right what is recorded of one student; only what the school recorded can be void."""
    if decision == RETRACTED:
        last = _history(session, campaign, student.id, party)[-1:]
        if not last or last[0].method not in BY_SCHOOL or last[0].decision == RETRACTED:
            raise Refused(_("这名学生没有学校登记的回执，没有可以作废的。"), "student")
        method = last[0].method
    record(
        session,
        by=by,
        campaign=campaign,
        student=student,
        party=party,
        decision=decision,
        method=method,
    )


def undo(session: Session, *, by: Actor, campaign: Campaign, slips: Sequence[Consent]) -> int:
    """Take back what was recorded in one go; returns how many.

    What the student's family had said before stands again; what was recorded later stays.
    """
    now, undone = clock.now(), 0
    for slip in slips:
        history = _history(session, campaign, slip.student_id, slip.party)
        if history[-1].id != slip.id or slip.decision == RETRACTED:
            continue
        before = history[-2] if len(history) > 1 else None
        record(
            session,
            by=by,
            campaign=campaign,
            student=session.get_one(Student, slip.student_id),
            party=slip.party,
            decision=before.decision if before else RETRACTED,
            method=before.method if before else slip.method,
            signed_name=before.signed_name if before else None,
            reason=before.reason if before else None,
            at=now,
        )
        undone += 1
    return undone


def _history(
    session: Session, campaign: Campaign, student_id: int, party: str
) -> Sequence[Consent]:
    """What was said without naming the guardian, which is all that staff record."""
    return session.scalars(
        select(Consent)
        .where(
            Consent.campaign_id == campaign.id,
            Consent.student_id == student_id,
            Consent.party == party,
            Consent.guardian_id.is_(None),
        )
        .order_by(Consent.id)
    ).all()
