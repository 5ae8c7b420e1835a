"""What time brings about for alerts: the ladder while nobody takes one, and what was missed."""

from datetime import timedelta

from sqlalchemy import or_, select

from accounts.policy import Actor
from foundation import clock
from foundation.database import hold, reading, writing
from foundation.jobs import MINUTE, periodic, reconciler
from screening.models import Alert, AlertReach
from screening.triage.alert_actions import contact_minutes, deliver_missed, escalate
from screening.triage.alert_workflow import CRITICAL, State, steps_passed
from screening.triage.handover_actions import take_over
from screening.triage.handover_queries import vacancies

EVERY = timedelta(seconds=15)


@periodic("screening.alert_ladder", EVERY)
def climb() -> int | None:
    """Page once per step that has passed; who takes it stops that, if he reaches the student."""
    forgotten = Alert.first_contact_at.is_(None) & (Alert.due_at < clock.now())
    waiting = select(Alert.id).where(
        Alert.ended_at.is_(None),
        or_(Alert.state == State.OPEN.value, forgotten),
        Alert.severity == CRITICAL,
        Alert.origin != "import",
    )
    with reading() as session:
        ids = list(session.scalars(waiting))
    for alert_id in ids:
        _climb(alert_id)
    return None


def _climb(alert_id: int) -> None:
    with writing() as session:
        alert = hold(session, Alert, alert_id)
        minutes = contact_minutes(session, alert.school_id)
        if alert.state == State.OPEN.value:
            passed = steps_passed(alert.created_at, clock.now(), minutes)
        else:
            passed = _forgotten(alert, len(minutes))
        if passed > alert.escalation_step:
            escalate(session, by=Actor.system("worker"), alert=alert, passed=passed)


def _forgotten(alert: Alert, steps: int) -> int:
    """One step more than the ladder has: taken, but past its time and nobody spoke with him."""
    late = alert.due_at is not None and alert.due_at < clock.now()
    return steps + 1 if late and alert.first_contact_at is None and not alert.ended_at else 0


@periodic("screening.vacancies", MINUTE)
def fill_vacancies() -> None:
    """What belongs to somebody who has left the school goes to a counselor who is there."""
    with reading() as session:
        left = vacancies(session)
    for school_id, user_id in left:
        with writing() as session:
            take_over(session, by=Actor.system("worker"), school_id=school_id, user_id=user_id)


@reconciler("screening.undelivered_alerts")
def undelivered() -> int | None:
    """Alerts that reached nobody are delivered now; returns how many there were."""
    reached = select(AlertReach.alert_id)
    missed = select(Alert.id).where(
        Alert.ended_at.is_(None), Alert.origin != "import", Alert.id.not_in(reached)
    )
    with reading() as session:
        ids = list(session.scalars(missed))
    for alert_id in ids:
        with writing() as session:
            deliver_missed(session, session.get_one(Alert, alert_id))
    return len(ids)
