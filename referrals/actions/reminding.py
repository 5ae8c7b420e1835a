"""A hospital or a school that keeps silent: the state stays, the circle of those who know widens."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation import clock
from foundation.i18n import _
from referrals.actions.following import follow_up
from referrals.actions.moves import move, rule
from referrals.actions.moving import CLOCK, Said
from referrals.actions.notices import tell_leads
from referrals.models import Referral, ReferralStep
from referrals.workflow import Event, State


def remind(session: Session, referral: Referral) -> None:
    """Note that the time is over, remind who has to act, give the school the next rung to try."""
    if referral.due_at is None or referral.due_at >= clock.now():
        return
    before = _reminders(session, referral)
    again = clock.now() + rule(session, referral, "clock.referral_remind_h")
    move(session, by=CLOCK, referral=referral, event=Event.OVERDUE, said=Said(due_at=again))
    if referral.state == State.NEED_INFO.value:
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


def _rungs() -> tuple[str, ...]:
    return (
        _("医院超过时限没有回应：请拨打绿色通道电话"),
        _("医院仍没有回应：请拨打医院总值班电话"),
        _("医院仍没有回应：请联系卫生健康部门的联系人"),
        _("医院仍没有回应：请改转另一家医院，在就诊之前继续安全计划和陪伴"),
    )


def _reminders(session: Session, referral: Referral) -> int:
    rows = select(func.count()).where(
        ReferralStep.referral_id == referral.id,
        ReferralStep.event == Event.OVERDUE.value,
        ReferralStep.from_state == referral.state,
    )
    return session.scalar(rows) or 0
