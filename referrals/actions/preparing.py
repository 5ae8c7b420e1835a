"""Before anything leaves: the draft, who agreed, and what exactly the letter says."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission, Role
from foundation import audit, clock
from foundation.i18n import _
from foundation.problems import Forbidden, Refused
from instruments.library.definition import Named
from referrals.actions import timing
from referrals.actions.moves import move
from referrals.actions.moving import Said
from referrals.actions.notices import tell_signers
from referrals.consent import Answer, Decision, Facts, Policy, decide
from referrals.letter import assemble
from referrals.models import Referral
from referrals.queries.agreements import hospitals_for
from referrals.totals import chinese, lines
from referrals.workflow import Event, State
from schools import settings
from schools.models import Guardian, GuardianStatus, Student
from screening.campaigns.instrument_choices import named
from screening.models import Case, Score


def start(
    session: Session, *, by: Actor, case: Case, hospital_id: int, form: Mapping[str, Any]
) -> Referral:
    """Open a draft for one hospital of the green channel; nothing is sent."""
    with_agreement(session, hospital_id, case.school_id)
    moment = clock.now()
    first_step = timing.span(session, case.school_id, "clock.referral_draft_h")
    referral = Referral(
        case_id=case.id,
        school_id=case.school_id,
        student_id=case.student_id,
        hospital_id=hospital_id,
        state=State.DRAFT.value,
        urgency=form["urgency"],
        letter={"form": dict(form)},
        consent_detail={"guardians": {}, "student": Answer.NOT_ASKED.value},
        reply=None,
        owner_organisation_id=case.school_id,
        duty_role=Role.COUNSELOR.value,
        owner_user_id=by.user_id,
        due_at=moment + first_step,
        created_by=by.ref,
        created_at=moment,
    )
    session.add(referral)
    session.flush()
    audit.record(
        session,
        "referral.start",
        by=by.ref,
        organisation_id=case.school_id,
        subject=f"referral:{referral.id}",
        details={"case": case.id, "hospital": hospital_id, "urgency": referral.urgency},
    )
    return referral


def with_agreement(session: Session, hospital_id: int, school_id: int) -> None:
    """Refuse a hospital with which no region of the school has an agreement that runs."""
    offered = {service.organisation_id for service in hospitals_for(session, school_id)}
    if hospital_id not in offered:
        raise Refused(
            _("这家医院没有生效的绿色通道协议，请选择另一家，或者请县、市登记协议。"), "hospital"
        )


def change_letter(
    session: Session, *, by: Actor, referral: Referral, form: Mapping[str, Any]
) -> None:
    """Change what the letter will say, as long as it has not left."""
    if State(referral.state) not in (State.DRAFT, State.AWAITING_CONSENT, State.READY):
        raise Refused(_("转介单已经发出，不能再改。需要更正时请撤回后重新转介。"))
    referral.letter = {"form": dict(form)}
    referral.urgency = form["urgency"]
    audit.record(
        session,
        "referral.letter",
        by=by.ref,
        organisation_id=referral.school_id,
        subject=f"referral:{referral.id}",
        details={"urgency": referral.urgency},
    )


def record_answers(
    session: Session, *, by: Actor, referral: Referral, answers: Mapping[str, Any]
) -> Decision:
    """Write down who agreed, refused or was not reached, and move on if that is enough.

    `answers`: {"guardians": {guardian id: answer}, "student": answer, "basis": words for danger
    to life, "attempts": tries so far, "version": version read}.
    """
    state = State(referral.state)
    if state is State.DRAFT:
        move(session, by=by, referral=referral, event=Event.ASK, said=_said(answers))
    elif state is not State.AWAITING_CONSENT:
        raise Refused(_("同意已经记录完毕，不能再改；撤回请在下方“取消转介”里说明。"))
    detail = dict(referral.consent_detail or {})
    detail.update({k: answers[k] for k in ("guardians", "student", "basis", "attempts")})
    referral.consent_detail = detail
    referral.consent_by = by.ref
    decision = decision_for(session, referral)
    referral.consent = _summary(decision, detail)
    audit.record(
        session,
        "referral.consent",
        by=by.ref,
        organisation_id=referral.school_id,
        subject=f"referral:{referral.id}",
        details={"may_send": decision.may_send, "reasons": [str(r) for r in decision.reasons]},
    )
    if decision.may_send:
        move(session, by=by, referral=referral, event=Event.PERMIT)
        if referral.consent == "danger_to_life":
            tell_signers(session, referral)
    elif decision.review_after is not None:
        referral.due_at = clock.now() + decision.review_after
    return decision


def sign(session: Session, *, by: Actor, referral: Referral) -> None:
    """The second person's signature under a referral for danger to life; never by the first."""
    if not by.may(Permission.REFERRAL_APPROVE, referral.school.path):
        raise Forbidden(_("您的角色不能做这一步。"))
    if by.ref in (referral.consent_by, referral.created_by):
        raise Refused(_("第二签字人不能是发起人本人。"))
    if referral.consent != "danger_to_life" or referral.approved_by is not None:
        raise Refused(_("这份转介不需要第二人签字。"))
    referral.approved_by = by.user_id
    audit.record(
        session,
        "referral.signed",
        by=by.ref,
        organisation_id=referral.school_id,
        subject=f"referral:{referral.id}",
    )


def decision_for(session: Session, referral: Referral) -> Decision:
    """What the consent gate says about this referral now."""
    guardians = guardians_of(session, referral.student_id)
    detail = referral.consent_detail or {}
    said = detail.get("guardians", {})
    asked = [g for g in guardians if g.status == GuardianStatus.PRESENT.value]
    facts = Facts(
        age=_age(_birth_date(session, referral.student_id)),
        guardians=tuple(Answer(said.get(str(g.id), Answer.NOT_ASKED.value)) for g in asked),
        student=Answer(detail.get("student", Answer.NOT_ASKED.value)),
        danger=referral.urgency == "red",
        suspected=any(g.status == GuardianStatus.SUSPECTED.value for g in guardians),
        basis_written=bool((detail.get("basis") or "").strip()),
        second_person=referral.approved_by is not None,
        attempts=int(detail.get("attempts") or 0),
    )
    return decide(facts, policy_of(session, referral.school_id))


def policy_of(session: Session, organisation_id: int) -> Policy:
    """The ages, review times and tries that hold for the school."""
    return Policy(
        **{
            name: settings.value(session, organisation_id, f"consent.{key}")
            for name, key in POLICY.items()
        }
    )


POLICY = {
    "student_age": "guardian_below",
    "adult_age": "student_alone_from",
    "second_person_h": "second_person_h",
    "refusal_review_h": "refusal_review_h",
    "unreachable_h": "unreachable_h",
    "attempts": "attempts",
    "basis_min": "basis_min",
}


def guardians_of(session: Session, student_id: int) -> Sequence[Guardian]:
    """The guardians on record, in order of entry."""
    return session.scalars(
        select(Guardian).where(Guardian.student_id == student_id).order_by(Guardian.id)
    ).all()


def content_of(session: Session, referral: Referral) -> dict[str, Any]:
    """What the letter says if it is sent now; after sending, what it said."""
    letter = referral.letter or {}
    if letter.get("sent"):
        sent: dict[str, Any] = letter["sent"]
        return sent
    form = letter.get("form", {})
    decision = decision_for(session, referral)
    return assemble(
        form={**form, "urgency": referral.urgency},
        school={
            "name": referral.school.name,
            "code": referral.school.code,
            "phone": referral.school.phone or "",
            "counselor": form.get("counselor", ""),
        },
        student=_student(session, referral.student_id),
        guardians=_guardians(session, referral.student_id),
        instruments=[r for r in _totals(session, referral) if r["id"] in form.get("scores", [])],
        consent={"ground": decision.ground and str(decision.ground), "law": decision.law},
    )


def totals_of(session: Session, case: Case) -> list[dict[str, Any]]:
    """Totals and bands that may be attached, in the reader's language: id, title, date, total, band;
    newest first.
    """
    return _totals_of_student(session, case.student_id, named)


def _totals(session: Session, referral: Referral) -> list[dict[str, Any]]:
    return _totals_of_student(session, referral.student_id)


def _totals_of_student(
    session: Session, student_id: int, word: Callable[[Named], str] = chinese
) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(Score)
        .where(Score.student_id == student_id, Score.valid)
        .order_by(Score.scored_at.desc(), Score.id.desc())
        .limit(12)
    )
    return [line for row in rows for line in lines(row, word)]


def _student(session: Session, student_id: int) -> dict[str, Any]:
    student = session.get_one(Student, student_id)
    birth = student.birth_date
    session.refresh(student, ["klass"])
    return {
        "name": student.name,
        "sex": student.sex or "",
        "birth_date": birth.isoformat() if birth else "",
        "klass": f"{student.klass.grade.name}{student.klass.name}",
    }


def _guardians(session: Session, student_id: int) -> list[dict[str, Any]]:
    """Guardians whom the hospital may speak to; a suspected one is never among them."""
    return [
        {"name": g.name, "relation": g.relation, "phone": g.phone or ""}
        for g in guardians_of(session, student_id)
        if g.status == GuardianStatus.PRESENT.value
    ]


def _birth_date(session: Session, student_id: int) -> date | None:
    return session.scalar(select(Student.birth_date).where(Student.id == student_id))


def _age(birth: date | None) -> int | None:
    if birth is None:
        return None
    day = clock.today()
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def _summary(decision: Decision, detail: Mapping[str, Any]) -> str | None:
    reasons = {str(reason) for reason in decision.reasons}
    named = ("danger_to_life", "guardian_suspected")
    for name in named:
        if name in reasons:
            return name
    if decision.may_send:
        return "granted"
    if "guardian_unreachable" in reasons:
        return "unreachable"
    refused = {"guardian_refuses", "guardians_disagree", "student_objects"}
    return "refused" if reasons & refused else None


def _said(answers: Mapping[str, Any]) -> Said:
    return Said(version=answers.get("version"))
