"""Reporting a concern and working on it: reached adults, one open case, nothing dropped."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission
from foundation import audit, clock, push
from foundation.i18n import _
from foundation.problems import Forbidden, Refused
from foundation.state_machine import Transition, follow
from schools import settings
from schools.duty.queries import OnDuty, on_duty
from schools.models import Organisation, Student
from schools.queries import able
from screening.league import keywords
from screening.league.concern_queries import (
    CALLED,
    CONTACTED,
    PAGED_AGAIN,
    READERS,
    called_before,
    case_to_join,
    readers,
    same_report,
)
from screening.league.concern_workflow import LONGEST_WATCH_D, TRANSITIONS, Event, State
from screening.models import Case, CaseEvent, Concern

DUTY_ROLE = "counselor"


@dataclass(frozen=True)
class Report:
    """What the form says; `about` describes a person whom the reporter could not pick."""

    school_id: int
    client_key: str
    facts: str
    student: Student | None = None
    about: str | None = None
    seen_on: date | None = None
    place: str | None = None
    urgency: str = keywords.WORRIED


@dataclass(frozen=True)
class _Custody:
    organisation_id: int
    user_id: int | None
    told: tuple[int, ...]


def report(session: Session, *, by: Actor, report: Report) -> Concern:
    """Keep what was seen or heard and tell counselor and adult secretary; once per client key.

    Raises:
        Refused: somebody reports himself under his own name (he asks for help another way).

    """
    before = same_report(session, by.user_id, report.client_key)
    if before is not None:
        return before
    if report.student is not None and report.student.id in by.own_student_ids:
        raise Refused(_("说的是你自己的话，请直接找心理老师，或拨打 12356。"), "who")
    hits = keywords.watch(" ".join(filter(None, (report.facts, report.about, report.place))))
    concern = _made(session, by, report, hits)
    try:
        with session.begin_nested():
            session.add(concern)
            session.flush()
    except IntegrityError:
        other = same_report(session, by.user_id, report.client_key)
        if other is None:
            raise
        return other
    _tell(session, concern)
    _audited(session, "concern.reported", by, concern, {"urgency": concern.urgency})
    return concern


def _made(session: Session, by: Actor, report: Report, hits: tuple[keywords.Hit, ...]) -> Concern:
    if by.user_id is None:
        raise Forbidden(_("请先登录。"))
    urgency = keywords.urgency(report.urgency, hits)
    custody, now = _custody(session, report.school_id), clock.now()
    return Concern(
        school_id=report.school_id,
        student_id=report.student.id if report.student else None,
        about=report.about,
        reporter_user_id=by.user_id,
        client_key=report.client_key,
        facts=report.facts,
        seen_on=report.seen_on,
        place=report.place,
        urgency=urgency,
        raised_by_keywords=urgency != report.urgency,
        keywords=keywords.categories(hits),
        state=State.OPEN.value,
        owner_organisation_id=custody.organisation_id,
        duty_role=DUTY_ROLE,
        owner_user_id=custody.user_id,
        due_at=now + _time_for(session, report.school_id, urgency),
        created_at=now,
    )


def _time_for(session: Session, school_id: int, urgency: str) -> timedelta:
    if urgency == keywords.URGENT:
        return timedelta(minutes=settings.value(session, school_id, "clock.urgent_concern_min"))
    return timedelta(hours=settings.value(session, school_id, "clock.concern_review_h"))


def _custody(session: Session, school_id: int) -> _Custody:
    """Who answers: on duty and able to read it, else the first counselor, else who is on duty."""
    told, duty = readers(session, school_id), on_duty(session, school_id, clock.now())
    called = duty.user_ids if duty else ()
    able = [user for user in called if user in told]
    owner = next(iter([*able, *told]), None)
    if owner is not None:
        return _Custody(school_id, owner, tuple(told))
    return _of_duty(school_id, duty)


def _of_duty(school_id: int, duty: OnDuty | None) -> _Custody:
    # a school without counselor and secretary: whoever is on duty above must at least know
    if duty is None:
        return _Custody(school_id, None, ())
    return _Custody(duty.organisation.id, duty.user_ids[0], duty.user_ids)


def _tell(session: Session, concern: Concern) -> None:
    told = set(_custody(session, concern.school_id).told)
    urgent = concern.urgency == keywords.URGENT
    _page(session, concern, told, key=f"concern:{concern.id}", urgent=urgent)


def page_again(session: Session, *, by: Actor, concern: Concern, step: int) -> None:
    """Page readers and whoever is on duty now once more; each step pages once."""
    custody = _custody(session, concern.school_id)
    duty = on_duty(session, concern.school_id, clock.now())
    told = {*custody.told, *(duty.user_ids if duty else ())}
    _page(session, concern, told, key=f"concern:{concern.id}:step{step}", urgent=True)
    _audited(session, PAGED_AGAIN, by, concern, {"step": step})


def _page(session: Session, concern: Concern, told: set[int], *, key: str, urgent: bool) -> None:
    """Each with the page that he may open: the concern, or the call of who is on duty.

    What is not urgent names nobody outside; he hears that something waits if nobody else can.
    """
    opens = able(session, concern.school_id, READERS, told)
    called = told - opens if concern.urgency == keywords.URGENT else set()
    pages = {f"/concerns/{concern.id}": opens, f"/called/concerns/{concern.id}": called}
    for path, users in (pages if opens or called else {"/start": told}).items():
        push.notify(session, user_ids=users, key=key, text_key="concern", path=path, urgent=urgent)
    for user in sorted(called - called_before(session, concern)):
        _audited(session, CALLED, Actor.system("duty"), concern, {"user": user})


def answer_call(session: Session, *, by: Actor, concern: Concern) -> None:
    """Whoever was called on duty is on it; the school still has to take it and keeps its clock."""
    if concern.acknowledged_at is None:
        concern.acknowledged_at, concern.acknowledged_by = clock.now(), by.user_id
        concern.version += 1
        _audited(session, "concern.answered", by, concern)


def contacted(session: Session, *, by: Actor, concern: Concern, note: str) -> None:
    """The student was reached; a note says how. Whoever does that is on it.

    Raises:
        Refused: no note.

    """
    if not note.strip():
        raise Refused(_("请写明怎样联系上的。"), "reason")
    answer_call(session, by=by, concern=concern)
    _noted(concern, note)
    concern.version += 1
    _audited(session, CONTACTED, by, concern)


def _noted(concern: Concern, words: str) -> None:
    """What was said before stays: how the duty person reached him, why it was watched."""
    before = concern.outcome_reason
    concern.outcome_reason = "\n".join(filter(None, (before, words.strip())))


def acknowledge(session: Session, *, by: Actor, concern: Concern) -> None:
    """Take it; its clock goes on. A counselor who takes it answers for it from now on."""
    _step(session, by, concern, Event.ACKNOWLEDGE)
    if concern.acknowledged_at is None:  # else somebody on duty was on it before
        concern.acknowledged_at, concern.acknowledged_by = clock.now(), by.user_id
    if by.may(Permission.CASE_WORK, _path(session, concern)):
        concern.owner_user_id = by.user_id
    _audited(session, "concern.acknowledged", by, concern)


def identify(session: Session, *, by: Actor, concern: Concern, student: Student) -> None:
    """Say which student a described concern is about."""
    if concern.ended_at is not None:
        follow(TRANSITIONS, concern.state, Event.ACKNOWLEDGE)
    if student.school_id != concern.school_id:
        raise Refused(_("这位学生不在这所学校。"), "who")
    concern.student_id = student.id
    concern.version += 1
    _audited(session, "concern.identified", by, concern, {"student": student.id})


def watch_longer(session: Session, *, by: Actor, concern: Concern, days: int, reason: str) -> None:
    """Go on watching until a day that must come; it never closes by itself."""
    if not 1 <= days <= LONGEST_WATCH_D:
        raise Refused(_("再观察 1 到 %(n)s 天。", n=LONGEST_WATCH_D), "days")
    _step(session, by, concern, Event.WATCH)
    concern.due_at = clock.now() + timedelta(days=days)
    _noted(concern, reason)
    _audited(session, "concern.watched", by, concern, {"days": days})


def join_case(session: Session, *, by: Actor, concern: Concern) -> Case:
    """Join the student's open case, or open one; both reports of a second concern are kept."""
    if concern.student_id is None:
        raise Refused(_("请先确认是哪位学生。"), "who")
    due_at = concern.due_at
    _may(session, by, concern, Event.JOIN)
    case = case_to_join(session, concern.school_id, concern.student_id)
    case = case or _opened(session, by, concern)
    # the earliest clock wins
    if due_at is not None and (case.due_at is None or due_at < case.due_at):
        case.due_at = due_at
    case.version += 1
    _step(session, by, concern, Event.JOIN)
    concern.case_id, concern.ended_at = case.id, clock.now()
    _case_event(session, by, case, "concern_joined", {"concern": concern.id})
    _audited(session, "concern.joined", by, concern, {"case": case.id})
    return case


def close(session: Session, *, by: Actor, concern: Concern, reason: str) -> None:
    """End it with a reason: talked with the student, unfounded, handled elsewhere."""
    if not reason.strip():
        raise Refused(_("请写明理由。"), "reason")
    _step(session, by, concern, Event.CLOSE)
    concern.ended_at = clock.now()
    _noted(concern, reason)
    _audited(session, "concern.closed", by, concern)


def _opened(session: Session, by: Actor, concern: Concern) -> Case:
    case = Case(
        school_id=concern.school_id,
        student_id=concern.student_id,
        state="open",
        owner_organisation_id=concern.school_id,
        duty_role=DUTY_ROLE,
        owner_user_id=by.user_id,
        due_at=clock.now() + _time_for(session, concern.school_id, concern.urgency),
        created_at=clock.now(),
        created_by=by.ref,
        version=1,
    )
    session.add(case)
    session.flush()
    _case_event(session, by, case, "opened", {"concern": concern.id})
    audit.record(
        session,
        "case.opened",
        by=by.ref,
        organisation_id=case.school_id,
        subject=f"case:{case.id}",
        details={"concern": concern.id},
    )
    return case


def _case_event(
    session: Session, by: Actor, case: Case, event: str, detail: dict[str, object]
) -> None:
    session.add(
        CaseEvent(
            case_id=case.id,
            event=event,
            from_state=None if event == "opened" else case.state,
            to_state=case.state,
            detail=detail,
            by=by.ref,
            at=clock.now(),
        )
    )


def _path(session: Session, concern: Concern) -> str:
    return session.get_one(Organisation, concern.school_id).path


def _may(
    session: Session, by: Actor, concern: Concern, event: Event
) -> Transition[State, Permission]:
    transition = follow(TRANSITIONS, concern.state, event)
    if not by.may(transition.permission, _path(session, concern)):
        raise Forbidden(_("您的角色不能做这一步。"))
    return transition


def _step(session: Session, by: Actor, concern: Concern, event: Event) -> None:
    transition = _may(session, by, concern, event)
    concern.state = transition.to.value
    concern.version += 1


def _audited(
    session: Session,
    event: str,
    by: Actor,
    concern: Concern,
    details: dict[str, object] | None = None,
) -> None:
    audit.record(
        session,
        event,
        by=by.ref,
        organisation_id=concern.school_id,
        subject=f"concern:{concern.id}",
        details=details,
    )
