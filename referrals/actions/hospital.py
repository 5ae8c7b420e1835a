"""What the hospital does with a referral, and what the school answers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock
from foundation.i18n import _
from foundation.problems import Refused
from referrals.actions import timing
from referrals.actions.following import follow_up, follow_ups_after_reply
from referrals.actions.moves import Said, move, same_day
from referrals.actions.sending import void_letter
from referrals.clocks import Basis, Kind
from referrals.models import HospitalService, Referral
from referrals.workflow import Event

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
    _stop(session, referral, Kind.HOSPITAL_RECEIPT)
    due = _decision_clock(session, referral)
    move(
        session,
        by=by,
        referral=referral,
        event=Event.RECEIVE,
        said=Said(version=version, due_at=due),
    )


def ask_info(
    session: Session, *, by: Actor, referral: Referral, question: str, version: int | None = None
) -> None:
    """Ask the school something; the school's own time to answer runs."""
    said = Said(detail={"text": question}, version=version)
    move(session, by=by, referral=referral, event=Event.ASK_INFO, said=said)


def answer_info(
    session: Session, *, by: Actor, referral: Referral, answer: str, version: int | None = None
) -> None:
    """Answer the hospital's question; its decision clock was never set back."""
    row = timing.of(session, f"referral:{referral.id}", Kind.HOSPITAL_DECISION)
    said = Said(detail={"text": answer}, version=version, due_at=row.due_at if row else None)
    move(session, by=by, referral=referral, event=Event.ANSWER_INFO, said=said)


def accept(session: Session, *, by: Actor, referral: Referral, version: int | None = None) -> None:
    """Take the child on; the time to offer a date runs."""
    _stop(session, referral, Kind.HOSPITAL_DECISION)
    urgent = referral.urgency != "routine"
    row = timing.start(
        session,
        subject=f"referral:{referral.id}",
        kind=Kind.HOSPITAL_OFFER.value,
        organisation_id=referral.hospital_id,
        key=f"clock.referral_offer_{'urgent_h' if urgent else 'routine_d'}",
    )
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
    said = Said(reason=reason, detail={"text": note}, version=version)
    move(session, by=by, referral=referral, event=Event.DECLINE, said=said)
    void_letter(referral)
    _stop(session, referral, Kind.HOSPITAL_DECISION)
    follow_up(
        session,
        referral=referral,
        kind="redirect",
        what=_("医院不能接诊：请改转另一家医院，在就诊之前继续安全计划和陪伴"),
        due_at=clock.now() + timedelta(hours=2 if referral.urgency == "urgent" else 24),
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
    """Give or move the appointment; it must lie ahead."""
    if at <= clock.now():
        raise Refused(_("预约时间要在现在之后。"), "at")
    _stop(session, referral, Kind.HOSPITAL_OFFER)
    detail = {"department": department, "text": reason, "at": at.isoformat()}
    referral.appointment_at = at
    said = Said(detail=detail, version=version, due_at=at)
    move(session, by=by, referral=referral, event=Event.SCHEDULE, said=said)


def no_show(session: Session, *, by: Actor, referral: Referral, version: int | None = None) -> None:
    """Not there: somebody finds out on the same day that the child is safe."""
    due = same_day(referral.urgency)
    move(
        session,
        by=by,
        referral=referral,
        event=Event.NO_SHOW,
        said=Said(version=version, due_at=due),
    )
    follow_up(
        session,
        referral=referral,
        kind="safety_check",
        what=_("没有按约就诊：当天联系学生和监护人，确认安全，再约时间"),
        due_at=due,
    )


def arrive(session: Session, *, by: Actor, referral: Referral, version: int | None = None) -> None:
    """Sign for the child's arrival; from the green channel also without an appointment."""
    for kind in (Kind.HOSPITAL_RECEIPT, Kind.HOSPITAL_DECISION, Kind.HOSPITAL_OFFER):
        _stop(session, referral, kind)
    due = clock.now() + timedelta(hours=24)
    move(
        session,
        by=by,
        referral=referral,
        event=Event.ARRIVE,
        said=Said(version=version, due_at=due),
    )


def see(session: Session, *, by: Actor, referral: Referral, version: int | None = None) -> None:
    """The visit took place; the feedback clock runs."""
    row = timing.start(
        session,
        subject=f"referral:{referral.id}",
        kind=Kind.HOSPITAL_FEEDBACK.value,
        organisation_id=referral.hospital_id,
        key="clock.referral_feedback_d",
        basis=Basis.BUSINESS,
    )
    said = Said(version=version, due_at=row.due_at)
    move(session, by=by, referral=referral, event=Event.SEE, said=said)


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
    _stop(session, referral, Kind.HOSPITAL_FEEDBACK)
    move(session, by=by, referral=referral, event=Event.REPLY, said=Said(version=version))


def confirm(session: Session, *, by: Actor, referral: Referral, version: int | None = None) -> None:
    """The school has read the reply and planned on it: the loop is closed, follow-ups are booked."""
    move(session, by=by, referral=referral, event=Event.CONFIRM, said=Said(version=version))
    void_letter(referral)
    follow_ups_after_reply(session, referral)


def confirm_cancel(
    session: Session, *, by: Actor, referral: Referral, version: int | None = None
) -> None:
    """The hospital agrees to the withdrawal; the case must show what happens instead."""
    move(session, by=by, referral=referral, event=Event.CONFIRM_CANCEL, said=Said(version=version))
    void_letter(referral)
    follow_up(
        session,
        referral=referral,
        kind="replan",
        what=_("转介已取消：请写明需求已经解决，或者另作安排"),
        due_at=clock.now() + timedelta(hours=24),
    )


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


def _decision_clock(session: Session, referral: Referral) -> datetime:
    routine = referral.urgency == "routine"
    return timing.start(
        session,
        subject=f"referral:{referral.id}",
        kind=Kind.HOSPITAL_DECISION.value,
        organisation_id=referral.hospital_id,
        key=f"clock.referral_decide_{'routine' if routine else 'urgent'}_h",
        basis=Basis.BUSINESS if routine else Basis.WALL,
    ).due_at


def _stop(session: Session, referral: Referral, kind: Kind) -> None:
    timing.stop(session, f"referral:{referral.id}", kind.value, referral.hospital_id)
