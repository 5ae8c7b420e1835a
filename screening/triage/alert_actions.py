"""Working on alerts: taking one, moving it, giving it to somebody, the ladder while nobody does."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Role
from foundation import audit, clock, push
from foundation.i18n import _
from foundation.problems import Forbidden, Refused
from foundation.state_machine import follow
from schools import settings
from schools.duty.queries import chain
from schools.models import Organisation
from screening.models import Alert, AlertChange, Interview
from screening.triage.alert_workflow import CRITICAL, ENDED, NEXT_LOOK, TRANSITIONS, Event, State
from screening.triage.case_actions import open_case, spoken
from screening.triage.raising import custody, reach, tell, write_reach


def step(session: Session, *, by: Actor, alert: Alert, event: Event, reason: str = "") -> None:
    """Take one step of the table; care and referral open the student's case or join it.

    Raises:
        Refused: the step needs a reason.

    """
    before, person = alert.state, by.user_id is not None
    to = follow(TRANSITIONS, before, event, person=person)
    path = session.scalar(select(Organisation.path).where(Organisation.id == alert.school_id))
    if not by.may(to.permission, path):
        raise Forbidden(_("您的角色不能做这一步。"))
    if "reason" in to.requires and not reason.strip():
        raise Refused(_("请写明理由。"), "reason")
    alert.state, alert.version = to.to.value, alert.version + 1
    _facts(session, by, alert, to.to, reason)
    changed(session, by, alert, event.value, before, {"reason": reason} if reason else None)


def _facts(session: Session, by: Actor, alert: Alert, to: State, reason: str) -> None:
    now = clock.now()
    if to == State.ACKNOWLEDGED:
        # its clock goes on: taking an alert is not yet speaking with the student
        alert.acknowledged_at, alert.acknowledged_by, alert.owner_user_id = (
            now,
            by.user_id,
            by.user_id,
        )
    if to in {State.WATCH, State.INTERVENE, State.REFER}:
        alert.case_id = open_case(session, by=by, alert=alert).id
        alert.first_contact_at = alert.first_contact_at or _first_talk(session, alert)
    # a decision is not yet a talk: until the student was spoken with, the deadline stays
    if to in NEXT_LOOK and alert.first_contact_at is not None:
        alert.due_at = now + NEXT_LOOK[to]
    if to in ENDED:
        alert.ended_at, alert.ended_by, alert.outcome_reason = now, by.ref, reason.strip()


def _first_talk(session: Session, alert: Alert) -> datetime | None:
    return session.scalar(
        select(func.min(Interview.held_at)).where(
            Interview.school_id == alert.school_id,
            Interview.student_id == alert.student_id,
            Interview.held_at >= alert.created_at,
        )
    )


def answer_call(session: Session, *, by: Actor, alert: Alert) -> None:
    """Whoever was called on duty is on it; the school's counselor keeps the alert and its clock."""
    if alert.state == State.ACKNOWLEDGED:
        return
    before, to = alert.state, follow(TRANSITIONS, alert.state, Event.ACKNOWLEDGE)
    alert.state, alert.version = to.to.value, alert.version + 1
    alert.acknowledged_at, alert.acknowledged_by = clock.now(), by.user_id
    changed(session, by, alert, Event.ACKNOWLEDGE.value, before)


def contacted(session: Session, *, by: Actor, alert: Alert, note: str) -> None:
    """The student was spoken with: the first contact, once; a note says how.

    Raises:
        Refused: no note, or the alert is over.

    """
    if alert.ended_at is not None:
        raise Refused(_("预警已经结束。"))
    if not note.strip():
        raise Refused(_("请写明怎样联系上的。"), "reason")
    spoken(alert, clock.now())
    alert.version += 1
    changed(session, by, alert, "contacted", alert.state, {"reason": note})


def assign(session: Session, *, by: Actor, alerts: list[Alert], user_id: int) -> int:
    """Make somebody answer for these alerts; ended ones stay as they are."""
    live = [alert for alert in alerts if alert.ended_at is None]
    for alert in live:
        before, alert.owner_user_id = alert.owner_user_id, user_id
        alert.version += 1
        changed(session, by, alert, "assigned", alert.state, {"from": before, "to": user_id})
    if live:
        push.notify(
            session,
            user_ids=[user_id],
            key=f"alert.assigned:{live[0].id}:{live[0].version}:{len(live)}",
            text_key="alert",
            path="/alerts",
        )
    return len(live)


def share_out(
    session: Session, *, by: Actor, alerts: Sequence[Alert], people: Mapping[int, Sequence[int]]
) -> int:
    """Give each student to the counselor of his school with the fewest open alerts.

    `people` are the counselors by school, at least one each; a student goes to one person whole.
    """
    load = _open_by_owner(session, people)
    load.subtract(alert.owner_user_id for alert in alerts)  # what is shared out is nobody's yet
    by_student: dict[int, list[Alert]] = {}
    for alert in alerts:
        by_student.setdefault(alert.student_id, []).append(alert)
    shares: dict[int, list[Alert]] = {}
    for group in by_student.values():
        to = min(people[group[0].school_id], key=lambda user: (load[user], user))
        load[to] += len(group)
        shares.setdefault(to, []).extend(group)
    return sum(
        assign(session, by=by, alerts=share, user_id=to) for to, share in sorted(shares.items())
    )


def _open_by_owner(session: Session, people: Mapping[int, Sequence[int]]) -> Counter[int | None]:
    users = {user for counselors in people.values() for user in counselors}
    rows = session.execute(
        select(Alert.owner_user_id, func.count(Alert.id))
        .where(Alert.owner_user_id.in_(users), Alert.ended_at.is_(None))
        .group_by(Alert.owner_user_id)
    )
    return Counter({row.owner_user_id: row[1] for row in rows})


def escalate(session: Session, *, by: Actor, alert: Alert, passed: int) -> None:
    """Page the next people of the chain; nobody loses the alert and its clock goes on.

    One that was taken and then forgotten goes no further up than the level above the school.
    """
    called = {(user, Role.COUNSELOR) for user in reach_again(session, alert)}
    levels = chain(session, alert.school_id)[: passed + 1 if alert.state == State.OPEN else 2]
    called |= {
        (slot.user_id, Role.DUTY_PERSON) for _organisation, slots in levels for slot in slots
    }
    write_reach(session, alert, called)
    tell(session, alert, called, key=f"alert.raised:{alert.id}:step{passed}", urgent=True)
    alert.escalation_step = passed
    changed(session, by, alert, "escalated", alert.state, {"step": passed})


def reach_again(session: Session, alert: Alert) -> list[int]:
    """Who answers now: a vacancy is filled, an owner is kept."""
    if alert.owner_user_id is None:
        alert.owner_organisation_id, alert.owner_user_id = custody(session, alert.school_id)
    return [alert.owner_user_id] if alert.owner_user_id is not None else []


def deliver_missed(session: Session, alert: Alert) -> None:
    """A flag that reached nobody (an alert of an older release, say) is delivered now."""
    reach_again(session, alert)
    reached, urgent = reach(session, alert), alert.severity == CRITICAL
    tell(session, alert, reached, key=f"alert.raised:{alert.id}", urgent=urgent)


def contact_minutes(session: Session, school_id: int) -> list[int]:
    """The steps of the ladder for a school, in minutes after the alert."""
    return [int(m) for m in settings.value(session, school_id, "alert.escalate_minutes")]


def changed(
    session: Session,
    by: Actor,
    alert: Alert,
    event: str,
    before: str,
    detail: dict[str, object] | None = None,
) -> None:
    """Write the step into the alert's history and the audit."""
    session.add(
        AlertChange(
            alert_id=alert.id,
            event=event,
            from_state=before,
            to_state=alert.state,
            detail=detail,
            by=by.ref,
            at=clock.now(),
        )
    )
    audit.record(
        session,
        f"alert.{event}",
        by=by.ref,
        organisation_id=alert.school_id,
        subject=f"alert:{alert.id}",
        details={"from": before, "to": alert.state},
    )
