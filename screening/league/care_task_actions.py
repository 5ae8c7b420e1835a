"""Releasing a care task by hand, and the contact's accepting and finishing it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission, Role
from foundation import audit, clock, push
from foundation.i18n import _
from foundation.problems import Forbidden, Refused
from foundation.state_machine import follow
from schools import settings
from schools.models import Klass, Organisation, StaffRole, Student
from screening.league.care_task_queries import instrument_names, running_task, sittings_of_klass
from screening.league.care_task_rules import TRANSITIONS, Event, State, telling_words, too_close
from screening.league.pairing_actions import log_contact
from screening.league.queries import current_term, pairing_of
from screening.models import Alert, AlertReach, CareTask


@dataclass(frozen=True)
class Release:
    """What the counselor decides; `confirmed` says that closeness to a sitting is meant."""

    contact: StaffRole
    student: Student
    advice: str
    due_at: datetime
    alert_id: int | None = None
    confirmed: bool = False


@dataclass(frozen=True)
class Contact:
    """One contact as the person logs it."""

    on_date: date
    mode: str
    worried: bool
    words: str = ""


def release(session: Session, *, by: Actor, release: Release) -> CareTask:
    """Give a branch contact a task that says who and what to do, and nothing else.

    Raises:
        Refused: telling words, another branch, himself, no ordinary pairing, too close to the
            class's sitting and not confirmed, or the same task is running.
        Forbidden: not a counselor of the student's school.

    """
    student, contact = release.student, release.contact
    school = session.get_one(Organisation, student.school_id)
    if not by.may(Permission.CARE_TASK_RELEASE, school.path):
        raise Forbidden(_("您的角色不能做这一步。"))
    _may_have_it(session, contact, student)
    _says_nothing(release.advice)
    _not_too_close(session, release)
    task = CareTask(
        school_id=student.school_id,
        contact_user_id=contact.user_id,
        student_id=student.id,
        alert_id=_alert(session, release),
        advice=release.advice.strip(),
        state=State.RELEASED.value,
        released_by=by.ref,
        released_at=clock.now(),
        due_at=release.due_at,
    )
    session.add(task)
    session.flush()
    _reached(session, task, contact)
    push.notify(
        session,
        user_ids=[contact.user_id],
        key=f"care_task:{task.id}",
        text_key="task",
        path="/tasks",
    )
    _audited(session, "care_task.released", by, task, {"confirmed": release.confirmed})
    return task


def _may_have_it(session: Session, contact: StaffRole, student: Student) -> None:
    branch = session.get_one(Klass, student.klass_id).branch_id
    if contact.branch_id is None or contact.branch_id != branch:
        raise Refused(_("只能发给这位学生所在团支部的联系人。"), "contact")
    if contact.student_id == student.id:
        raise Refused(_("不能发给学生本人。"), "contact")
    if running_task(session, contact.user_id, student.id):
        raise Refused(_("这位联系人已有关于这位学生的陪伴任务。"), "contact")
    if contact.role == Role.BRANCH_CONTACT.value and not _has_ordinary(session, contact):
        # else the only card on his page would say that something is the matter
        raise Refused(
            _("这位联系人本学期还没有普通结对：请先由校团委书记结对，再发放陪伴任务。"), "contact"
        )


def _has_ordinary(session: Session, contact: StaffRole) -> bool:
    term = current_term(session, contact.organisation_id)
    return term is not None and pairing_of(session, contact.user_id, term.id) is not None


def _says_nothing(advice: str) -> None:
    if not advice.strip():
        raise Refused(_("请写明要做什么。"), "advice")
    telling = telling_words(advice, instrument_names())
    if telling:
        words = "、".join(telling)
        raise Refused(
            _("给同学看的话里不能有分数、等级、量表或原因：%(words)s", words=words), "advice"
        )


def _not_too_close(session: Session, release: Release) -> None:
    days = settings.value(session, release.student.school_id, "league.release_gap_d")
    sittings = sittings_of_klass(session, release.student.klass_id)
    if too_close(sittings, clock.now(), days) and not release.confirmed:
        raise Refused(
            _(
                "这个班的测评在 %(n)s 天之内：现在发放，同学可能猜到原因。确实需要，请勾选确认。",
                n=days,
            ),
            "confirmed",
        )


def _alert(session: Session, release: Release) -> int | None:
    if release.alert_id is None:
        return None
    alert = session.get(Alert, release.alert_id)
    same = alert is not None and alert.student_id == release.student.id
    return release.alert_id if same else None


def _reached(session: Session, task: CareTask, contact: StaffRole) -> None:
    """The flag has reached the fellow student, as a task: the log of the flag says so."""
    if task.alert_id is None:
        return
    key = {"alert_id": task.alert_id, "user_id": contact.user_id, "as_role": contact.role}
    if session.scalars(select(AlertReach).filter_by(**key)).first() is None:
        session.add(AlertReach(**key, reached_at=clock.now()))


def accept(session: Session, *, by: Actor, task: CareTask) -> None:
    """The contact takes it."""
    task.state = follow(TRANSITIONS, task.state, Event.ACCEPT).to.value
    _audited(session, "care_task.accepted", by, task)


def finish(session: Session, *, by: Actor, task: CareTask, contact: Contact) -> None:
    """The contact did it; worried raises a concern."""
    done = follow(TRANSITIONS, task.state, Event.DONE).to
    log_contact(
        session,
        by=by,
        task=task,
        on_date=contact.on_date,
        mode=contact.mode,
        worried=contact.worried,
        words=contact.words,
    )
    task.state = done.value
    task.ended_at, task.worried = clock.now(), contact.worried
    _audited(session, "care_task.done", by, task)


def withdraw(session: Session, *, by: Actor, task: CareTask) -> None:
    """Take it back, for example when the flag was cleared."""
    task.state = follow(TRANSITIONS, task.state, Event.WITHDRAW).to.value
    task.ended_at = clock.now()
    _audited(session, "care_task.withdrawn", by, task)


def _audited(
    session: Session, event: str, by: Actor, task: CareTask, details: dict[str, bool] | None = None
) -> None:
    audit.record(
        session,
        event,
        by=by.ref,
        organisation_id=task.school_id,
        subject=f"care_task:{task.id}",
        details=details,
    )
