"""Recording what guardians and students decide; decisions are added, never overwritten."""

from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock
from foundation.i18n import _
from foundation.problems import Refused
from schools.models import Guardian, Student
from screening.campaigns import consent_text
from screening.models import Campaign, Consent

DECISIONS = ("granted", "declined", "withdrawn")
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
        recorded_at=clock.now(),
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
    """Record a class's returned slips in one go."""
    for student, decision in decisions:
        record(
            session,
            by=by,
            campaign=campaign,
            student=student,
            party=party,
            decision=decision,
            method=method,
        )
    return len(decisions)
