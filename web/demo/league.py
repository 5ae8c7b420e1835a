"""The demo's League side: pairings, training, contact logs, concerns, care tasks, in every state."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from accounts.policy import Actor, Role
from foundation import clock, database
from schools.models import Klass, Organisation, StaffRole, Student
from screening.league import care_task_actions, concern_actions, pairing_actions
from screening.league.care_task_rules import State as TaskState
from screening.league.concern_workflow import State as ConcernState
from screening.league.pairing_queries import own_pairings
from screening.models import Case, Concern
from web.demo import care
from web.demo.screenings import actor

SCHOOL = "9901010002"
SCHOOLS = ("9901010001", "9901010002", "9901020001", "9902020001")
ADVICE = "这周一起吃一次午饭，一起走一段路；有担心就告诉老师。"
SEEN = (
    "连续三天一个人坐着，不和大家说话，作业也没有交。",
    "上课常常趴着，问他只说没睡好。",
    "和室友吵了一架之后，两天没有回宿舍吃饭。",
    "最近不来社团活动，说什么都没有意思。",
)


def build(morning: datetime) -> None:
    """Everything on the League's side, spread over the two weeks before this morning."""
    with clock.frozen(morning - timedelta(days=14)):
        for code in SCHOOLS:
            _pair(code)
    with clock.frozen(morning - timedelta(days=3)), database.writing() as session:
        _log(session)
        _take_up(session)
        _concerns(session)
    with clock.frozen(morning - timedelta(days=2)), database.writing() as session:
        for number, state in enumerate(TaskState, start=1):
            _task(session, state, number)
    with clock.frozen(morning - timedelta(hours=12)), database.writing() as session:
        report(session, SCHOOL, students(session, SCHOOL, 40)[0], SEEN[0])


def _pair(code: str) -> None:
    """Every fellow student who is a contact keeps company with somebody of the branch."""
    with database.writing() as session:
        by = actor(session, Role.LEAGUE_SECRETARY, code)
        for member in _contacts(session, code):
            fellow = _branch(session, member)[5]
            pairing_actions.pair(
                session, by=by, member=member, student=fellow, difficulties=["study"]
            )
            pairing_actions.record_training(
                session, by=by, contact=member, trained_on=clock.today()
            )


def _contacts(session: Session, code: str) -> Sequence[StaffRole]:
    return session.scalars(
        select(StaffRole)
        .join(Organisation, Organisation.id == StaffRole.organisation_id)
        .where(Organisation.code == code, StaffRole.role == Role.BRANCH_CONTACT.value)
        .order_by(StaffRole.id)
    ).all()


def _branch(session: Session, member: StaffRole) -> Sequence[Student]:
    return session.scalars(
        select(Student)
        .join(Klass, Klass.id == Student.klass_id)
        .options(joinedload(Student.klass))
        .where(Klass.branch_id == member.branch_id)
        .order_by(Student.id)
    ).all()


def students(session: Session, code: str, start: int, count: int = 1) -> Sequence[Student]:
    """Some students of a demo school, counted from the first one."""
    return session.scalars(
        select(Student)
        .join(Organisation, Organisation.id == Student.school_id)
        .options(joinedload(Student.klass))
        .where(Organisation.code == code)
        .order_by(Student.id)
        .offset(start)
        .limit(count)
    ).all()


def _log(session: Session) -> None:
    """Two members log a contact; one of them is worried, which raises a concern."""
    for number, worried in ((1, False), (2, True)):
        by = actor(session, Role.BRANCH_CONTACT, SCHOOL, f"-{number}")
        pairing = session.scalars(own_pairings(by)).one()
        pairing_actions.log_contact(
            session,
            by=by,
            pairing=pairing,
            on_date=clock.today(),
            mode="talk",
            worried=worried,
            words=SEEN[1] if worried else "",
        )


def report(session: Session, code: str, student: Student, facts: str) -> Concern:
    """A homeroom teacher writes down what was seen."""
    return concern_actions.report(
        session,
        by=actor(session, Role.HOMEROOM, code, "-1"),
        report=concern_actions.Report(
            school_id=student.school_id,
            client_key=f"demo-{student.id}",
            facts=facts,
            student=student,
            seen_on=clock.today(),
        ),
    )


def _take_up(session: Session) -> None:
    """What a member was worried about is in the counselor's hands."""
    by = actor(session, Role.COUNSELOR, SCHOOL)
    for concern in session.scalars(select(Concern).where(Concern.state == "open")).all():
        _bring(session, by, concern, ConcernState.IN_REVIEW)


def _concerns(session: Session) -> None:
    """One concern in each state that somebody has taken; the open one is of last night."""
    by = actor(session, Role.COUNSELOR, SCHOOL)
    taken = [state for state in ConcernState if state is not ConcernState.OPEN]
    for state, student in zip(taken, students(session, SCHOOL, 30, 3), strict=True):
        concern = report(session, SCHOOL, student, SEEN[1])
        _bring(session, by, concern, state)


def _bring(session: Session, by: Actor, concern: Concern, state: ConcernState) -> None:
    concern_actions.acknowledge(session, by=by, concern=concern)
    if state is ConcernState.IN_REVIEW:
        concern_actions.watch_longer(
            session, by=by, concern=concern, days=7, reason="已和班主任约好，一周后再看。"
        )
    if state is ConcernState.JOINED:
        case = concern_actions.join_case(session, by=by, concern=concern)
        care.look_after(session, by, case, care.CARE)
    if state is ConcernState.CLOSED:
        concern_actions.close(session, by=by, concern=concern, reason="已和学生谈过，是感冒。")


def case_of(session: Session, code: str, student: Student) -> Case:
    """An open case, as it comes from a concern that the counselor took."""
    by = actor(session, Role.COUNSELOR, code)
    concern = report(session, code, student, SEEN[student.id % len(SEEN)])
    concern_actions.acknowledge(session, by=by, concern=concern)
    return concern_actions.join_case(session, by=by, concern=concern)


def _task(session: Session, state: TaskState, number: int) -> None:
    """A care task in this state, with a contact of the senior school."""
    contacts = _contacts(session, SCHOOL)
    contact = contacts[number % len(contacts)]
    counselor = actor(session, Role.COUNSELOR, SCHOOL)
    task = care_task_actions.release(
        session,
        by=counselor,
        release=care_task_actions.Release(
            contact=contact,
            student=_branch(session, contact)[10 + number],
            advice=ADVICE,
            due_at=clock.now() + timedelta(days=7),
            confirmed=True,
        ),
    )
    suffix = f"-{number % len(contacts) + 1}"
    fellow = actor(session, Role.BRANCH_CONTACT, SCHOOL, suffix)
    if state in (TaskState.ACCEPTED, TaskState.DONE):
        care_task_actions.accept(session, by=fellow, task=task)
    if state is TaskState.DONE:
        done = care_task_actions.Contact(clock.today(), "together", worried=False)
        care_task_actions.finish(session, by=fellow, task=task, contact=done)
    if state is TaskState.WITHDRAWN:
        care_task_actions.withdraw(session, by=counselor, task=task)
