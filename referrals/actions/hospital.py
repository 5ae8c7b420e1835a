"""What the hospital does with a referral, and what the school answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock
from foundation.i18n import _
from foundation.problems import Refused
from referrals.actions import timing
from referrals.actions.case_steps import Return, give_back
from referrals.actions.following import appointment_kept, follow_up, replan
from referrals.actions.moves import (
    is_late,
    move,
    next_step,
    rule,
    same_day,
    start_clock,
    subject,
    working_time,
)
from referrals.actions.moving import Said
from referrals.actions.notices import tell_leads
from referrals.actions.sending import void_letter
from referrals.clocks import Basis, Kind, Mark, What
from referrals.models import HospitalService, Referral
from referrals.workflow import Event, State
from schools import settings
from schools.workdays import ZONE, after_workdays

DECLINE_REASONS = (
    "no_bed",
    "no_child_psychiatry",
    "out_of_area",
    "needs_emergency_dept",
    "incomplete_letter",
    "duplicate",
)
CAPACITIES = ("capacity", "waitlist", "no_capacity", "ask")


def receive(session: Session, *, by: Actor, referral: Referral, version: int | None = None) -> None:
    """Sign for the letter: the receipt clock stops, the decision clock starts."""
    timing.stop(session, subject(referral), Kind.HOSPITAL_RECEIPT)
    routine = "routine" if referral.urgency == "routine" else "urgent"
    row = start_clock(
        session,
        referral,
        Kind.HOSPITAL_DECISION,
        f"clock.referral_decide_{routine}_h",
        basis=working_time(referral),
    )
    said = Said(version=version, due_at=row.due_at)
    move(session, by=by, referral=referral, event=Event.RECEIVE, said=said)


def ask_info(
    session: Session, *, by: Actor, referral: Referral, question: str, version: int | None = None
) -> None:
    """Ask the school something: the decision waits for at most two workdays, the school's time runs."""
    routine = "routine" if referral.urgency == "routine" else "urgent"
    row = start_clock(
        session,
        referral,
        Kind.SCHOOL_ANSWER,
        f"clock.referral_answer_{routine}_h",
        basis=working_time(referral),
        name=timing.fresh_name(session, subject(referral), Kind.SCHOOL_ANSWER),
        at_school=True,
    )
    said = Said(detail={"text": question}, version=version, due_at=row.due_at)
    move(session, by=by, referral=referral, event=Event.ASK_INFO, said=said)
    for decision in timing.running(session, subject(referral), Kind.HOSPITAL_DECISION):
        mark = Mark(What.PAUSE, clock.now(), until=_pause_until(session, referral))
        timing.add(session, decision, mark)


def _pause_until(session: Session, referral: Referral) -> datetime:
    days = settings.value(session, referral.school_id, "clock.referral_info_pause_d")
    moment = clock.now().astimezone(ZONE)
    calendar = timing.calendar_of(session, referral.hospital_id, Kind.HOSPITAL_DECISION)
    return moment + (after_workdays(moment.date(), days, calendar.overrides) - moment.date())


def answer_info(
    session: Session, *, by: Actor, referral: Referral, answer: str, version: int | None = None
) -> None:
    """Answer the hospital's question; its decision clock goes on where it stood."""
    timing.stop(session, subject(referral), Kind.SCHOOL_ANSWER)
    due_at = None
    for decision in timing.running(session, subject(referral), Kind.HOSPITAL_DECISION):
        timing.add(session, decision, Mark(What.RESUME, clock.now()))
        due_at = decision.due_at
    said = Said(detail={"text": answer}, version=version, due_at=due_at)
    move(session, by=by, referral=referral, event=Event.ANSWER_INFO, said=said)


def accept(session: Session, *, by: Actor, referral: Referral, version: int | None = None) -> None:
    """Take the child on; the time to offer a date runs."""
    timing.stop(session, subject(referral), Kind.HOSPITAL_DECISION)
    urgent = referral.urgency != "routine"
    key = f"clock.referral_offer_{'urgent_h' if urgent else 'routine_d'}"
    row = start_clock(session, referral, Kind.HOSPITAL_OFFER, key)
    said = Said(version=version, due_at=row.due_at)
    move(session, by=by, referral=referral, event=Event.ACCEPT, said=said)


def decline(
    session: Session,
    *,
    by: Actor,
    referral: Referral,
    reason: str,
    note: str = "",
    version: int | None = None,
) -> None:
    """Decline with a coded reason; the school finds another place and keeps the safety plan."""
    if reason not in DECLINE_REASONS:
        raise Refused(_("请选择不能接诊的原因。"), "reason")
    if referral.urgency == "red":
        raise Refused(
            _("学生有生命危险，医疗机构不得拒绝为其作出诊断（《精神卫生法》第二十八条）。")
        )
    if referral.state == State.NEED_INFO.value and not is_late(session, referral):
        raise Refused(_("学校回答的时限还没有到，到时没有回答才能退回。"))
    said = Said(reason=reason, detail={"text": note}, version=version)
    move(session, by=by, referral=referral, event=Event.DECLINE, said=said)
    void_letter(referral)
    for kind in (Kind.HOSPITAL_DECISION, Kind.SCHOOL_ANSWER):
        timing.stop(session, subject(referral), kind)
    follow_up(
        session,
        referral=referral,
        kind="redirect",
        what=_("医院不能接诊：请改转另一家医院，在就诊之前继续安全计划和陪伴"),
        due_at=clock.now() + next_step(session, referral),
    )


def schedule(
    session: Session,
    *,
    by: Actor,
    referral: Referral,
    at: datetime,
    department: str,
    reason: str = "",
    version: int | None = None,
) -> None:
    """Give or move the appointment; it must lie ahead, and the guardian is told by the school."""
    if at <= clock.now():
        raise Refused(_("预约时间要在现在之后。"), "at")
    again = referral.state == State.SCHEDULED.value
    if again and not reason.strip():
        raise Refused(_("改约要写明原因。"), "reason")
    timing.stop(session, subject(referral), Kind.HOSPITAL_OFFER)
    detail = {"department": department, "text": reason, "at": at.isoformat()}
    referral.appointment_at = at
    said = Said(detail=detail, version=version, due_at=at)
    move(session, by=by, referral=referral, event=Event.SCHEDULE, said=said)
    _tell_family(session, referral)
    if again:
        _moved_again(session, referral)


def _tell_family(session: Session, referral: Referral) -> None:
    """A message to a phone carries no name and no place: a person tells the family."""
    told = clock.now() + rule(session, referral, "clock.appointment_told_h")
    follow_up(
        session,
        referral=referral,
        kind="appointment",
        what=_("医院定了就诊时间：请告知监护人或者陪同人，确认有人陪同"),
        due_at=min(told, referral.appointment_at or told),
    )


def _moved_again(session: Session, referral: Referral) -> None:
    referral.reschedules += 1
    if referral.reschedules > settings.value(session, referral.school_id, "referral.reschedules"):
        tell_leads(session, referral, f"rescheduled-{referral.reschedules}")


def no_show(session: Session, *, by: Actor, referral: Referral, version: int | None = None) -> None:
    """Not there: somebody finds out on the same day that the child is safe; in danger at once."""
    due = same_day(session, referral)
    said = Said(version=version, due_at=due)
    move(session, by=by, referral=referral, event=Event.NO_SHOW, said=said)
    follow_up(
        session,
        referral=referral,
        kind="safety_check",
        what=_("没有按约就诊：当天联系学生和监护人，确认安全，再约时间"),
        due_at=due,
    )
    if referral.urgency == "red":
        tell_leads(session, referral, f"no-show-{referral.version}")


def arrive(session: Session, *, by: Actor, referral: Referral, version: int | None = None) -> None:
    """Sign for the child's arrival; from the green channel also without an appointment."""
    for kind in (
        Kind.HOSPITAL_RECEIPT,
        Kind.HOSPITAL_DECISION,
        Kind.HOSPITAL_OFFER,
        Kind.SCHOOL_ANSWER,
    ):
        timing.stop(session, subject(referral), kind)
    due = clock.now() + rule(session, referral, "clock.referral_visit_h")
    said = Said(version=version, due_at=due)
    move(session, by=by, referral=referral, event=Event.ARRIVE, said=said)
    appointment_kept(session, by=by, referral=referral)


def see(
    session: Session, *, by: Actor, referral: Referral, note: str = "", version: int | None = None
) -> None:
    """The visit took place; an interim note closes nothing, the feedback clock runs."""
    row = start_clock(
        session,
        referral,
        Kind.HOSPITAL_FEEDBACK,
        "clock.referral_feedback_d",
        basis=Basis.BUSINESS,
    )
    said = Said(detail={"text": note} if note else None, version=version, due_at=row.due_at)
    move(session, by=by, referral=referral, event=Event.SEE, said=said)
    appointment_kept(session, by=by, referral=referral)


def reply(
    session: Session,
    *,
    by: Actor,
    referral: Referral,
    slip: Mapping[str, Any],
    version: int | None = None,
) -> None:
    """The reply slip: advice to the school; a diagnosis only where the guardian agreed to it."""
    kept = dict(slip)
    if not kept.get("share_diagnosis"):
        kept.pop("diagnosis", None)
    referral.reply = {**kept, "by": by.ref, "at": clock.now().isoformat()}
    timing.stop(session, subject(referral), Kind.HOSPITAL_FEEDBACK)
    due = _act_at_once(session, referral) if referral.high_risk else None
    said = Said(version=version, due_at=due)
    move(session, by=by, referral=referral, event=Event.REPLY, said=said)


def _act_at_once(session: Session, referral: Referral) -> datetime:
    """The hospital says high risk: within minutes somebody at school knows that the child is safe."""
    key = "clock.referral_reply_high_min"
    row = start_clock(session, referral, Kind.HIGH_RISK_REPLY, key, at_school=True)
    follow_up(
        session,
        referral=referral,
        kind="high_risk_reply",
        what=_("医院回执提示目前风险高：马上联系学生和监护人，确认有人陪同，落实医院的建议"),
        due_at=row.due_at,
    )
    tell_leads(session, referral, "high-risk")
    return row.due_at


def confirm(
    session: Session, *, by: Actor, referral: Referral, plan: Return, version: int | None = None
) -> None:
    """The school has read the reply and planned the return: the loop closes, follow-ups are booked."""
    move(session, by=by, referral=referral, event=Event.CONFIRM, said=Said(version=version))
    void_letter(referral)
    give_back(session, by=by, referral=referral, plan=plan)


def confirm_cancel(
    session: Session, *, by: Actor, referral: Referral, version: int | None = None
) -> None:
    """The hospital agrees to the withdrawal; the case must show what happens instead."""
    move(session, by=by, referral=referral, event=Event.CONFIRM_CANCEL, said=Said(version=version))
    void_letter(referral)
    replan(session, referral)


def set_capacity(session: Session, *, by: Actor, service: HospitalService, capacity: str) -> None:
    """The hospital says how much room it has; schools see how old the answer is."""
    if capacity not in CAPACITIES:
        raise Refused(_("请选择一项。"), "capacity")
    service.capacity, service.capacity_at = capacity, clock.now()
    audit.record(
        session,
        "hospital.capacity",
        by=by.ref,
        organisation_id=service.organisation_id,
        subject=f"hospital:{service.organisation_id}",
        details={"capacity": capacity},
    )
