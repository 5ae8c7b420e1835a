"""Cases: opening, interviews and levels, steps, follow-ups, and clearing that recalls every flag."""

from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock, push
from foundation.i18n import _
from foundation.problems import Forbidden, Refused
from foundation.state_machine import follow
from schools.models import Organisation
from schools.queries import able_to
from screening.league.concern_queries import case_to_join
from screening.models import Alert, AlertChange, Case, CaseEvent, FollowUp, Interview
from screening.models.referral_columns import REFERRAL
from screening.triage import alert_workflow, case_workflow
from screening.triage.case_workflow import ENDED, NEXT_LOOK, Event, State

DUTY_ROLE = "counselor"
FIRST_LOOK = timedelta(days=1)


def open_case(session: Session, *, by: Actor, alert: Alert) -> Case:
    """The student's open case at this school, opened now when there is none."""
    found = case_to_join(session, alert.school_id, alert.student_id)
    return found or _opened(session, by, alert)


def _opened(session: Session, by: Actor, alert: Alert) -> Case:
    case = Case(
        school_id=alert.school_id,
        student_id=alert.student_id,
        state=State.OPEN.value,
        owner_organisation_id=alert.owner_organisation_id,
        duty_role=DUTY_ROLE,
        owner_user_id=alert.owner_user_id or by.user_id,
        due_at=min(filter(None, (alert.due_at, clock.now() + FIRST_LOOK))),
        created_at=clock.now(),
        created_by=by.ref,
    )
    session.add(case)
    session.flush()
    noted(session, by, case, "opened", None, {"alert": alert.id})
    return case


def interview(
    session: Session, *, by: Actor, case: Case, record: str, level: int, held_at: datetime
) -> Interview:
    """Keep the record of a talk for its author and the supervisor; a person sets the level."""
    if by.user_id is None:
        raise Forbidden(_("只有人可以确定等级。"))
    if case.ended_at is not None:
        raise Refused(_("个案已经结束。"))
    row = Interview(
        school_id=case.school_id,
        student_id=case.student_id,
        case_id=case.id,
        author_id=by.user_id,
        held_at=held_at,
        record={"text": record},
        level=level,
        created_at=clock.now(),
    )
    session.add(row)
    case.level, case.level_set_by, case.level_set_at = level, by.ref, clock.now()
    case.version += 1
    noted(session, by, case, "interviewed", case.state, {"level": level})
    for alert in session.scalars(_open_alerts(case)):
        if held_at >= alert.created_at:
            spoken(alert, held_at)
    return row


def spoken(alert: Alert, at: datetime) -> None:
    """The student was spoken with: from here the next look is due, not the first contact."""
    if alert.first_contact_at is None:
        alert.first_contact_at = at
        look = alert_workflow.NEXT_LOOK.get(alert_workflow.State(alert.state))
        alert.due_at = clock.now() + look if look else alert.due_at


def _open_alerts(case: Case) -> Select[Alert]:
    return select(Alert).where(
        Alert.school_id == case.school_id,
        Alert.student_id == case.student_id,
        Alert.ended_at.is_(None),
    )


def step(session: Session, *, by: Actor, case: Case, event: Event, reason: str = "") -> bool:
    """Take one step; False when a grave case now waits for the second person to end it."""
    before, person = case.state, by.user_id is not None
    to = follow(case_workflow.TRANSITIONS, before, event, person=person)
    path = session.scalar(select(Organisation.path).where(Organisation.id == case.school_id))
    if by.user_id is None or not by.may(to.permission, path):
        raise Forbidden(_("您的角色不能做这一步。"))
    _required(case, to.requires, reason)
    if to.to in ENDED and session.scalars(_letters_out(case)).first() is not None:
        raise Refused(_("还有没结束的转介：先确认回执或者取消转介，再结束个案。"))
    if case_workflow.second_person_needed(event, case.level, case.clearing_proposed_by, by.user_id):
        case.clearing_proposed_by, case.version = by.user_id, case.version + 1
        noted(session, by, case, "ending_proposed", before, {"reason": reason})
        push.notify(
            session,
            user_ids=able_to(session, case.school_id, to.permission, but=by),
            key=f"case.ending_proposed:{case.id}:{case.version}",
            path=f"/cases/{case.id}",
        )
        return False
    case.state, case.version = to.to.value, case.version + 1
    if to.to in ENDED:
        _end(session, by, case, reason)
    else:
        case.due_at, case.clearing_proposed_by = clock.now() + NEXT_LOOK[to.to], None
    noted(session, by, case, event.value, before, {"reason": reason} if reason else None)
    return True


def _required(case: Case, requires: tuple[str, ...], reason: str) -> None:
    if "level" in requires and case.level is None:
        raise Refused(_("先面谈并确定等级，再做这一步。"))
    if "reason" in requires and not reason.strip():
        raise Refused(_("请写明理由。"), "reason")


def _end(session: Session, by: Actor, case: Case, reason: str) -> None:
    open_work = select(FollowUp.id).where(FollowUp.case_id == case.id, FollowUp.done_at.is_(None))
    # First the facts of the state: the query below flushes it, and a refusal takes both back.
    case.ended_at, case.outcome_reason = clock.now(), reason.strip()
    if case.state == State.CLOSED.value and session.scalars(open_work).first() is not None:
        raise Refused(_("还有没完成的随访：先完成，再结束。"))
    if case.state == State.CLEARED.value:
        case.advice = None
        _recall(session, by, case, reason)


def _letters_out(case: Case) -> Select[int]:
    return select(REFERRAL.c.id).where(REFERRAL.c.case_id == case.id, REFERRAL.c.ended_at.is_(None))


def _recall(session: Session, by: Actor, case: Case, reason: str) -> None:
    """Every open flag of the student at this school ends as cleared: it leaves every worklist."""
    for alert in session.scalars(_open_alerts(case)):
        before = alert.state
        to = follow(alert_workflow.TRANSITIONS, before, alert_workflow.Event.CLEAR)
        alert.state, alert.version = to.to.value, alert.version + 1
        alert.ended_at, alert.ended_by, alert.outcome_reason = clock.now(), by.ref, reason.strip()
        session.add(
            AlertChange(
                alert_id=alert.id,
                event="clear",
                from_state=before,
                to_state=alert.state,
                detail={"case": case.id},
                by=by.ref,
                at=clock.now(),
            )
        )


def add_follow_up(
    session: Session, *, by: Actor, case: Case, what: str, due_at: datetime
) -> FollowUp:
    """One thing to do by a time; it belongs to whoever answers for the case."""
    if case.ended_at is not None:
        raise Refused(_("个案已经结束。"))
    row = FollowUp(
        case_id=case.id,
        kind="contact",
        what=what,
        owner_user_id=case.owner_user_id or by.user_id,
        due_at=due_at,
        created_at=clock.now(),
    )
    session.add(row)
    noted(session, by, case, "follow_up_added", case.state)
    return row


def finish_follow_up(session: Session, *, by: Actor, case: Case, row: FollowUp, note: str) -> None:
    """Done, with a note; doing it twice changes nothing."""
    if row.done_at is not None:
        return
    row.done_at, row.done_by, row.outcome, row.note = clock.now(), by.ref, "done", note
    noted(session, by, case, "follow_up_done", case.state)


def plan(
    session: Session,
    *,
    by: Actor,
    case: Case,
    goals: str,
    advice: str,
    user_id: int,
    deputy_id: int | None = None,
) -> None:
    """Goals for the counselor, plain advice for the homeroom teacher, and who answers.

    A new owner takes over the open follow-ups of the old one and is told.

    Raises:
        Refused: nobody is his own deputy.

    """
    if deputy_id == user_id:
        raise Refused(_("代理人不能是负责人自己。"), "deputy")
    before, case.owner_user_id, case.deputy_user_id = case.owner_user_id, user_id, deputy_id
    case.plan, case.advice = {"goals": goals}, advice.strip() or None
    case.version += 1
    noted(session, by, case, "planned", case.state, {"owner": user_id, "deputy": deputy_id})
    if before != user_id:
        _reassigned(session, case, before, user_id)


def _reassigned(session: Session, case: Case, before: int | None, user_id: int) -> None:
    rows = session.scalars(
        select(FollowUp).where(
            FollowUp.case_id == case.id,
            FollowUp.done_at.is_(None),
            or_(FollowUp.owner_user_id == before, FollowUp.owner_user_id.is_(None)),
        )
    )
    for row in rows:
        row.owner_user_id = user_id
    push.notify(
        session,
        user_ids=[user_id],
        key=f"case.assigned:{case.id}:{case.version}",
        path=f"/cases/{case.id}",
    )


def noted(
    session: Session,
    by: Actor,
    case: Case,
    event: str,
    before: str | None,
    detail: dict[str, object] | None = None,
) -> None:
    """Write the step into the case's history and the audit."""
    session.add(
        CaseEvent(
            case_id=case.id,
            event=event,
            from_state=before,
            to_state=case.state,
            detail=detail,
            by=by.ref,
            at=clock.now(),
        )
    )
    audit.record(
        session,
        f"case.{event}",
        by=by.ref,
        organisation_id=case.school_id,
        subject=f"case:{case.id}",
        details={"from": before, "to": case.state},
    )
