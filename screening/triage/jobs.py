"""What time brings about for alerts: the ladder while nobody takes one, and what was missed."""

from datetime import timedelta

from sqlalchemy import select

from accounts.policy import Actor
from foundation import clock
from foundation.database import reading, writing
from foundation.jobs import periodic, reconciler
from screening.models import Alert, AlertReach
from screening.triage.alert_actions import contact_minutes, deliver_missed, escalate
from screening.triage.alert_workflow import CRITICAL, State, steps_passed

EVERY = timedelta(seconds=15)


@periodic("screening.alert_ladder", EVERY)
def climb() -> int | None:
    """Page once per step that has passed; a named acknowledgement stops it."""
    waiting = select(Alert.id).where(
        Alert.state == State.OPEN.value, Alert.severity == CRITICAL, Alert.origin != "import"
    )
    with reading() as session:
        ids = list(session.scalars(waiting))
    for alert_id in ids:
        _climb(alert_id)
    return None


def _climb(alert_id: int) -> None:
    with writing() as session:
        alert = session.get_one(Alert, alert_id)
        if alert.state != State.OPEN.value:
            return
        minutes = contact_minutes(session, alert.school_id)
        passed = steps_passed(alert.created_at, clock.now(), minutes)
        if passed > alert.escalation_step:
            escalate(session, by=Actor.system("worker"), alert=alert, passed=passed)


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
