"""The case follows its referral: referred when the letter leaves, returning when it is confirmed."""

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import clock
from foundation.i18n import _
from foundation.problems import Refused, WrongState
from referrals.actions.following import follow_ups_after_return
from referrals.models import Referral
from referrals.workflow import ADDRESSED
from screening.models import Case
from screening.triage import case_actions
from screening.triage.case_workflow import Event, State
from screening.triage.words import state_word


@dataclass(frozen=True)
class Return:
    """How the student comes back to class: the plan, what his teacher does, from which day on."""

    goals: str
    advice: str
    back_on: date | None = None


def refer(session: Session, *, by: Actor, referral: Referral) -> None:
    """The letter leaves: the case is referred. A second letter changes nothing."""
    case = _case(session, referral)
    if case.state != State.REFERRED.value:
        _step(session, by, case, Event.REFER)


def give_back(session: Session, *, by: Actor, referral: Referral, plan: Return) -> None:
    """The reply is confirmed: plan, advice, follow-ups, and the case is on its way back to class."""
    if not plan.goals.strip():
        raise Refused(_("请写明学生怎样安全回到课堂。"), "goals")
    if not plan.advice.strip():
        raise Refused(_("请写明班主任怎样做。"), "advice")
    case = _case(session, referral)
    if case.state != State.RETURNING.value:
        _step(session, by, case, Event.RETURN)
    case_actions.plan(
        session,
        by=by,
        case=case,
        goals=plan.goals.strip(),
        advice=plan.advice.strip(),
        user_id=case.owner_user_id or by.user_id or 0,
        deputy_id=case.deputy_user_id,
    )
    follow_ups_after_return(session, referral, _back_at(plan.back_on))


def back_to_care(session: Session, *, by: Actor, referral: Referral) -> None:
    """The letter came to nothing: the school cares on, unless another letter is on its way."""
    case = _case(session, referral)
    left = referral.sent_at is not None or referral.redirect_of_id is not None
    if left and case.state == State.REFERRED.value and not _others_out(session, referral):
        _step(session, by, case, Event.START_CARE)


def _others_out(session: Session, referral: Referral) -> bool:
    out = [state.value for state in ADDRESSED]
    others = select(Referral.id).where(
        Referral.case_id == referral.case_id,
        Referral.id != referral.id,
        Referral.ended_at.is_(None),
        Referral.state.in_(out),
    )
    return session.scalars(others).first() is not None


def _case(session: Session, referral: Referral) -> Case:
    return session.scalars(
        select(Case).where(Case.id == referral.case_id).with_for_update(of=Case)
    ).one()


def _step(session: Session, by: Actor, case: Case, event: Event) -> None:
    try:
        case_actions.step(session, by=by, case=case, event=event)
    except WrongState as wrong:
        words = _(
            "个案现在是“%(state)s”，不能做这一步；什么都没有改变。", state=state_word(case.state)
        )
        raise WrongState(words, wrong.allowed) from wrong


def _back_at(day: date | None) -> datetime:
    if day is None or day <= clock.today():
        return clock.now()
    return datetime.combine(day, time(8), clock.SHANGHAI)
