"""What the school has to do for the case because of a referral: follow-ups with an owner and time."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import clock
from foundation.i18n import _
from referrals.models import Referral
from schools import settings
from screening.models import Case, FollowUp
from screening.triage.case_actions import finish_follow_up

DAY_H = 24


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


def appointment_kept(session: Session, *, by: Actor, referral: Referral) -> None:
    """The child is at the hospital: nobody need tell the family of the date any more."""
    case = session.get_one(Case, referral.case_id)
    told = select(FollowUp).where(
        FollowUp.case_id == case.id, FollowUp.kind == "appointment", FollowUp.done_at.is_(None)
    )
    for row in session.scalars(told):
        finish_follow_up(session, by=by, case=case, row=row, note=_("学生已经到医院。"))


def replan(session: Session, referral: Referral) -> None:
    """A referral that came to nothing leaves the need: within a day the case says what follows."""
    wait = settings.value(session, referral.school_id, "clock.referral_replan_h")
    follow_up(
        session,
        referral=referral,
        kind="replan",
        what=_("转介已取消：请写明需求已经解决，或者另作安排"),
        due_at=clock.now() + timedelta(hours=wait),
    )


def follow_ups_after_return(session: Session, referral: Referral, back_at: datetime) -> None:
    """The first says that he is really back in class, the last whether attention may step down."""
    hours = settings.value(session, referral.school_id, "followup.after_return_h")
    for number, hour in enumerate(hours):
        follow_up(
            session,
            referral=referral,
            kind="after_referral",
            what=_after(hour, first=number == 0, last=number == len(hours) - 1),
            due_at=back_at + timedelta(hours=hour),
        )


def _after(hour: int, *, first: bool, last: bool) -> str:
    when = (
        _("回到课堂后 %(n)s 天", n=hour // DAY_H)
        if hour > DAY_H
        else _("回到课堂后 %(n)s 小时", n=hour)
    )
    if first:
        return _("%(when)s：确认学生已安全回到课堂，回执的建议已经落实", when=when)
    if last:
        return _("%(when)s：回顾计划，决定是否降低关注", when=when)
    return _("%(when)s：了解状态，核对复诊安排", when=when)
