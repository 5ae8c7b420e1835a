"""Sending the letter, sending it elsewhere after a refusal, and taking back what was a mistake."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import clock, crypto
from foundation.i18n import _
from foundation.problems import Refused
from referrals.actions import timing
from referrals.actions.following import follow_up
from referrals.actions.moves import Said, move
from referrals.actions.preparing import content_of, decision_for
from referrals.clocks import Basis, Kind
from referrals.letter import fingerprint
from referrals.models import HospitalService, Referral
from referrals.workflow import Event, State

TOKEN_DAYS = 30
TOKEN_PURPOSE = "letter-token"  # noqa: S105 - the name of an index, not a secret


def send(
    session: Session, *, by: Actor, referral: Referral, previewed: str, version: int | None = None
) -> None:
    """Send exactly what was previewed; consent is looked at once more before it leaves."""
    if not decision_for(session, referral).may_send:
        raise Refused(_("现在还不能发出：同意不完整，或者同意已经撤回。"))
    content = content_of(session, referral)
    if fingerprint(content) != previewed:
        raise Refused(_("内容在您预览之后有变化，请重新看一遍再发出。"))
    moment = clock.now()
    token = secrets.token_urlsafe(16)
    referral.letter = {**referral.letter, "sent": content}
    referral.content_sha256 = previewed
    referral.letter_number = f"XQ{clock.local(moment):%Y%m%d}-{referral.id:06d}"
    referral.token = token
    referral.token_index = crypto.blind_index(TOKEN_PURPOSE, token)
    referral.token_until = moment + timedelta(days=TOKEN_DAYS)
    referral.sent_at = moment
    clock_row = _receipt_clock(session, referral)
    said = Said(version=version, due_at=clock_row, detail={"sha256": previewed})
    move(session, by=by, referral=referral, event=Event.SEND, said=said)


def _receipt_clock(session: Session, referral: Referral) -> datetime:
    routine = referral.urgency == "routine"
    row = timing.start(
        session,
        subject=f"referral:{referral.id}",
        kind=Kind.HOSPITAL_RECEIPT.value,
        organisation_id=referral.hospital_id,
        key=f"clock.referral_receipt_{'routine' if routine else 'urgent'}_min",
        basis=Basis.BUSINESS if routine else Basis.WALL,
    )
    return row.due_at


def redirect(
    session: Session, *, by: Actor, referral: Referral, hospital_id: int, version: int | None = None
) -> Referral:
    """Offer the child to another hospital: the old letter is void, the new one gets its own number.

    The new referral starts where the old one was ready: what was agreed with the family holds for
    the referral, the preview is done anew because another hospital reads it.
    """
    if hospital_id == referral.hospital_id:
        raise Refused(_("请选择另一家医院。"), "hospital")
    if session.get(HospitalService, hospital_id) is None:
        raise Refused(_("请选择一家绿色通道医院。"), "hospital")
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
        due_at=clock.now() + timedelta(hours=2),
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
    was_sent = referral.sent_at is not None
    move(session, by=by, referral=referral, event=Event.RECALL, said=said)
    void_letter(referral)
    if was_sent:
        follow_up(
            session,
            referral=referral,
            kind="privacy_incident",
            what=_("转介单误发：请与医院确认已删除，并按个人信息事件登记"),
            due_at=clock.now() + timedelta(hours=24),
        )


def cancel(
    session: Session, *, by: Actor, referral: Referral, reason: str, version: int | None = None
) -> None:
    """Withdraw: at once before the hospital accepted, afterwards as a request it confirms."""
    said = Said(reason="withdrawn", detail={"text": reason}, version=version)
    move(session, by=by, referral=referral, event=Event.CANCEL, said=said)
    if State(referral.state) is not State.CANCELLED:
        return
    void_letter(referral)
    follow_up(
        session,
        referral=referral,
        kind="replan",
        what=_("转介已取消：请写明需求已经解决，或者另作安排"),
        due_at=clock.now() + timedelta(hours=24),
    )


def void_letter(referral: Referral) -> None:
    """From now on the code on the paper only says that the letter is void."""
    if referral.token_until is not None:
        referral.token_until = clock.now()
