"""What time brings about for alerts: the ladder while nobody takes one, and what was missed."""

from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

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
    waiting = select(Alert).where(
        Alert.ended_at.is_(None),
        or_(Alert.state == State.OPEN.value, forgotten),
        Alert.severity == CRITICAL,
        Alert.origin != "import",
    )
    with reading() as session:
        # looked at first: most have no new step, and only one unit writes at a time
        ids = [each.id for each in session.scalars(waiting) if _step(session, each)]
    for alert_id in ids:
        with writing() as session:
            alert = hold(session, Alert, alert_id)
            if step := _step(session, alert):
                escalate(session, by=Actor.system("worker"), alert=alert, passed=step)
    return None


def _step(session: Session, alert: Alert) -> int:
    """The step that has passed and was not paged yet, 0 if there is none."""
    minutes, now = contact_minutes(session, alert.school_id), clock.now()
    passed = steps_passed(alert.created_at, now, minutes)
    if alert.state != State.OPEN.value:
        late = alert.due_at is not None and alert.due_at < now
        forgotten = late and alert.first_contact_at is None and alert.ended_at is None
        # one more than the ladder has: taken, past its time, and nobody spoke with the student
        passed = len(minutes) + 1 if forgotten else 0
    return passed if passed > alert.escalation_step else 0


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
