"""What waits for a person today: one line per queue he works, with how much of it is late."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission
from foundation import clock
from foundation.i18n import _
from referrals.models import HotlineTicket, Referral
from referrals.queries import hotline, referrals
from schools.queries import in_scope
from screening.campaigns.workflow import State as Campaigning
from screening.league import concern_queries
from screening.league.care_task_queries import own_tasks
from screening.models import (
    Alert,
    Campaign,
    CampaignApproval,
    CareTask,
    Case,
    Concern,
    FollowUp,
    Sitting,
)
from screening.taking.queries import calls_to
from screening.triage.alert_queries import (
    advice_for,
    alerts_visible_to,
    called_to,
    students_to_care_for,
)
from screening.triage.alert_workflow import CRITICAL, State
from screening.triage.case_queries import cases_shown

P = Permission
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Waiting:
    """One line: how many records wait at this address, and how many are past their time."""

    label: str
    count: int
    late: int
    url: str
    urgent: bool = False


def waiting_for(session: Session, actor: Actor) -> list[Waiting]:
    """The lines that are not empty, in the order of a day's work: what is urgent first."""
    lines = [
        line
        for permission, queue in QUEUES
        if actor.may(permission)
        for line in queue(session, actor)
    ]
    found = [line for line in lines if line.count]
    return sorted(found, key=lambda line: (not line.urgent, not line.late))


def _line(
    session: Session,
    rows: Select[*tuple[Any, ...]],
    due: str,
    label: str,
    url: str,
    *,
    urgent: bool = False,
) -> Waiting:
    """Count the rows of a query that is already narrowed to what the actor may see."""
    found = rows.order_by(None).subquery()
    late: ColumnElement[int] = func.count().filter(found.c[due] < clock.now())
    count, past = session.execute(select(func.count(), late).select_from(found)).one()
    return Waiting(label, count, past, url, urgent)


def _tonight() -> datetime:
    """The end of today's date in Shanghai."""
    return clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0) + DAY


def _alerts(session: Session, actor: Actor) -> Iterator[Waiting]:
    still_open = alerts_visible_to(actor).where(Alert.ended_at.is_(None))
    untaken = still_open.where(Alert.severity == CRITICAL, Alert.state == State.OPEN.value)
    mine = still_open.where(Alert.owner_user_id == actor.user_id)
    nobody = still_open.where(Alert.owner_user_id.is_(None))
    alerts = "triage.alerts"
    yield _line(
        session,
        untaken,
        "due_at",
        _("紧急预警还没有人接手"),
        url_for(alerts, severity=CRITICAL, state=State.OPEN.value),
        urgent=True,
    )
    yield _line(session, mine, "due_at", _("由您处理的预警"), url_for(alerts, whose="mine"))
    yield _line(session, nobody, "due_at", _("未分派的预警"), url_for(alerts, whose="unassigned"))


def _approvals(session: Session, actor: Actor) -> Iterator[Waiting]:
    own = select(CampaignApproval.campaign_id).where(CampaignApproval.user_id == actor.user_id)
    awaiting = select(Campaign).where(
        in_scope(actor, P.CAMPAIGN_APPROVE, school=Campaign.school_id),
        Campaign.state == Campaigning.AWAITING_APPROVAL.value,
        Campaign.id.not_in(own),
    )
    ids = session.scalars(awaiting.with_only_columns(Campaign.id).limit(2)).all()
    only = ids[0] if len(ids) == 1 else None
    page = (
        url_for("campaigns.campaign", campaign_id=only) if only else url_for("campaigns.campaigns")
    )
    yield _line(session, awaiting, "opens_at", _("等您批准的测评"), page)


def _called(session: Session, actor: Actor) -> Iterator[Waiting]:
    if actor.may(P.ALERT_VIEW):
        return  # they are among his alerts
    calls = called_to(actor).where(Alert.state == State.OPEN.value).order_by(Alert.due_at, Alert.id)
    first = session.scalars(calls).first()
    if first is not None:
        page = url_for("called.called", alert_id=first.id)
        yield _line(session, calls, "due_at", _("值班呼叫"), page, urgent=True)


def _called_by_concern(session: Session, actor: Actor) -> Iterator[Waiting]:
    if actor.may(P.CONCERN_VIEW):
        return  # they are among the concerns he reads
    calls = concern_queries.called_to(actor).order_by(Concern.due_at, Concern.id)
    first = session.scalars(calls).first()
    if first is not None:
        page = url_for("called.called_by_concern", concern_id=first.id)
        yield _line(session, calls, "due_at", _("值班呼叫：有人报告了紧急担心"), page, urgent=True)


def _cases(session: Session, actor: Actor) -> Iterator[Waiting]:
    mine = (
        select(FollowUp)
        .join(Case, Case.id == FollowUp.case_id)
        .where(
            in_scope(actor, P.CASE_VIEW, school=Case.school_id),
            Case.student_id.not_in(actor.own_student_ids),
            Case.ended_at.is_(None),
            FollowUp.done_at.is_(None),
            FollowUp.owner_user_id == actor.user_id,
            FollowUp.due_at < _tonight(),
        )
    )
    yield _line(session, mine, "due_at", _("今天要做的回访"), url_for("cases.cases"))
    if actor.may(P.CASE_WORK):
        gone = cases_shown(actor, "", "left")
        page = url_for("cases.cases", whose="left")
        yield _line(session, gone, "due_at", _("学生已离校、没有结束的个案"), page)


def _care(session: Session, actor: Actor) -> Iterator[Waiting]:
    students = students_to_care_for(actor)
    yield _line(session, students, "due_at", _("需要关怀的学生"), url_for("triage.care"))


def _advice(session: Session, actor: Actor) -> Iterator[Waiting]:
    rows = advice_for(actor).order_by(None).subquery()
    count = session.scalar(select(func.count()).select_from(rows)) or 0
    # when the case is due is the counselor's business
    yield Waiting(_("班里需要关怀的学生"), count, 0, url_for("triage.advice"))


def _tasks(session: Session, actor: Actor) -> Iterator[Waiting]:
    running = own_tasks(actor).where(CareTask.ended_at.is_(None))
    yield _line(session, running, "due_at", _("陪伴任务"), url_for("league.tasks"))


def _concerns(session: Session, actor: Actor) -> Iterator[Waiting]:
    fresh = concern_queries.concerns_visible_to(actor).where(Concern.ended_at.is_(None))
    urgent = fresh.where(Concern.urgency == "urgent", Concern.state == "open")
    page = url_for("league.concerns")
    yield _line(session, urgent, "due_at", _("紧急担心还没有人接手"), page, urgent=True)
    yield _line(session, fresh, "due_at", _("待处理的担心"), page)


def _calls(session: Session, actor: Actor) -> Iterator[Waiting]:
    called = calls_to(actor.user_id)
    yield _line(
        session, called, "due_at", _("有学生请老师过去"), url_for("taking.calls"), urgent=True
    )


def _sittings(session: Session, actor: Actor) -> Iterator[Waiting]:
    today = (
        select(Sitting)
        .join(Campaign, Campaign.id == Sitting.campaign_id)
        .where(
            in_scope(actor, P.BOARD_VIEW, school=Campaign.school_id, klass=Sitting.klass_id),
            Sitting.closed_at.is_(None),
            Sitting.starts_at < _tonight(),
            Sitting.ends_at >= clock.now(),
        )
    )
    yield _line(session, today, "ends_at", _("今天的班级测评"), url_for("sittings.boards"))


def _referrals(session: Session, actor: Actor) -> Iterator[Waiting]:
    running = referrals.referrals_visible_to(actor).where(Referral.ended_at.is_(None))
    due = running.where(Referral.due_at < _tonight())
    high = running.where(referrals.high_risk_unconfirmed())
    page = url_for("referrals.referrals")
    yield _line(session, high, "due_at", _("医院回执提示高风险"), page, urgent=True)
    yield _line(session, due, "due_at", _("今天要办的转介"), page)


def _signatures(session: Session, actor: Actor) -> Iterator[Waiting]:
    unsigned = referrals.awaiting_signature(actor)
    page = url_for("referrals.signatures")
    yield _line(session, unsigned, "due_at", _("待补签的紧急转介"), page, urgent=True)


def _inbox(session: Session, actor: Actor) -> Iterator[Waiting]:
    sent = referrals.addressed_to(actor).where(referrals.lists_of()["open"])
    yield _line(session, sent, "due_at", _("等医院处理的转介"), url_for("hospital.inbox"))


def _hotline(session: Session, actor: Actor) -> Iterator[Waiting]:
    running = hotline.tickets_visible_to(session, actor).where(HotlineTicket.ended_at.is_(None))
    crises = running.where(HotlineTicket.kind == "crisis")
    page = "hotline.queue"
    yield _line(session, crises, "due_at", _("危机工单"), url_for(page, show="crisis"), urgent=True)
    own = running.where(hotline.waits_for(actor))
    yield _line(session, own, "due_at", _("等您处理的工单"), url_for(page, show="mine"))
    yield _line(session, running, "due_at", _("未办结的工单"), url_for(page))


Queue = Callable[[Session, Actor], Iterator[Waiting]]
QUEUES: tuple[tuple[Permission, Queue], ...] = (
    (P.ALERT_VIEW, _alerts),
    (P.HOME, _called),
    (P.HOME, _called_by_concern),
    (P.SITTING_RUN, _calls),
    (P.CONCERN_VIEW, _concerns),
    (P.REFERRAL_APPROVE, _signatures),
    (P.HOTLINE_VIEW, _hotline),
    (P.HOSPITAL_WORK, _inbox),
    (P.CAMPAIGN_APPROVE, _approvals),
    (P.CASE_WORK, _cases),
    (P.REFERRAL_VIEW, _referrals),
    (P.BOARD_VIEW, _sittings),
    (P.CARE_VIEW, _care),
    (P.ADVICE_VIEW, _advice),
    (P.CARE_TASK_DO, _tasks),
)
