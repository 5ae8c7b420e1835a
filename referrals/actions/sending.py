"""Sending the letter, sending it elsewhere after a refusal, and taking back what was a mistake."""

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Role
from foundation import clock, crypto
from foundation.i18n import _
from foundation.problems import Refused
from referrals.actions.case_steps import back_to_care, refer
from referrals.actions.following import follow_up, replan
from referrals.actions.moves import is_late, move, next_step, rule, start_clock, working_time
from referrals.actions.moving import Said
from referrals.actions.notices import tell_recalled
from referrals.actions.preparing import content_of, decision_for, with_agreement
from referrals.clocks import Kind
from referrals.letter import fingerprint
from referrals.models import Referral
from referrals.workflow import Event, State
from schools.models import Student
from schools.queries import staff_of

TOKEN_PURPOSE = "letter-token"  # noqa: S105 - the name of an index, not a secret


def send(
    session: Session, *, by: Actor, referral: Referral, previewed: str, version: int | None = None
) -> None:
    """Send exactly what was previewed; consent is looked at once more, and the case is referred."""
    if not decision_for(session, referral).may_send:
        raise Refused(_("现在还不能发出：同意不完整，或者同意已经撤回。"))
    content = content_of(session, referral)
    if fingerprint(content) != previewed:
        raise Refused(_("内容在您预览之后有变化，请重新看一遍再发出。"))
    if referral.urgency != "red":
        _can_be_opened(session, referral)
        with_agreement(session, referral.hospital_id, referral.school_id)
    moment = clock.now()
    token = secrets.token_urlsafe(16)
    referral.letter = {**referral.letter, "sent": content}
    referral.content_sha256 = previewed
    referral.letter_number = f"XQ{clock.local(moment):%Y%m%d}-{referral.id:06d}"
    referral.token = token
    referral.token_index = crypto.blind_index(TOKEN_PURPOSE, token)
    referral.token_until = moment + rule(session, referral, "referral.letter_d")
    referral.sent_at = moment
    routine = "routine" if referral.urgency == "routine" else "urgent"
    row = start_clock(
        session,
        referral,
        Kind.HOSPITAL_RECEIPT,
        f"clock.referral_receipt_{routine}_min",
        basis=working_time(referral),
    )
    said = Said(version=version, due_at=row.due_at, detail={"sha256": previewed})
    move(session, by=by, referral=referral, event=Event.SEND, said=said)
    refer(session, by=by, referral=referral)


def _can_be_opened(session: Session, referral: Referral) -> None:
    """A hospital without an account opens the paper's code with the birth date: there must be one.

    A red letter is never held up for it; it opens as soon as the date is entered.
    """
    has_account = staff_of(session, referral.hospital_id, [Role.HOSPITAL_CONTACT.value])
    born = session.scalar(select(Student.birth_date).where(Student.id == referral.student_id))
    if born is None and not has_account:
        raise Refused(
            _(
                "这家医院没有账户，要凭转介函编号和学生的出生日期才能回复，而学生资料里没有出生日期。"
                "请先在学生资料里补上，再预览、发出。"
            )
        )


def redirect(
    session: Session, *, by: Actor, referral: Referral, hospital_id: int, version: int | None = None
) -> Referral:
    """Offer the child to another hospital: the old letter is void, the new one gets its own number.

    The new referral starts where the old one was ready: what was agreed with the family holds for
    the referral, the preview is done anew because another hospital reads it.
    """
    if hospital_id == referral.hospital_id:
        raise Refused(_("请选择另一家医院。"), "hospital")
    with_agreement(session, hospital_id, referral.school_id)
    if referral.state != State.DECLINED.value and not is_late(session, referral):
        raise Refused(_("医院的时限还没有到；到时没有回应可以改转另一家医院。"))
    said = Said(version=version, detail={"hospital": hospital_id})
    move(session, by=by, referral=referral, event=Event.REDIRECT, said=said)
    void_letter(referral)
    again = Referral(
        case_id=referral.case_id,
        school_id=referral.school_id,
        student_id=referral.student_id,
        hospital_id=hospital_id,
        redirect_of_id=referral.id,
        state=State.DRAFT.value,
        urgency=referral.urgency,
        letter={"form": (referral.letter or {}).get("form", {})},
        consent=referral.consent,
        consent_detail=referral.consent_detail,
        consent_by=referral.consent_by,
        approved_by=referral.approved_by,
        reply=None,
        owner_organisation_id=referral.school_id,
        duty_role="counselor",
        owner_user_id=by.user_id,
        due_at=clock.now() + next_step(session, referral),
        created_by=by.ref,
        created_at=clock.now(),
    )
    session.add(again)
    session.flush()
    if decision_for(session, again).may_send:
        move(session, by=by, referral=again, event=Event.PERMIT)
    return again


def recall(
    session: Session, *, by: Actor, referral: Referral, reason: str, version: int | None = None
) -> None:
    """Wrong child or wrong hospital: the letter is void at once and the mistake is followed up."""
    said = Said(reason="entered_in_error", detail={"text": reason}, version=version)
    move(session, by=by, referral=referral, event=Event.RECALL, said=said)
    void_letter(referral)
    tell_recalled(session, referral)
    back_to_care(session, by=by, referral=referral)
    follow_up(
        session,
        referral=referral,
        kind="privacy_incident",
        what=_("转介单误发：请与医院确认已删除，并按个人信息事件登记"),
        due_at=clock.now() + rule(session, referral, "clock.referral_incident_h"),
    )


def cancel(
    session: Session, *, by: Actor, referral: Referral, reason: str, version: int | None = None
) -> None:
    """Withdraw: at once before the hospital accepted, afterwards as a request it confirms.

    A draft of which nobody was told is given up; nothing has to be arranged instead of it.
    """
    only_a_draft = referral.state == State.DRAFT.value
    said = Said(reason="withdrawn", detail={"text": reason}, version=version)
    move(session, by=by, referral=referral, event=Event.CANCEL, said=said)
    if State(referral.state) is not State.CANCELLED:
        return
    void_letter(referral)
    back_to_care(session, by=by, referral=referral)
    if not only_a_draft:
        replan(session, referral)


def void_letter(referral: Referral) -> None:
    """From now on the code on the paper only says that the letter is void."""
    if referral.token_until is not None:
        referral.token_until = clock.now()
