"""The one place that moves a referral: table, permission, version, step, audit, who acts next."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from accounts.policy import Actor, Role
from foundation import clock
from foundation.i18n import _
from foundation.problems import Forbidden, WrongState
from referrals import workflow
from referrals.actions import timing
from referrals.actions.moving import Said, take_version, written
from referrals.actions.notices import tell
from referrals.clocks import Basis, Kind
from referrals.models import Clock, Referral, ReferralStep
from referrals.workflow import Event, Needs, State
from schools import settings

HOSPITAL_ACTS = frozenset(
    {
        State.SENT,
        State.RECEIVED,
        State.ACCEPTED,
        State.SCHEDULED,
        State.ARRIVED,
        State.SEEN,
        State.CANCEL_REQUESTED,
    }
)


def subject(referral: Referral) -> str:
    """The name under which clocks and audit rows keep this referral."""
    return f"referral:{referral.id}"


def move(
    session: Session, *, by: Actor, referral: Referral, event: Event, said: Said | None = None
) -> None:
    """Take one step; raises WrongState, Forbidden, or WrongState when someone was faster."""
    said = said or Said()
    before = State(referral.state)
    row = workflow.transition(before, event)
    _authorise(by, referral, row.permission)
    _refuse_without(lacking(session, referral).intersection(row.requires), before)
    if not take_version(session, referral, said.version):
        raise WrongState(_("别人刚刚处理过这份转介，请看过最新的情况再操作。"))
    referral.state = row.to.value
    _hand_on(session, referral, said.due_at)
    step = ReferralStep(
        referral_id=referral.id,
        event=event.value,
        from_state=before.value,
        to_state=row.to.value,
    )
    written(session, step, by=by, said=said, organisation_id=referral.school_id)
    session.flush()
    tell(session, referral)


def letter_holder(referral_id: int) -> Actor:
    """Who proved to hold the paper letter: may do what its hospital may do with this one."""
    return Actor.system(f"letter:{referral_id}")


def _authorise(by: Actor, referral: Referral, permission: Any) -> None:
    if permission is None or (
        permission is workflow.HOSPITAL and by.ref == letter_holder(referral.id).ref
    ):
        return
    path = referral.hospital.path if permission is workflow.HOSPITAL else referral.school.path
    if not by.may(permission, path):
        raise Forbidden(_("您的角色不能做这一步。"))


def _refuse_without(missing: frozenset[Needs], state: State) -> None:
    """The sentence for the first fact that does not hold, with what is possible instead."""
    sentences = {
        Needs.NOT_DANGER: _("学生有生命危险，不能退回，也不能等待：请直接接诊。"),
        Needs.LATE: _("对方的时限还没有到，到时没有回应才能这样做。"),
        Needs.APPOINTMENT_TIME: _("预约时间还没有到，到时没有来才能登记；要换时间的请改约。"),
        Needs.LETTER_SENT: _("这份转介单没有发出过，不需要撤回。"),
    }
    for need in sentences:
        if need in missing:
            raise WrongState(sentences[need], workflow.left_without(state, missing))


def _hand_on(session: Session, referral: Referral, due_at: datetime | None) -> None:
    state = State(referral.state)
    if state in workflow.FINAL:
        referral.ended_at, referral.due_at = referral.ended_at or clock.now(), None
        timing.stop(session, subject(referral), void=state is not State.COMPLETED)
        return
    at_hospital = state in HOSPITAL_ACTS
    referral.owner_organisation_id = referral.hospital_id if at_hospital else referral.school_id
    role = Role.HOSPITAL_CONTACT if at_hospital else Role.COUNSELOR
    referral.duty_role = role.value
    referral.due_at = due_at or clock.now() + next_step(session, referral)


def rule(session: Session, referral: Referral, key: str) -> timedelta:
    """A span of the rules that hold for the school: its region agreed on them with the hospital."""
    return timing.span(session, referral.school_id, key)


def next_step(session: Session, referral: Referral) -> timedelta:
    """Within which time the next step is due where no clock of its own says so."""
    keys = {"red": "clock.referral_red_min", "urgent": "clock.referral_school_urgent_h"}
    key = keys.get(referral.urgency, "clock.referral_school_routine_h")
    return rule(session, referral, key)


def start_clock(
    session: Session,
    referral: Referral,
    kind: Kind,
    key: str,
    *,
    basis: Basis = Basis.WALL,
    name: str | None = None,
    at_school: bool = False,
) -> Clock:
    """A clock of this referral: the school's rule in the working time of who has to act."""
    return timing.start(
        session,
        subject=subject(referral),
        kind=name or kind.value,
        organisation_id=referral.school_id if at_school else referral.hospital_id,
        rules_of=referral.school_id,
        key=key,
        basis=basis,
    )


def working_time(referral: Referral) -> Basis:
    """Routine matters wait for working hours; urgent ones do not."""
    return Basis.BUSINESS if referral.urgency == "routine" else Basis.WALL


LATE_BY = {
    State.SENT: Kind.HOSPITAL_RECEIPT,
    State.RECEIVED: Kind.HOSPITAL_DECISION,
    State.NEED_INFO: Kind.SCHOOL_ANSWER,
}


def is_late(session: Session, referral: Referral) -> bool:
    """Whether the clock of this state has run out; without a clock there is nothing to wait for."""
    kind = LATE_BY.get(State(referral.state))
    running = timing.running(session, subject(referral), kind) if kind else []
    return not running or running[0].due_at <= clock.now()


def lacking(session: Session, referral: Referral) -> frozenset[Needs]:
    """The facts a step may ask for that do not hold now."""
    ahead = referral.appointment_at is not None and referral.appointment_at > clock.now()
    holds = {
        Needs.NOT_DANGER: referral.urgency != "red",
        Needs.LATE: is_late(session, referral),
        Needs.APPOINTMENT_TIME: not ahead,
        Needs.LETTER_SENT: referral.sent_at is not None,
    }
    return frozenset(need for need, hold in holds.items() if not hold)


def same_day(session: Session, referral: Referral) -> datetime:
    """When a missed appointment must have been looked into: today, in danger within minutes."""
    moment, soon = clock.now(), rule(session, referral, "clock.referral_red_min")
    if referral.urgency == "red":
        return moment + soon
    hour = settings.value(session, referral.school_id, "noshow.latest_hour")
    evening = clock.local(moment).replace(hour=int(hour), minute=0, second=0)
    latest = moment + rule(session, referral, "clock.noshow_check_h")
    return max(min(evening, latest), moment + soon)
