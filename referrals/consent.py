"""May this referral leave the school, on what legal ground, and what has to happen next.

Pure: facts in, a decision with its reasons out. Rules: cases-and-referrals.md §5.3; ages and
review times are settings handed in by the caller.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class Answer(StrEnum):
    """What a guardian or the student said; `unreachable` is a finding, never an agreement."""

    NOT_ASKED = "not_asked"
    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    WITHDRAWN = "withdrawn"


class Ground(StrEnum):
    """The legal ground on which personal data leaves."""

    CONSENT = "consent"
    OWN_CONSENT = "own_consent"
    EMERGENCY = "emergency"


class Reason(StrEnum):
    """Why the gate decided as it did; the sentences are in wording.py."""

    GUARDIANS_AGREE = "guardians_agree"
    STUDENT_AGREES = "student_agrees"
    ADULT_DECIDES = "adult_decides"
    DANGER_TO_LIFE = "danger_to_life"
    GUARDIAN_REFUSES = "guardian_refuses"
    GUARDIANS_DISAGREE = "guardians_disagree"
    GUARDIAN_UNREACHABLE = "guardian_unreachable"
    GUARDIAN_SUSPECTED = "guardian_suspected"
    NOT_ASKED = "not_asked"
    NO_ANSWER_YET = "no_answer_yet"
    STUDENT_OBJECTS = "student_objects"
    STUDENT_NOT_ASKED = "student_not_asked"
    BASIS_MISSING = "basis_missing"
    SECOND_PERSON_DUE = "second_person_due"


class Step(StrEnum):
    """What the school does next; the sentences are in wording.py."""

    ASK_GUARDIAN = "ask_guardian"
    ASK_STUDENT = "ask_student"
    NOTIFY_GUARDIAN = "notify_guardian"
    DO_NOT_NOTIFY_GUARDIAN = "do_not_notify_guardian"
    MANDATORY_REPORT = "mandatory_report"
    SECOND_TALK = "second_talk"
    REFUSAL_NOTE = "refusal_note"
    MEDIATE = "mediate"
    TRY_ALL_CONTACTS = "try_all_contacts"
    HEAD_DECIDES = "head_decides"
    KEEP_SAFETY_PLAN = "keep_safety_plan"
    OFFER_CHOICE = "offer_choice"
    WRITE_BASIS = "write_basis"
    SECOND_SIGNATURE = "second_signature"
    CALL_EMERGENCY = "call_emergency"


LAW = {
    Ground.CONSENT: "《个人信息保护法》第十三条第一款第（一）项、第二十九条、第三十一条",
    Ground.OWN_CONSENT: "《个人信息保护法》第十三条第一款第（一）项、第二十九条",
    Ground.EMERGENCY: "《精神卫生法》第二十八条；《个人信息保护法》第十三条第一款第（四）项",
}


@dataclass(frozen=True)
class Facts:
    """What is known when the question is asked; `age` in whole years, None when unknown.

    `guardians` holds one answer per guardian with rights; a suspected guardian is left out of it
    by `suspected`, whatever he answered. `attempts` counts logged tries to reach a guardian.
    """

    age: int | None
    guardians: Sequence[Answer]
    student: Answer
    danger: bool = False
    suspected: bool = False
    basis_written: bool = False
    second_person: bool = False
    attempts: int = 0


@dataclass(frozen=True)
class Policy:
    """Settings of the school: ages in years, review times in hours, tries by count."""

    student_age: int = 14
    adult_age: int = 18
    second_person_h: int = 2
    refusal_review_h: int = 72
    unreachable_h: int = 24
    attempts: int = 3
    basis_min: int = 30


@dataclass(frozen=True)
class Decision:
    """The gate's answer: `review_after` is None only when nothing is left to review."""

    may_send: bool
    ground: Ground | None
    reasons: tuple[Reason, ...]
    steps: tuple[Step, ...] = ()
    review_after: timedelta | None = None
    law: str = field(default="")


def decide(facts: Facts, policy: Policy) -> Decision:
    """Danger to life goes before paperwork; otherwise the right people must have agreed."""
    if facts.danger:
        return _emergency(facts, policy)
    if facts.suspected:
        return _refuse(
            (Reason.GUARDIAN_SUSPECTED,),
            (Step.MANDATORY_REPORT, Step.DO_NOT_NOTIFY_GUARDIAN, Step.KEEP_SAFETY_PLAN),
            timedelta(hours=policy.unreachable_h),
        )
    if facts.age is not None and facts.age >= policy.adult_age:
        return _adult(facts, policy)
    return _minor(facts, policy)


def _refuse(
    reasons: tuple[Reason, ...], steps: tuple[Step, ...], review_after: timedelta
) -> Decision:
    return Decision(
        may_send=False, ground=None, reasons=reasons, steps=steps, review_after=review_after
    )


def _permit(ground: Ground, reasons: tuple[Reason, ...], steps: tuple[Step, ...] = ()) -> Decision:
    return Decision(may_send=True, ground=ground, reasons=reasons, steps=steps, law=LAW[ground])


def _emergency(facts: Facts, policy: Policy) -> Decision:
    """Sending never waits for an answer or a second signature; both keep their own clocks."""
    if not facts.basis_written:
        return _refuse(
            (Reason.DANGER_TO_LIFE, Reason.BASIS_MISSING),
            (Step.CALL_EMERGENCY, Step.WRITE_BASIS),
            timedelta(minutes=policy.basis_min),
        )
    told = Step.DO_NOT_NOTIFY_GUARDIAN if facts.suspected else Step.NOTIFY_GUARDIAN
    steps = (told, *((Step.MANDATORY_REPORT,) if facts.suspected else ()))
    reasons: tuple[Reason, ...] = (Reason.DANGER_TO_LIFE,)
    if facts.second_person:
        return _permit(Ground.EMERGENCY, reasons, steps)
    return Decision(
        may_send=True,
        ground=Ground.EMERGENCY,
        reasons=(*reasons, Reason.SECOND_PERSON_DUE),
        steps=(*steps, Step.SECOND_SIGNATURE),
        review_after=timedelta(hours=policy.second_person_h),
        law=LAW[Ground.EMERGENCY],
    )


def _adult(facts: Facts, policy: Policy) -> Decision:
    if facts.student is Answer.GRANTED:
        return _permit(Ground.OWN_CONSENT, (Reason.ADULT_DECIDES, Reason.STUDENT_AGREES))
    return _student_open(facts, policy)


def _student_open(facts: Facts, policy: Policy) -> Decision:
    review = timedelta(hours=policy.refusal_review_h)
    if facts.student in (Answer.REFUSED, Answer.WITHDRAWN):
        return _refuse(
            (Reason.STUDENT_OBJECTS,), (Step.OFFER_CHOICE, Step.KEEP_SAFETY_PLAN), review
        )
    return _refuse((Reason.STUDENT_NOT_ASKED,), (Step.ASK_STUDENT,), review)


def _minor(facts: Facts, policy: Policy) -> Decision:
    """An unknown age is treated as a minor who has a say: both answers are needed."""
    blocked = _guardians_block(facts, policy)
    if blocked is not None:
        return blocked
    if facts.age is not None and facts.age < policy.student_age:
        return _permit(Ground.CONSENT, (Reason.GUARDIANS_AGREE,))
    if facts.student is Answer.GRANTED:
        return _permit(Ground.CONSENT, (Reason.GUARDIANS_AGREE, Reason.STUDENT_AGREES))
    return _student_open(facts, policy)


def _guardians_block(facts: Facts, policy: Policy) -> Decision | None:
    said = set(facts.guardians)
    review = timedelta(hours=policy.refusal_review_h)
    if said & {Answer.REFUSED, Answer.WITHDRAWN}:
        if Answer.GRANTED in said:
            return _refuse(
                (Reason.GUARDIANS_DISAGREE,), (Step.MEDIATE, Step.KEEP_SAFETY_PLAN), review
            )
        return _refuse(
            (Reason.GUARDIAN_REFUSES,),
            (Step.REFUSAL_NOTE, Step.SECOND_TALK, Step.KEEP_SAFETY_PLAN),
            review,
        )
    if Answer.GRANTED in said:
        return None
    return _not_answered(facts, policy)


def _not_answered(facts: Facts, policy: Policy) -> Decision:
    wait = timedelta(hours=policy.unreachable_h)
    if Answer.UNREACHABLE in facts.guardians:
        tried = facts.attempts >= policy.attempts
        step = Step.HEAD_DECIDES if tried else Step.TRY_ALL_CONTACTS
        return _refuse((Reason.GUARDIAN_UNREACHABLE,), (step, Step.KEEP_SAFETY_PLAN), wait)
    if Answer.ASKED in facts.guardians:
        return _refuse((Reason.NO_ANSWER_YET,), (Step.ASK_GUARDIAN,), wait)
    return _refuse((Reason.NOT_ASKED,), (Step.ASK_GUARDIAN,), wait)
