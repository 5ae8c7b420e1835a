"""A hospital or a school that keeps silent: the state stays, the circle of those who know widens."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import clock
from foundation.i18n import _
from referrals.actions.following import follow_up
from referrals.actions.moves import move, rule
from referrals.actions.moving import CLOCK, Said
from referrals.actions.notices import tell_leads
from referrals.models import Referral, ReferralStep
from referrals.workflow import Event, State

AT_SCHOOL = (State.NEED_INFO.value, State.RETURNING.value)


def remind(session: Session, referral: Referral) -> None:
    """Note that the time is over, remind who has to act, give the school the next rung to try.

    The due time stays where it was: what is late shows as late until somebody has acted.
    """
    if not is_due(session, referral):
        return
    before = len(_reminders(session, referral))
    said = Said(due_at=referral.due_at)
    move(session, by=CLOCK, referral=referral, event=Event.OVERDUE, said=said)
    if referral.state in AT_SCHOOL:
        tell_leads(session, referral, f"answer-{referral.version}")
        return
    rungs = _rungs()
    if before < len(rungs):
        follow_up(
            session,
            referral=referral,
            kind="call_hospital",
            what=rungs[before],
            due_at=clock.now() + rule(session, referral, "clock.referral_call_min"),
        )


def is_due(session: Session, referral: Referral) -> bool:
    """Whether its time is over and the last reminder was long enough ago."""
    if referral.due_at is None or referral.due_at >= clock.now():
        return False
    before = _reminders(session, referral)
    wait = rule(session, referral, "clock.referral_remind_h")
    return not before or before[-1] + wait <= clock.now()


def _rungs() -> tuple[str, ...]:
    return (
        _("医院超过时限没有回应：请拨打绿色通道电话"),
        _("医院仍没有回应：请拨打医院总值班电话"),
        _("医院仍没有回应：请联系卫生健康部门的联系人"),
        _("医院仍没有回应：请改转另一家医院，在就诊之前继续安全计划和陪伴"),
    )


def _reminders(session: Session, referral: Referral) -> Sequence[datetime]:
    """When somebody was reminded in this state, oldest first."""
    rows = select(ReferralStep.at).where(
        ReferralStep.referral_id == referral.id,
        ReferralStep.event == Event.OVERDUE.value,
        ReferralStep.from_state == referral.state,
    )
    return session.scalars(rows.order_by(ReferralStep.id)).all()
