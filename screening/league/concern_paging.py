"""What happens to a concern that nobody takes: readers and duty are paged again, step by step."""

from datetime import timedelta

from accounts.policy import Actor
from foundation import clock
from foundation.database import reading, writing
from foundation.jobs import periodic
from schools import settings
from screening.league import keywords
from screening.league.concern_actions import page_again
from screening.league.concern_queries import contacted_at, paged_steps, unacknowledged
from screening.league.concern_workflow import steps_passed
from screening.models import Concern


@periodic("league.unanswered_concerns", timedelta(minutes=1))
def climb() -> int | None:
    """Page once per step that has passed; who takes it stops that, if he reaches the student."""
    with reading() as session:
        ids = [concern.id for concern in session.scalars(unacknowledged())]
    for concern_id in ids:
        _climb(concern_id)
    return None


def _climb(concern_id: int) -> None:
    with writing() as session:
        concern = session.get_one(Concern, concern_id)
        if concern.state != "open" or concern.due_at is None:
            return
        minutes = settings.value(session, concern.school_id, "alert.escalate_minutes")
        if concern.acknowledged_at is not None:  # by who was called; nobody of the school took it
            late = concern.due_at <= clock.now() and contacted_at(session, concern) is None
            passed = (len(minutes) + 1) * late
        elif concern.urgency == keywords.URGENT:
            passed = steps_passed(concern.created_at, clock.now(), minutes)
        else:
            passed = int(concern.due_at <= clock.now())
        if passed > paged_steps(session, concern):
            page_again(session, by=Actor.system("worker"), concern=concern, step=passed)
