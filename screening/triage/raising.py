"""Raise an alert in the caller's transaction: once per ticket and rule, owned and due from birth."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.policy import GRANTS, Permission, Role
from foundation import audit, clock, push
from schools import queries as schools
from schools import settings
from schools.duty.queries import on_duty
from schools.models import Klass, Student
from schools.queries import staff_of
from screening.models import Alert, AlertChange, AlertReach, Case, Ticket
from screening.models.flags import STANDING

DUTY_ROLE = "counselor"
ASK = "request:teacher"  # the rule of a student's own call for a person
CRITICAL, HIGH = 3, 2
IMPORT = "import"  # flags of old sheets: owned and due, told by one digest per school
OPENS_ALERTS = tuple(role.value for role in Role if Permission.ALERT_VIEW in GRANTS[role])
# adults of a branch read the care list; the alert itself is not theirs to open
CARE_SIDE = frozenset({Role.BRANCH_ADVISER, Role.LEAGUE_SECRETARY})


def raise_alert(
    session: Session,
    *,
    ticket: Ticket,
    rule: str,
    severity: int,
    inputs: dict[str, Any],
    origin: str = "live",
) -> Alert:
    """The alert of this rule on this ticket; made now unless it is there already.

    However it was found, there is one; only a call for help comes anew after the last has ended.
    The unique index says the same, so of two processes that find it at once the later one gets
    the alert of the first.
    """
    before = _standing(session, ticket.id, rule)
    if before is not None:
        return before
    alert = _made(session, ticket, rule, severity, inputs, origin)
    try:
        with session.begin_nested():
            session.add(alert)
    except IntegrityError:
        before = _standing(session, ticket.id, rule)
        if before is None:
            raise
        return before
    by = f"ticket:{ticket.id}"
    session.add(
        AlertChange(
            alert_id=alert.id,
            event="raised",
            from_state=None,
            to_state=alert.state,
            detail={"rule": rule},
            by=by,
            at=alert.created_at,
        )
    )
    audit.record(
        session,
        "alert.raised",
        by=by,
        organisation_id=alert.school_id,
        subject=f"alert:{alert.id}",
        details={"severity": severity, "origin": origin},
    )
    reached = reach(session, alert)
    if origin != IMPORT:
        tell(session, alert, reached, key=f"alert.raised:{alert.id}", urgent=severity == CRITICAL)
    return alert


def _standing(session: Session, ticket_id: int, rule: str) -> Alert | None:
    return session.scalars(
        select(Alert).where(Alert.ticket_id == ticket_id, Alert.rule == rule, STANDING)
    ).first()


def _made(
    session: Session,
    ticket: Ticket,
    rule: str,
    severity: int,
    inputs: dict[str, Any],
    origin: str,
) -> Alert:
    now, school = clock.now(), ticket.campaign.school_id
    case = _open_case(session, school, ticket.student_id)
    organisation, owner = custody(session, school)
    if case and case.owner_user_id in able(session, school, [case.owner_user_id]):
        owner = case.owner_user_id
    return Alert(
        school_id=school,
        student_id=ticket.student_id,
        campaign_id=ticket.campaign_id,
        ticket_id=ticket.id,
        rule=rule,
        inputs=inputs,
        severity=severity,
        origin=origin,
        state="open",
        case_id=case.id if case else None,
        owner_organisation_id=organisation,
        duty_role=DUTY_ROLE,
        owner_user_id=owner,
        due_at=now + _time_for(session, school, severity),
        created_at=now,
    )


def _time_for(session: Session, school: int, severity: int) -> timedelta:
    if severity == CRITICAL:
        return timedelta(minutes=settings.value(session, school, "clock.critical_contact_min"))
    key = "clock.high_interview_h" if severity == HIGH else "clock.attention_contact_h"
    return timedelta(hours=settings.value(session, school, key))


def _open_case(session: Session, school_id: int, student_id: int) -> Case | None:
    return session.scalars(
        select(Case).where(
            Case.school_id == school_id, Case.student_id == student_id, Case.ended_at.is_(None)
        )
    ).first()


def custody(session: Session, school_id: int) -> tuple[int, int | None]:
    """(organisation, person) who answer now: a counselor on duty, a counselor, whoever is on duty."""
    counselors = _holders(session, school_id, Role.COUNSELOR)
    duty = on_duty(session, school_id, clock.now())
    called = duty.user_ids if duty else ()
    owner = next(iter([*(u for u in called if u in counselors), *counselors]), None)
    if owner is None and duty is not None:
        return duty.organisation.id, duty.user_ids[0]
    return school_id, owner


def able(session: Session, school_id: int, users: Iterable[int | None]) -> set[int]:
    """Those of the users whose roles of today open the alerts of the school."""
    return schools.able(session, school_id, OPENS_ALERTS, users)


def _holders(session: Session, school_id: int, role: Role, klass: Klass | None = None) -> list[int]:
    narrow = {"klass_id": klass.id, "branch_id": klass.branch_id} if klass else {}
    return [user.id for user in staff_of(session, school_id, (role.value,), **narrow)]


def reach(session: Session, alert: Alert) -> set[tuple[int, Role]]:
    """Write down whom the flag reaches, as what; returns who is to be told now, as what.

    Owner and duty always; the adult contact of the branch, else the adult League secretary. A
    fellow student is never reached by an alert; an old sheet pages nobody on duty.
    """
    reached = _adults_of_branch(session, alert)
    if alert.owner_user_id is not None:
        reached.add((alert.owner_user_id, Role.COUNSELOR))
    duty = on_duty(session, alert.school_id, alert.created_at) if alert.origin != IMPORT else None
    # outside the school a student is named only while his life may be in danger
    if duty and (alert.severity == CRITICAL or duty.organisation.id == alert.school_id):
        reached |= {(user, Role.DUTY_PERSON) for user in duty.user_ids}
    write_reach(session, alert, reached)
    return reached


def write_reach(session: Session, alert: Alert, reached: set[tuple[int, Role]]) -> None:
    """One row per person and role, with the time he was first reached."""
    known = select(AlertReach.user_id, AlertReach.as_role).where(AlertReach.alert_id == alert.id)
    before = {(user, role) for user, role in session.execute(known)}
    for user, role in sorted(reached):
        if (user, role.value) not in before:
            session.add(
                AlertReach(
                    alert_id=alert.id, user_id=user, as_role=role.value, reached_at=clock.now()
                )
            )
    session.flush()


def tell(
    session: Session, alert: Alert, reached: set[tuple[int, Role]], *, key: str, urgent: bool
) -> None:
    """Each person once, with the page that he may open: the alert, the call, or the care list."""
    works = {user for user, role in reached if role not in CARE_SIDE}
    opens = able(session, alert.school_id, works)
    for user in sorted({user for user, _role in reached}):
        called = f"/alerts/{alert.id}" if user in opens else f"/called/{alert.id}"
        push.notify(
            session,
            user_ids=[user],
            key=f"{key}:user{user}",
            text_key="alert",
            path=called if user in works else "/care",
            urgent=urgent,
        )


def _adults_of_branch(session: Session, alert: Alert) -> set[tuple[int, Role]]:
    klass = session.scalars(
        select(Klass)
        .join(Student, Student.klass_id == Klass.id)
        .where(Student.id == alert.student_id)
    ).one()
    for role in (Role.BRANCH_ADVISER, Role.LEAGUE_SECRETARY):
        found = _holders(session, alert.school_id, role, klass)
        if found:
            return {(user, role) for user in found}
    return set()
