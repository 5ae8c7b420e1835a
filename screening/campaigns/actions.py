"""What people do to a campaign: draft, approve, open, close, excuse, plan sittings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.policy import Actor, Permission
from foundation import audit, clock, push
from foundation.i18n import _
from foundation.problems import Forbidden, Refused, WrongState
from foundation.state_machine import follow
from instruments.library import catalogue
from schools import settings
from schools.models import Klass, Organisation
from schools.queries import able_to
from screening.campaigns import forecast, readiness, workflow
from screening.campaigns.queries import definitions_of, plan_of, students_of
from screening.campaigns.workflow import Event, State
from screening.models import (
    Campaign,
    CampaignApproval,
    CampaignKlass,
    Sitting,
    Ticket,
)
from screening.tickets import actions as tickets_actions

APPROVALS_NEEDED = 2


@dataclass(frozen=True)
class Chosen:
    """An instrument with its cut-set and the band from which a person looks."""

    key: str
    cutset: str | None = "default"
    from_band: str | None = None


def create(
    session: Session,
    *,
    by: Actor,
    school: Organisation,
    name: str,
    opens_at: datetime,
    closes_at: datetime,
    instruments: Sequence[Chosen],
    klass_ids: Sequence[int],
    term_id: int | None = None,
    note: str | None = None,
    origin: str = "online",
) -> Campaign:
    """Draft a campaign of one school."""
    _check_window(opens_at, closes_at)
    _check_name(session, school.id, name)
    campaign = Campaign(
        school_id=school.id,
        school=school,
        term_id=term_id,
        name=name,
        opens_at=opens_at,
        closes_at=closes_at,
        instruments=_frozen(instruments),
        consent_rule={},
        note=note,
        origin=origin,
        created_by=by.ref,
        created_at=clock.now(),
    )
    session.add(campaign)
    session.flush()
    _set_klasses(session, campaign, klass_ids)
    campaign.forecast = _forecast(session, campaign)
    _audit(session, by, campaign, "campaign.drafted")
    return campaign


def edit(
    session: Session,
    *,
    by: Actor,
    campaign: Campaign,
    name: str,
    opens_at: datetime,
    closes_at: datetime,
    instruments: Sequence[Chosen],
    klass_ids: Sequence[int],
    note: str | None = None,
    origin: str = "online",
) -> None:
    """Change a draft; what was approved cannot be changed any more."""
    if campaign.state != State.DRAFT:
        raise WrongState(_("只有草稿可以修改。"), [])
    _check_window(opens_at, closes_at)
    if name != campaign.name:
        _check_name(session, campaign.school_id, name)
    campaign.name, campaign.note, campaign.origin = name, note, origin
    campaign.opens_at, campaign.closes_at = opens_at, closes_at
    campaign.instruments = _frozen(instruments)
    campaign.sensitive_approved_by = campaign.sensitive_reason = None
    campaign.version += 1
    _set_klasses(session, campaign, klass_ids)
    campaign.forecast = _forecast(session, campaign)
    _audit(session, by, campaign, "campaign.edited")


def _check_window(opens_at: datetime, closes_at: datetime) -> None:
    if opens_at >= closes_at:
        raise Refused(_("结束时间要在开始时间之后。"), "closes_at")


def _check_name(session: Session, school_id: int, name: str) -> None:
    same = select(Campaign.id).where(Campaign.school_id == school_id, Campaign.name == name)
    if session.scalar(same):
        raise Refused(_("本校已有同名的测评活动，请换一个名称。"), "name")


def _frozen(instruments: Sequence[Chosen]) -> list[dict[str, Any]]:
    definitions = [catalogue.get(each.key) for each in instruments]
    return [
        {
            "key": definition.key,
            "version": definition.version,
            "checksum": definition.checksum,
            "cutset": each.cutset,
            "from_band": each.from_band,
        }
        for each, definition in zip(instruments, definitions, strict=True)
    ]


def _set_klasses(session: Session, campaign: Campaign, klass_ids: Sequence[int]) -> None:
    own = set(
        session.scalars(
            select(Klass.id).where(Klass.school_id == campaign.school_id, Klass.id.in_(klass_ids))
        )
    )
    if set(klass_ids) - own:
        raise Refused(_("所选班级里有不属于本校的班级。"), "klasses")
    session.execute(delete(CampaignKlass).where(CampaignKlass.campaign_id == campaign.id))
    session.add_all(CampaignKlass(campaign_id=campaign.id, klass_id=each) for each in sorted(own))
    session.flush()


def _forecast(session: Session, campaign: Campaign) -> dict[str, Any]:
    students = session.scalar(
        select(func.count()).select_from(students_of(campaign.id).order_by(None).subquery())
    )
    minutes = settings.value(session, campaign.school_id, "forecast.interview_minutes")
    loads = forecast.expected(students or 0, minutes)
    return {
        "students": students or 0,
        "minutes": minutes,
        "loads": [
            {
                "prevalence": load.prevalence,
                "flagged": load.flagged,
                "ppv": round(load.ppv, 3) if load.ppv is not None else None,
                "hours": load.hours,
            }
            for load in loads
        ],
    }


def approve_sensitive(session: Session, *, by: Actor, campaign: Campaign, reason: str) -> None:
    """A named person, not the author, lets sensitive items and unverified cut-sets be used."""
    if campaign.state not in {State.DRAFT, State.AWAITING_APPROVAL}:
        raise WrongState(_("活动已经通过或结束。"), [])
    if by.ref == campaign.created_by:
        raise Forbidden(_("这一项要由起草人以外的人批准。"))
    if not reason.strip():
        raise Refused(_("请写明批准的理由。"), "reason")
    campaign.sensitive_approved_by, campaign.sensitive_reason = by.user_id, reason.strip()
    _audit(session, by, campaign, "campaign.sensitive_approved")


def submit(session: Session, *, by: Actor, campaign: Campaign) -> None:
    """Ask for the two approvals; refused while something is missing, all of it named."""
    missing = [
        obstacle
        for obstacle in readiness.obstacles(plan_of(session, campaign), clock.today())
        if obstacle.code not in readiness.BY_NAME
    ]
    if missing:
        raise Refused(_("还有 %(n)s 项没有准备好，请看“开放前检查”。", n=len(missing)))
    _step(session, by, campaign, Event.SUBMIT)
    push.notify(
        session,
        user_ids=able_to(session, campaign.school_id, Permission.CAMPAIGN_APPROVE, but=by),
        key=f"campaign.approval:{campaign.id}:{campaign.version}",
        path=f"/campaigns/{campaign.id}",
    )


def approve(session: Session, *, by: Actor, campaign: Campaign) -> bool:
    """One approval; the second, by another person in another role, opens it. True when opened."""
    follow(workflow.TRANSITIONS, campaign.state, Event.APPROVE)
    given = session.scalars(
        select(CampaignApproval).where(CampaignApproval.campaign_id == campaign.id)
    ).all()
    role = _free_role(by, campaign.school.path, {each.role for each in given})
    if any(each.user_id == by.user_id for each in given):
        raise Forbidden(_("您已经批准过了，第二个批准要由另一个人给出。"))
    session.add(
        CampaignApproval(
            campaign_id=campaign.id, user_id=by.user_id, role=role, approved_at=clock.now()
        )
    )
    _audit(session, by, campaign, "campaign.approval_given", {"role": role})
    if len(given) + 1 < APPROVALS_NEEDED:
        return False
    missing = readiness.obstacles(plan_of(session, campaign), clock.today())
    if missing:
        raise Refused(_("还有 %(n)s 项没有准备好，请看“开放前检查”。", n=len(missing)))
    _step(session, by, campaign, Event.APPROVE)
    issue_missing_tickets(session, by=by, campaign=campaign)
    return True


def _free_role(by: Actor, path: str, taken: set[str]) -> str:
    own = [h.role.value for h in by.holding(Permission.CAMPAIGN_APPROVE) if path.startswith(h.path)]
    free = [role for role in own if role not in taken]
    if not free:
        raise Forbidden(_("这个角色已经批准过了，第二个批准要由另一种角色给出。"))
    return free[0]


def give_back(session: Session, *, by: Actor, campaign: Campaign, reason: str) -> None:
    """Return it to its author; approvals already given are void."""
    _need(reason)
    session.execute(delete(CampaignApproval).where(CampaignApproval.campaign_id == campaign.id))
    _step(session, by, campaign, Event.RETURN, reason)


def cancel(session: Session, *, by: Actor, campaign: Campaign, reason: str) -> None:
    """Give it up; impossible once somebody has answered."""
    _need(reason)
    answered = select(Ticket.id).where(
        Ticket.campaign_id == campaign.id, Ticket.state.in_(["started", "submitted"])
    )
    if session.scalar(answered.limit(1)):
        raise Refused(_("已经有学生作答，不能取消；可以提前结束。"))
    _step(session, by, campaign, Event.CANCEL, reason)


def close(session: Session, *, by: Actor, campaign: Campaign) -> None:
    """End it now; nothing that was answered or flagged is closed by this."""
    with session.no_autoflush:
        campaign.closed_at = clock.now()
        _step(session, by, campaign, Event.CLOSE)


def reopen(
    session: Session, *, by: Actor, campaign: Campaign, closes_at: datetime, reason: str
) -> None:
    """Open it again until a new end, for those who were absent."""
    _need(reason)
    if closes_at <= clock.now():
        raise Refused(_("新的结束时间要在现在之后。"), "closes_at")
    with session.no_autoflush:
        campaign.closes_at, campaign.closed_at = closes_at, None
        _step(session, by, campaign, Event.REOPEN, reason)


def _need(reason: str) -> None:
    if not reason.strip():
        raise Refused(_("请写明理由。"), "reason")


def _step(
    session: Session, by: Actor, campaign: Campaign, event: Event, reason: str | None = None
) -> None:
    transition = follow(workflow.TRANSITIONS, campaign.state, event)
    if by.user_id is not None and not by.may(transition.permission, campaign.school.path):
        raise Forbidden(_("您的角色不能做这一步。"))
    campaign.state = transition.to.value
    campaign.version += 1
    _audit(session, by, campaign, f"campaign.{event.value}", {"reason": reason} if reason else None)
    session.flush()


def issue_missing_tickets(session: Session, *, by: Actor, campaign: Campaign) -> int:
    """Give everybody of the classes a ticket who has none: at the opening, and for newcomers."""
    if campaign.state != State.APPROVED:
        raise WrongState(_("活动通过以后才能发放答题码。"), [])
    students = session.scalars(students_of(campaign.id)).all()
    made = tickets_actions.issue(session, by=by, campaign=campaign, students=students)
    return len(made)


def excuse(session: Session, *, by: Actor, ticket: Ticket, why: str | None) -> None:
    """Excuse a student from this campaign, or take that back with None."""
    if ticket.state == "submitted":
        raise WrongState(_("这名学生已经交卷。"), [])
    if why not in {None, "exempt", "excused"}:
        raise Refused(_("请选择免测或请假。"), "why")
    ticket.excused = why
    audit.record(
        session,
        "ticket.excused" if why else "ticket.excuse_ended",
        by=by.ref,
        organisation_id=ticket.campaign.school_id,
        subject=f"ticket:{ticket.id}",
    )


def plan_sitting(
    session: Session,
    *,
    by: Actor,
    campaign: Campaign,
    klass: Klass,
    starts_at: datetime,
    ends_at: datetime,
    room: str | None,
    invigilator: User | None,
    deputy: User | None = None,
) -> Sitting:
    """Plan when and where a class sits; a second one of the class is its make-up sitting."""
    if starts_at >= ends_at:
        raise Refused(_("结束时间要在开始时间之后。"), "ends_at")
    if starts_at < campaign.opens_at or ends_at > campaign.closes_at:
        raise Refused(_("场次要在活动的开放时间之内。"), "starts_at")
    if invigilator and deputy and invigilator.id == deputy.id:
        raise Refused(_("代理人要是另一个人。"), "deputy")
    last = session.scalar(
        select(func.max(Sitting.number)).where(
            Sitting.campaign_id == campaign.id, Sitting.klass_id == klass.id
        )
    )
    sitting = Sitting(
        campaign_id=campaign.id,
        klass_id=klass.id,
        number=(last or 0) + 1,
        starts_at=starts_at,
        ends_at=ends_at,
        room=room,
        invigilator_id=invigilator.id if invigilator else None,
        deputy_id=deputy.id if deputy else None,
    )
    session.add(sitting)
    session.flush()
    _audit(session, by, campaign, "sitting.planned", {"sitting": sitting.id})
    return sitting


def drop_sitting(session: Session, *, by: Actor, campaign: Campaign, sitting: Sitting) -> None:
    """Take a sitting off the plan."""
    session.delete(sitting)
    _audit(session, by, campaign, "sitting.dropped", {"sitting": sitting.id})


def has_sensitive_items(campaign: Campaign) -> bool:
    """Whether the campaign needs the named approval of its sensitive items."""
    return readiness.is_sensitive(definitions_of(campaign))


def _audit(
    session: Session,
    by: Actor,
    campaign: Campaign,
    event: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        session,
        event,
        by=by.ref,
        organisation_id=campaign.school_id,
        subject=f"campaign:{campaign.id}",
        details=details,
    )
