"""The paper letter of a hospital without an account: every look is written down, tries are slowed."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from accounts.policy import Actor
from foundation import audit, clock, crypto
from foundation.i18n import _
from foundation.problems import Missing, Refused, WrongState
from referrals import workflow
from referrals.actions import hospital
from referrals.actions.moves import letter_holder
from referrals.actions.sending import TOKEN_PURPOSE
from referrals.models import LetterScan, Referral
from referrals.workflow import Event, State
from schools.models import Student

FREE_TRIES = 3
LONGEST_WAIT_S = 900
# The code on the paper opens receipt and reply only: steps of the table on the way to the reply.
WAY_TO_REPLY = {
    State.SENT: Event.ARRIVE,
    State.RECEIVED: Event.ARRIVE,
    State.NEED_INFO: Event.ARRIVE,
    State.ACCEPTED: Event.ARRIVE,
    State.SCHEDULED: Event.ARRIVE,
    State.NO_SHOW: Event.ARRIVE,
    State.ARRIVED: Event.SEE,
}


class TooSoon(Refused):
    """Too many wrong tries; `wait_s` is how long to wait."""

    status = 429

    def __init__(self, wait_s: int) -> None:
        """Keep the wait for the Retry-After header."""
        super().__init__(_("尝试次数过多，请 %(n)s 秒后再试。", n=wait_s))
        self.wait_s = wait_s


def by_token(session: Session, token: str) -> Referral:
    """The referral behind a code, held: tries that come at once count one by one.

    A code that nobody issued does not exist.
    """
    found = session.scalars(
        select(Referral)
        .options(joinedload(Referral.student).joinedload(Student.klass))
        .where(Referral.token_index == crypto.blind_index(TOKEN_PURPOSE, token))
        .with_for_update(of=Referral, key_share=True)
    ).first()
    if found is None:
        raise Missing
    return found


def is_valid(referral: Referral) -> bool:
    """Whether the letter still holds."""
    until = referral.token_until
    return until is not None and until > clock.now() and referral.ended_at is None


def scanned(session: Session, referral: Referral, result: str) -> None:
    """Write down one opening of the code and what came of it."""
    session.add(LetterScan(referral_id=referral.id, result=result, at=clock.now()))
    audit.record(
        session,
        "referral.letter_scan",
        by=letter_holder(referral.id).ref,
        organisation_id=referral.school_id,
        subject=f"referral:{referral.id}",
        details={"result": result},
    )


def prove(session: Session, *, referral: Referral, number: str, birth_date: date) -> bool:
    """Whether number and birth date are those of the letter; raises TooSoon while slowed down."""
    moment = clock.now()
    if referral.blocked_until is not None and referral.blocked_until > moment:
        raise TooSoon(max(1, int((referral.blocked_until - moment).total_seconds())))
    born = session.scalar(select(Student.birth_date).where(Student.id == referral.student_id))
    same = number.strip().upper() == referral.letter_number and birth_date == born
    if same and is_valid(referral):
        referral.failed_tries, referral.blocked_until = 0, None
        scanned(session, referral, "opened")
        return True
    referral.failed_tries += 1
    if referral.failed_tries >= FREE_TRIES:
        wait = min(2 ** (referral.failed_tries - FREE_TRIES) * 15, LONGEST_WAIT_S)
        referral.blocked_until = moment + timedelta(seconds=wait)
    scanned(session, referral, "refused")
    return False


def receipt(session: Session, *, referral: Referral) -> None:
    """The hospital has the letter in its hands."""
    hospital.receive(session, by=letter_holder(referral.id), referral=referral)


def reply(session: Session, *, referral: Referral, slip: Mapping[str, Any]) -> None:
    """The reply slip; the steps that the paper did not record are taken on the way to it."""
    holder = letter_holder(referral.id)
    for _turn in range(len(WAY_TO_REPLY)):
        event = WAY_TO_REPLY.get(State(referral.state))
        if event is None:
            break
        _take(session, holder, referral, event)
    if State(referral.state) is not State.SEEN:
        allowed = [row.value for at, row in workflow.TRANSITIONS if at == referral.state]
        raise WrongState(_("这份转介已经有回执，不需要再填写。"), allowed)
    hospital.reply(session, by=holder, referral=referral, slip=slip)


def _take(session: Session, holder: Actor, referral: Referral, event: Event) -> None:
    if event is Event.ARRIVE:
        hospital.arrive(session, by=holder, referral=referral)
    else:
        hospital.see(session, by=holder, referral=referral)
