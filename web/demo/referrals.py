"""The demo's referrals and 12355 tickets: one in every state, each brought there by its people."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Role
from foundation import clock, database
from referrals.actions import agreements, hospital, preparing, sending
from referrals.actions.case_steps import Return
from referrals.letter import fingerprint
from referrals.models import HospitalService, Referral
from referrals.workflow import State
from schools.models import Organisation
from screening.models import Case
from screening.triage import case_actions
from screening.triage.case_workflow import Event
from web.demo.district import BY
from web.demo.league import SCHOOL, case_of, students
from web.demo.screenings import actor

Step = Callable[[Session, Referral], Any]
PROVINCE = "990000"
HOSPITALS = ("H990101", "H990201")
STEP = timedelta(minutes=3)
FORM = {
    "urgency": "routine",
    "reasons": ["interview"],
    "facts": "两周来睡不好，不愿进教室。",
    "scores": [],
    "risk_plan": "no",
    "risk_means": "no",
    "risk_attempt": "unknown",
    "measures": "每周谈一次，班主任知道怎样关心。",
    "protective": "和外婆亲近。",
    "medication": "",
    "abuse_report": "",
    "help": "",
    "feedback": "advice",
    "escort": "母亲",
}
SLIP = {
    "department": "儿童青少年心理门诊",
    "outcome": "no_disorder",
    "advice": "normal",
    "risk_today": "low",
    "next_visit": None,
    "fee_relief": "",
    "text": "按时作息，两周后复诊。",
    "share_diagnosis": False,
    "signed_by": "门诊医生",
}

PLAN = Return(
    goals="从半天开始上课，每天和心理老师见一面，两周后复诊。",
    advice="不当众问起请假的事，作业减半，有担心当天告诉心理老师。",
)


def build(morning: datetime) -> None:
    """Two agreements, then a referral in every state."""
    with clock.frozen(morning - timedelta(days=50)), database.writing() as session:
        for code in HOSPITALS:
            _agree(session, code)
    for number, state in enumerate(State):
        with database.writing() as session:
            _bring(session, state, number, morning - timedelta(hours=2))


def place(session: Session, code: str) -> Organisation:
    """A place of the demo by its code."""
    return session.scalars(select(Organisation).where(Organisation.code == code)).one()


def _agree(session: Session, code: str) -> None:
    there = place(session, code)
    agreements.agree(
        session,
        by=BY,
        region=place(session, PROVINCE),
        hospital=there,
        agreement=agreements.Agreement(
            number=f"绿通-{code}",
            starts_at=clock.now(),
            until=clock.now() + timedelta(days=700),
            departments=("儿童青少年心理门诊",),
            green_phone="0000-120012",
            hours="周一至周五 8:00-17:00",
            child_psychiatry=True,
        ),
    )
    service = session.get_one(HospitalService, there.id)
    hospital.set_capacity(session, by=_doctor(session, code), service=service, capacity="capacity")


def _doctor(session: Session, code: str = HOSPITALS[0]) -> Actor:
    return actor(session, Role.HOSPITAL_CONTACT, code)


def _counselor(session: Session) -> Actor:
    return actor(session, Role.COUNSELOR, SCHOOL)


def _bring(session: Session, state: State, number: int, start: datetime) -> None:
    """A new case's referral, taken along the table to the state."""
    with clock.frozen(start):
        case = case_of(session, SCHOOL, students(session, SCHOOL, 60 + number * 7)[0])
        _talk(session, case)
        by = _counselor(session)
        referral = preparing.start(
            session,
            by=by,
            case=case,
            hospital_id=place(session, HOSPITALS[0]).id,
            form={**FORM, "counselor": by.name},
        )
    for count, step in enumerate(WAYS[state], start=1):
        with clock.frozen(start + count * STEP):
            step(session, referral)


def _talk(session: Session, case: Case) -> None:
    """The counselor has spoken with the student, set a level and begun to care."""
    by = _counselor(session)
    case_actions.interview(
        session,
        by=by,
        case=case,
        record="谈了半小时：睡眠差，不愿进教室，愿意去医院看看。",
        level=2,
        held_at=clock.now(),
    )
    case_actions.step(session, by=by, case=case, event=Event.START_CARE)


def _ask(session: Session, referral: Referral) -> None:
    _answer(session, referral, "asked")


def _permit(session: Session, referral: Referral) -> None:
    _answer(session, referral, "granted")


def _answer(session: Session, referral: Referral, said: str) -> None:
    guardians = preparing.guardians_of(session, referral.student_id)
    answers = {
        "guardians": {str(each.id): said for each in guardians},
        "student": said,
        "basis": "",
        "attempts": 1,
    }
    by = _counselor(session)
    preparing.record_answers(session, by=by, referral=referral, answers=answers)


def _send(session: Session, referral: Referral) -> None:
    previewed = fingerprint(preparing.content_of(session, referral))
    sending.send(session, by=_counselor(session), referral=referral, previewed=previewed)


def _at_hospital(verb: Callable[..., Any], **values: Any) -> Step:
    return lambda session, referral: verb(session, by=_doctor(session), referral=referral, **values)


def _at_school(verb: Callable[..., Any], **values: Any) -> Step:
    return lambda session, referral: verb(
        session, by=_counselor(session), referral=referral, **values
    )


def _redirect(session: Session, referral: Referral) -> None:
    sending.redirect(
        session,
        by=_counselor(session),
        referral=referral,
        hospital_id=place(session, HOSPITALS[1]).id,
    )


def _schedule(session: Session, referral: Referral) -> None:
    _appointment(session, referral, timedelta(days=2))


def _schedule_at_once(session: Session, referral: Referral) -> None:
    _appointment(session, referral, STEP)


def _appointment(session: Session, referral: Referral, ahead: timedelta) -> None:
    hospital.schedule(
        session,
        by=_doctor(session),
        referral=referral,
        at=clock.now() + ahead,
        department="儿童青少年心理门诊",
    )


READY: tuple[Step, ...] = (_permit,)
SENT: tuple[Step, ...] = (*READY, _send)
RECEIVED: tuple[Step, ...] = (*SENT, _at_hospital(hospital.receive))
ACCEPTED: tuple[Step, ...] = (*RECEIVED, _at_hospital(hospital.accept))
DECLINED: tuple[Step, ...] = (*RECEIVED, _at_hospital(hospital.decline, reason="no_bed"))
SCHEDULED: tuple[Step, ...] = (*ACCEPTED, _schedule)
ARRIVED: tuple[Step, ...] = (*SCHEDULED, _at_hospital(hospital.arrive))
SEEN: tuple[Step, ...] = (*ARRIVED, _at_hospital(hospital.see))
RETURNING: tuple[Step, ...] = (*SEEN, _at_hospital(hospital.reply, slip=SLIP))
WAYS: dict[State, tuple[Step, ...]] = {
    State.DRAFT: (),
    State.AWAITING_CONSENT: (_ask,),
    State.READY: READY,
    State.SENT: SENT,
    State.RECEIVED: RECEIVED,
    State.NEED_INFO: (*RECEIVED, _at_hospital(hospital.ask_info, question="之前看过吗？")),
    State.ACCEPTED: ACCEPTED,
    State.DECLINED: DECLINED,
    State.REDIRECTED: (*DECLINED, _redirect),
    State.SCHEDULED: SCHEDULED,
    State.NO_SHOW: (*ACCEPTED, _schedule_at_once, _at_hospital(hospital.no_show)),
    State.ARRIVED: ARRIVED,
    State.SEEN: SEEN,
    State.RETURNING: RETURNING,
    State.COMPLETED: (*RETURNING, _at_school(hospital.confirm, plan=PLAN)),
    State.CANCEL_REQUESTED: (*ACCEPTED, _at_school(sending.cancel, reason="家长另约")),
    State.CANCELLED: (*READY, _at_school(sending.cancel, reason="家长另约")),
    State.ERROR: (*SENT, _at_school(sending.recall, reason="发错了医院")),
}
