"""A walk of real actions on alerts, cases and concerns while time passes and counselors leave."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.policy import Actor, Role
from foundation import clock
from foundation.problems import Problem
from schools.models import DutySlot, StaffRole, Student
from schools.queries import actor_of
from screening.league import concern_actions as concerns
from screening.league import concern_paging
from screening.models import Alert, Case, Concern, FollowUp, Ticket
from screening.triage import alert_actions, alert_workflow, case_actions, case_workflow, jobs
from screening.triage.custody import OVERDUE, Charge, Violation, violations
from screening.triage.raising import raise_alert
from tests import make
from tests.people import Cast

START = datetime(2026, 11, 23, 9, 0, tzinfo=clock.SHANGHAI)
# what a sheet can raise, and how: a ticket is answered on a screen, and the child may ask for help
FINDINGS = (("phq-9:9>=1", "live"), ("phq-9:severe", "live"), ("ask", "request"))
MINUTES = (1, 7, 31, 90, 60 * 7, 60 * 25, 60 * 24 * 9)
DAYS, RETURNS = 3, 0.6
CUSTODY = ("id", "owner_organisation_id", "duty_role", "owner_user_id", "due_at")
# made once: every step of every walk asks them
OPEN: dict[str, Any] = {
    table.__tablename__: select(*(getattr(table, name) for name in CUSTODY)).where(
        table.ended_at.is_(None)
    )
    for table in (Alert, Case, Concern)
} | {
    "follow_up": select(FollowUp.id, Case.owner_organisation_id, Case.duty_role)
    .add_columns(FollowUp.owner_user_id, FollowUp.due_at)
    .join(Case, Case.id == FollowUp.case_id)
    .where(FollowUp.done_at.is_(None), Case.ended_at.is_(None))
}


class Hole(AssertionError):
    """A record that nobody answers for, with the steps that led there."""


def scene(session: Session, people: Cast) -> tuple[list[User], list[Ticket]]:
    """Staff who act, and tickets; when no counselor is left, the county is on duty."""
    second = make.user(session, name="第二位心理老师")
    make.role(session, of=second, role=Role.COUNSELOR, at=people.school)
    backing = make.user(session, name="区里值班的人")
    make.role(session, of=backing, role=Role.SUPERVISOR, at=people.county)
    make.added(
        session,
        DutySlot(
            organisation_id=people.county.id,
            user_id=backing.id,
            position=1,
            starts_at=time(0),
            ends_at=time(0),
        ),
    )
    campaign = make.campaign(session, school=people.school)
    tickets = [
        make.ticket(session, of=campaign, student=student)
        for student in (people.lin, people.zhou, people.wu)
    ]
    staff = [people.counselor, second, people.school_lead, people.secretary, people.contact]
    return staff, tickets


class Walk:
    """One run inside a transaction that the caller takes back."""

    def __init__(
        self, session: Session, people: Cast, staff: list[User], tickets: list[Ticket], seed: int
    ) -> None:
        self.session, self.people, self.staff, self.tickets = session, people, staff, tickets
        self.chance, self.moment, self.left = random.Random(seed), START, set[int]()
        self.trace: list[str] = [f"seed {seed}"]
        self.actors = self.present()
        self.done: Counter[str] = Counter()
        self.verbs: list[Callable[[], Any]] = [
            self.raised,
            self.reported,
            *[self.alert_step] * 5,
            self.assigned,
            *[self.case_step] * 4,
            *[self.interviewed] * 2,
            self.planned,
            self.follow_up,
            self.followed_up,
            self.concern_taken,
            self.concern_watched,
            self.concern_joined,
            self.concern_closed,
            self.worker,
            self.somebody_leaves_or_returns,
        ]

    def run(self, steps: int) -> None:
        """Act, look, let time pass; raises Hole at the first record without custody."""
        for step in range(steps):
            with clock.frozen(self.moment):
                self.attempt(self.chance.choice(self.verbs) if step else self.raised)
                holes = found(self.session)
            if holes:
                raise Hole(f"{holes}: {' > '.join(self.trace)}")
            self.moment += timedelta(minutes=self.chance.choice(MINUTES))

    def attempt(self, verb: Callable[[], Any]) -> None:
        """Do it or be refused; a refusal leaves nothing behind."""
        self.trace.append(verb.__name__)
        try:
            with self.session.begin_nested():
                happened = verb()
        except Problem:
            self.trace[-1] += " (refused)"
            return
        if happened is not False:
            self.done[verb.__name__] += 1

    def present(self) -> list[Actor]:
        """Those who have not left, with what they hold now."""
        return [actor_of(self.session, user) for user in self.staff if user.id not in self.left]

    def by(self) -> Actor:
        """Mostly a counselor, where one is there; whether he may is up to the action."""
        drawn = [self.chance.randrange(len(self.actors)) for _draw in range(3)]
        return self.actors[min(drawn)]

    def one(self, table: Any) -> Any:
        """An open record, or a refusal when there is none."""
        ids = self.session.scalars(select(table.id).where(table.ended_at.is_(None))).all()
        return self.session.get_one(table, self.chance.choice(ids)) if ids else self.nothing()

    def nothing(self) -> Any:
        """There is no record to act on."""
        raise Problem("")

    def why(self) -> str:
        """A reason, sometimes forgotten."""
        return self.chance.choice(("已核实", "已核实", ""))

    def raised(self) -> None:
        """A rule finds something, or the student asks for help."""
        rule, origin = self.chance.choice(FINDINGS)
        raise_alert(
            self.session,
            ticket=self.chance.choice(self.tickets),
            rule=rule,
            severity=self.chance.choice((1, 2, 3)),
            inputs={},
            origin=origin,
        )

    def student(self) -> Student | None:
        """Somebody, or a person who could not be picked."""
        return self.chance.choice([self.people.lin, self.people.wu, None])

    def reported(self) -> None:
        """Somebody is worried."""
        report = concerns.Report(
            school_id=self.people.school.id,
            client_key=f"key-{len(self.trace)}",
            facts=self.chance.choice(("她哭了", "她说不想活了")),
            student=self.student(),
        )
        concerns.report(self.session, by=self.by(), report=report)

    def alert_step(self) -> None:
        """A step that the table allows."""
        alert = self.one(Alert)
        event = self.chance.choice([e for s, e in alert_workflow.TRANSITIONS if s == alert.state])
        alert_actions.step(self.session, by=self.by(), alert=alert, event=event, reason=self.why())

    def assigned(self) -> None:
        """One of the two counselors gets it."""
        to = self.chance.choice(self.staff[:2]).id
        alert_actions.assign(self.session, by=self.by(), alerts=[self.one(Alert)], user_id=to)

    def case_step(self) -> bool:
        """A step that the table allows; a grave case may wait for the second person."""
        case = self.one(Case)
        event = self.chance.choice([e for s, e in case_workflow.TRANSITIONS if s == case.state])
        return case_actions.step(
            self.session, by=self.by(), case=case, event=event, reason=self.why()
        )

    def interviewed(self) -> None:
        """A talk and a level."""
        case_actions.interview(
            self.session,
            by=self.by(),
            case=self.one(Case),
            record="谈话",
            level=self.chance.randrange(4),
            held_at=clock.now(),
        )

    def planned(self) -> None:
        """A plan, and who answers."""
        case_actions.plan(
            self.session,
            by=self.by(),
            case=self.one(Case),
            goals="",
            advice="多陪伴",
            user_id=self.chance.choice(self.staff[:2]).id,
        )

    def follow_up(self) -> None:
        """Something to do within days."""
        due = clock.now() + timedelta(days=DAYS)
        case_actions.add_follow_up(
            self.session, by=self.by(), case=self.one(Case), what="回访", due_at=due
        )

    def followed_up(self) -> None:
        """One of them is done."""
        case = self.one(Case)
        rows = self.session.scalars(select(FollowUp).where(FollowUp.case_id == case.id)).all()
        row = self.chance.choice(rows) if rows else self.nothing()
        case_actions.finish_follow_up(self.session, by=self.by(), case=case, row=row, note="")

    def concern_taken(self) -> None:
        """Somebody acknowledges it."""
        concerns.acknowledge(self.session, by=self.by(), concern=self.one(Concern))

    def concern_watched(self) -> None:
        """Watched until a day."""
        concerns.watch_longer(
            self.session, by=self.by(), concern=self.one(Concern), days=DAYS, reason="再看"
        )

    def concern_joined(self) -> None:
        """Into the case of the student, who is picked now if he was only described."""
        concern = self.one(Concern)
        if concern.student_id is None:
            concerns.identify(self.session, by=self.by(), concern=concern, student=self.people.lin)
        concerns.join_case(self.session, by=self.by(), concern=concern)

    def concern_closed(self) -> None:
        """Ended with a reason."""
        concerns.close(self.session, by=self.by(), concern=self.one(Concern), reason=self.why())

    def worker(self) -> None:
        """What time brings about."""
        jobs.climb()
        concern_paging.climb()
        jobs.undelivered()

    def somebody_leaves_or_returns(self) -> None:
        """A counselor loses or regains the role; with both gone the county answers."""
        counselors = self.staff[:2]
        away = [user for user in counselors if user.id in self.left]
        # mostly somebody is there; at times nobody, and then the county answers
        user = self.chance.choice(away if away and self.chance.random() < RETURNS else counselors)
        self.left ^= {user.id}
        held = self.session.scalars(select(StaffRole).where(StaffRole.user_id == user.id)).one()
        held.ended_at = clock.now() if user.id in self.left else None
        self.session.flush()
        self.actors = self.present()


def found(session: Session) -> list[Violation]:
    """Holes of what is open; being late is what the ladder is for, not a hole."""
    return [hole for hole in violations(charges(session), clock.now()) if hole.code != OVERDUE]


def charges(session: Session) -> Iterator[Charge]:
    """The custody of every open record; a follow-up stands under its case."""
    for kind, statement in OPEN.items():
        for row in session.execute(statement):
            yield Charge(kind, *row)
