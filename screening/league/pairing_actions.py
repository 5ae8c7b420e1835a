"""Pairing a committee member with one student of the branch, logging contacts, training."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock
from foundation.i18n import _
from foundation.problems import Missing, Refused, WrongState
from schools.models import Klass, StaffRole, Student, StudentStatus
from screening.league import concern_actions
from screening.league.pairing_queries import share_a_guardian
from screening.league.queries import current_term, pairing_of
from screening.models import CareTask, Concern, ContactLog, ContactPairing, Training

DIFFICULTIES = ("economy", "study", "belonging", "social")


def pair(
    session: Session,
    *,
    by: Actor,
    member: StaffRole,
    student: Student,
    difficulties: Sequence[str] = (),
) -> ContactPairing:
    """One member, one student of the same branch, one term; never himself or a sibling.

    Raises:
        Refused: outside the branch, himself, a sibling, no term, or the member is paired already.

    """
    if (
        member.branch_id is None
        or session.get_one(Klass, student.klass_id).branch_id != member.branch_id
    ):
        raise Refused(_("只能和本团支部的同学结对。"), "student_id")
    _not_family(session, member, student)
    term = current_term(session, member.organisation_id)
    if term is None:
        raise Refused(_("还没有设置本学期：请先在“机构”里设置学期。"), "student_id")
    if pairing_of(session, member.user_id, term.id):
        raise Refused(_("这位委员本学期已经结对。"), "student_id")
    _end_earlier(session, by, member.user_id)
    pairing = ContactPairing(
        school_id=member.organisation_id,
        branch_id=member.branch_id,
        member_user_id=member.user_id,
        student_id=student.id,
        term_id=term.id,
        difficulties=[each for each in difficulties if each in DIFFICULTIES],
        paired_by=by.ref,
        paired_at=clock.now(),
    )
    session.add(pairing)
    session.flush()
    _audited(session, "pairing.made", by, pairing)
    return pairing


def _not_family(session: Session, member: StaffRole, student: Student) -> None:
    if student.status != StudentStatus.ENROLLED.value:
        raise Refused(_("这位学生已不在读。"), "student_id")
    if member.student_id is None:
        return
    if member.student_id == student.id:
        raise Refused(_("不能和自己结对。"), "student_id")
    if share_a_guardian(session, member.student_id, student.id):
        raise Refused(_("两人登记了同一位家长的电话，可能是兄弟姐妹，不能结对。"), "student_id")


def _end_earlier(session: Session, by: Actor, member_id: int) -> None:
    earlier = select(ContactPairing).where(
        ContactPairing.member_user_id == member_id, ContactPairing.ended_at.is_(None)
    )
    for pairing in session.scalars(earlier).all():
        end_pairing(session, by=by, pairing=pairing)


def end_pairing(session: Session, *, by: Actor, pairing: ContactPairing) -> None:
    """End a pairing; what was logged stays."""
    if pairing.ended_at is not None:
        raise WrongState(_("这次结对已经结束。"))
    pairing.ended_at = clock.now()
    session.flush()
    _audited(session, "pairing.ended", by, pairing)


def log_contact(
    session: Session,
    *,
    by: Actor,
    pairing: ContactPairing | None = None,
    task: CareTask | None = None,
    on_date: date,
    mode: str,
    worried: bool,
    words: str = "",
) -> ContactLog:
    """When, how, worried or not; a worried entry raises a concern.

    Raises:
        Refused: a day that has not come yet.

    """
    held = pairing or task
    if held is None or by.user_id is None:
        raise Missing
    if on_date > clock.today():
        raise Refused(_("日期不能晚于今天。"), "on_date")
    log = ContactLog(
        pairing_id=pairing.id if pairing else None,
        care_task_id=task.id if task else None,
        by_user_id=by.user_id,
        on_date=on_date,
        mode=mode,
        worried=worried,
        logged_at=clock.now(),
    )
    session.add(log)
    session.flush()
    audit.record(
        session,
        "contact.logged",
        by=by.ref,
        organisation_id=held.school_id,
        subject=f"contact_log:{log.id}",
    )
    if worried:
        _concern(session, by, held, log, words)
    return log


def _concern(
    session: Session, by: Actor, held: ContactPairing | CareTask, log: ContactLog, words: str
) -> Concern:
    report = concern_actions.Report(
        school_id=held.school_id,
        client_key=f"contact-log:{log.id}",
        facts="\n".join(filter(None, [_("陪伴时觉得担心。"), words.strip()])),
        student=session.get_one(Student, held.student_id),
        seen_on=log.on_date,
    )
    return concern_actions.report(session, by=by, report=report)


def record_training(
    session: Session, *, by: Actor, contact: StaffRole, trained_on: date
) -> Training:
    """Record a contact's training of this term; a second record changes the day."""
    term = current_term(session, contact.organisation_id)
    if term is None:
        raise Refused(_("还没有设置本学期：请先在“机构”里设置学期。"), "trained_on")
    if trained_on > clock.today():
        raise Refused(_("日期不能晚于今天。"), "trained_on")
    same = select(Training).where(Training.user_id == contact.user_id, Training.term_id == term.id)
    row = session.scalars(same).first()
    if row is None:
        row = Training(
            school_id=contact.organisation_id,
            user_id=contact.user_id,
            term_id=term.id,
            trained_on=trained_on,
            recorded_by=by.ref,
        )
        session.add(row)
    row.trained_on, row.recorded_by = trained_on, by.ref
    session.flush()
    audit.record(
        session,
        "training.recorded",
        by=by.ref,
        organisation_id=row.school_id,
        subject=f"user:{contact.user_id}",
        details={"term": term.id},
    )
    return row


def _audited(session: Session, event: str, by: Actor, pairing: ContactPairing) -> None:
    audit.record(
        session,
        event,
        by=by.ref,
        organisation_id=pairing.school_id,
        subject=f"pairing:{pairing.id}",
        details={"member": pairing.member_user_id},
    )
