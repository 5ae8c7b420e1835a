"""The demo's alerts and cases: worked on by the counselors, one at least in every state."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Role
from foundation import clock, database
from schools.models import Organisation
from screening.models import Alert, Case
from screening.triage import alert_actions, case_actions
from screening.triage.alert_workflow import ATTENTION
from screening.triage.alert_workflow import Event as AlertEvent
from screening.triage.case_workflow import Event as CaseEvent
from web.demo import screenings
from web.demo.screenings import CLOSED, OPEN, actor

LEVEL = 2
RECORD = "谈了四十分钟：近来睡得少，和家里争吵多，没有伤害自己的打算，愿意每周来一次。"
REASONS = {
    AlertEvent.FALSE_ALARM: "学生说点错了，已面谈核对。",
    AlertEvent.CLOSE: "已面谈，目前不需要进一步帮助。",
}
CARE = (CaseEvent.START_CARE,)
TODAY = OPEN[0]
# what came in on the day of the first start: (minutes ago, in danger, what was done by now); the
# first one is overdue on purpose, so that the colour of it can be seen
FRESH: tuple[tuple[int, bool, tuple[AlertEvent, ...]], ...] = (
    (43, True, ()),
    (21, True, (AlertEvent.ACKNOWLEDGE,)),
    (8, True, ()),
    (200, False, (AlertEvent.ACKNOWLEDGE, AlertEvent.REVIEW)),
    (90, False, (AlertEvent.ACKNOWLEDGE,)),
    (30, False, ()),
)
# what becomes of an alert, and of the case that it opens
WAYS: tuple[tuple[AlertEvent, tuple[CaseEvent, ...]], ...] = (
    (AlertEvent.WATCH, ()),
    (AlertEvent.INTERVENE, CARE),
    (AlertEvent.REFER, (*CARE, CaseEvent.REFER)),
    (AlertEvent.INTERVENE, (*CARE, CaseEvent.REFER, CaseEvent.RETURN)),
    (AlertEvent.INTERVENE, (*CARE, CaseEvent.MONITOR)),
    (AlertEvent.WATCH, (*CARE, CaseEvent.MONITOR, CaseEvent.CLOSE)),
    (AlertEvent.INTERVENE, (CaseEvent.CLEAR,)),
    (AlertEvent.FALSE_ALARM, ()),
)


def build(morning: datetime) -> None:
    """Closed campaigns are worked through; of the open ones what is grave was taken in time."""
    for code in CLOSED:
        _work_through(code, morning)
    for code in OPEN:
        with database.writing() as session:
            _take(session, code)
    now = clock.now()
    for minutes, danger, events in FRESH:
        _came_in(now - timedelta(minutes=minutes), danger, events)


def _alerts(session: Session, code: str) -> Sequence[Alert]:
    return session.scalars(
        select(Alert)
        .join(Organisation, Organisation.id == Alert.school_id)
        .where(Organisation.code == code)
        .order_by(Alert.id)
    ).all()


def _work_through(code: str, morning: datetime) -> None:
    with database.writing() as session:
        by, students = actor(session, Role.COUNSELOR, code), set[int]()
        for alert in _alerts(session, code):
            _review(session, by, alert)
            number = len(students)
            fresh = alert.student_id not in students and number < len(WAYS)
            students.add(alert.student_id)
            event, way = WAYS[number] if fresh else (AlertEvent.CLOSE, ())
            moment = morning - timedelta(days=1)
            if event is AlertEvent.WATCH and not way:
                moment = clock.now() - timedelta(hours=1)  # a case that was opened just now
            with clock.frozen(moment):
                _decide(session, by, alert, event, way)


def _review(session: Session, by: Actor, alert: Alert) -> None:
    """Taken within twenty minutes, looked at within two hours; a cleared student's flag is over."""
    for minutes, event in ((20, AlertEvent.ACKNOWLEDGE), (120, AlertEvent.REVIEW)):
        if alert.ended_at is None:
            with clock.frozen(alert.created_at + timedelta(minutes=minutes)):
                alert_actions.step(session, by=by, alert=alert, event=event)


def _decide(
    session: Session, by: Actor, alert: Alert, event: AlertEvent, way: tuple[CaseEvent, ...]
) -> None:
    if alert.ended_at is not None:
        return
    reason = REASONS.get(event, "")
    alert_actions.contacted(session, by=by, alert=alert, note="课间见了面，约好下午再谈。")
    alert_actions.step(session, by=by, alert=alert, event=event, reason=reason)
    if way and alert.case_id is not None:
        look_after(session, by, session.get_one(Case, alert.case_id), way)


def look_after(session: Session, by: Actor, case: Case, way: tuple[CaseEvent, ...]) -> None:
    """A talk, its level, the plan, then the steps of the way."""
    now = clock.now()
    case_actions.interview(
        session, by=by, case=case, record=RECORD, level=LEVEL, held_at=now - timedelta(hours=1)
    )
    if by.user_id is not None:
        case_actions.plan(
            session,
            by=by,
            case=case,
            goals="每周谈一次；睡眠；和家里的约定。",
            advice="不点名，课间自然地打个招呼；有变化告诉心理老师。",
            user_id=by.user_id,
        )
    row = case_actions.add_follow_up(
        session, by=by, case=case, what="再谈一次，核对约定", due_at=now + timedelta(days=6)
    )
    if way[-1] in (CaseEvent.CLOSE, CaseEvent.CLEAR):
        case_actions.finish_follow_up(session, by=by, case=case, row=row, note="已谈，平稳。")
    session.flush()
    for event in way:
        reason = "面谈后确认不需要继续关注。"
        case_actions.step(session, by=by, case=case, event=event, reason=reason)


def _take(session: Session, code: str) -> None:
    """Grave flags were taken at once and the students spoken with; the others wait their time."""
    by = actor(session, Role.COUNSELOR, code)
    grave = [alert for alert in _alerts(session, code) if alert.severity > ATTENTION]
    for alert in grave:
        _review(session, by, alert)
        with clock.frozen(alert.created_at + timedelta(hours=3)):
            _speak(session, by, alert)


def _came_in(moment: datetime, danger: bool, events: Sequence[AlertEvent]) -> None:  # noqa: FBT001
    """One more sheet of today, and what the counselor has done about it since."""
    with clock.frozen(moment):
        screenings.answer_one(TODAY, danger=danger)
    with database.writing() as session:
        by, alert = actor(session, Role.COUNSELOR, TODAY), _alerts(session, TODAY)[-1]
        for number, event in enumerate(events, start=1):
            with clock.frozen(moment + timedelta(minutes=5 * number)):
                alert_actions.step(session, by=by, alert=alert, event=event)


def _speak(session: Session, by: Actor, alert: Alert) -> None:
    """Care begins; a second flag of the same student joins the care that he has."""
    alert_actions.step(session, by=by, alert=alert, event=AlertEvent.INTERVENE)
    case = session.get_one(Case, alert.case_id)
    if case.level is None:
        look_after(session, by, case, CARE)
