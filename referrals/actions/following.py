"""What the school has to do for the case because of a referral: follow-ups with an owner and time."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from foundation import clock
from foundation.i18n import _
from referrals.models import Referral
from screening.models import Case, FollowUp

AFTER_REPLY = (timedelta(hours=24), timedelta(days=7), timedelta(days=30))


def follow_up(
    session: Session, *, referral: Referral, kind: str, what: str, due_at: datetime
) -> FollowUp:
    """Book one follow-up for the person who owns the case now."""
    case = session.get_one(Case, referral.case_id)
    row = FollowUp(
        case_id=case.id,
        kind=kind,
        what=what,
        owner_user_id=case.owner_user_id or referral.owner_user_id,
        due_at=due_at,
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    return row


def follow_ups_after_reply(session: Session, referral: Referral) -> None:
    """One day, one week and one month after the loop was closed."""
    words = (
        _("回校后 24 小时：问候学生，确认回执建议已落实"),
        _("回校后 7 天：了解状态，核对复诊安排"),
        _("回校后 30 天：回顾方案，决定是否降低关注"),
    )
    for after, what in zip(AFTER_REPLY, words, strict=True):
        follow_up(
            session,
            referral=referral,
            kind="after_referral",
            what=what,
            due_at=clock.now() + after,
        )
