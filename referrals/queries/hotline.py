"""Tickets as an actor may fetch them, the queue's order, the board's figures, the duty chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.policy import Actor, Held, Permission, Role
from foundation import clock
from referrals import hotline_workflow as workflow
from referrals.hotline_workflow import State
from referrals.ladder import Watcher
from referrals.models import HotlineStep, HotlineTicket, Page
from schools import queries as schools
from schools.duty import rules as duty
from schools.duty.queries import slots_of
from schools.models import Organisation, OrganisationKind


def region_of(session: Session, held: Held) -> str:
    """The path that a desk serves: that of the region it hangs in."""
    kind = session.scalar(select(Organisation.kind).where(Organisation.id == held.organisation_id))
    if kind != OrganisationKind.DESK.value:
        return held.path
    return held.path.rstrip("/").rsplit("/", 1)[0] + "/"


def tickets_visible_to(session: Session, actor: Actor) -> Select[HotlineTicket]:
    """An operator sees his desk's tickets and those it took in; a supervisor those of the region.

    Whoever was paged for a ticket sees it too: watchers are added, never removed.
    """
    return (
        select(HotlineTicket)
        .where(_visible(session, actor))
        .order_by(
            HotlineTicket.ended_at.is_not(None),
            HotlineTicket.risk.desc(),
            HotlineTicket.due_at,
            HotlineTicket.id,
        )
    )


def lists_of(actor: Actor) -> dict[str, ColumnElement[bool]]:
    """The lists of the queue, each as a condition."""
    running = HotlineTicket.ended_at.is_(None)
    return {
        "mine": and_(running, waits_for(actor)),
        "open": running,
        "crisis": and_(running, HotlineTicket.kind == "crisis"),
        "late": and_(running, HotlineTicket.due_at < clock.now()),
        "all": true(),
    }


def waits_for(actor: Actor) -> ColumnElement[bool]:
    """What he has taken, and what nobody has taken yet where it is his role to take it."""
    untaken = [
        and_(
            HotlineTicket.owner_user_id.is_(None),
            HotlineTicket.desk_id == held.organisation_id,
            HotlineTicket.duty_role == held.role.value,
        )
        for held in actor.held
    ]
    return or_(HotlineTicket.owner_user_id == actor.user_id, *untaken)


def counts_of(session: Session, actor: Actor) -> dict[str, int]:
    """How many tickets stand in each list: one statement, no ticket is read."""
    lists = lists_of(actor)
    row = session.execute(
        select(*(func.count().filter(each).label(name) for name, each in lists.items()))
        .select_from(HotlineTicket)
        .where(_visible(session, actor))
    ).one()
    return dict(zip(lists, row, strict=True))


def _visible(session: Session, actor: Actor) -> ColumnElement[bool]:
    own = [h.organisation_id for h in actor.holding(Permission.HOTLINE_VIEW)]
    conditions = [
        HotlineTicket.desk_id.in_(own),
        HotlineTicket.intake_desk_id.in_(own),
        _paged(actor),
    ]
    for held in actor.holding(Permission.HOTLINE_SUPERVISE):
        region = region_of(session, held)
        below = select(Organisation.id).where(Organisation.path.startswith(region))
        conditions.append(HotlineTicket.desk_id.in_(below))
    return or_(*conditions)


def _paged(actor: Actor) -> ColumnElement[bool]:
    if actor.user_id is None:
        return false()
    subjects = select(Page.subject).where(Page.user_id == actor.user_id)
    return literal("ticket:").concat(cast(HotlineTicket.id, String)).in_(subjects)


def own_desks(session: Session, actor: Actor) -> list[Organisation]:
    """The desks at which he takes calls."""
    ids = [h.organisation_id for h in actor.holding(Permission.HOTLINE_WORK)]
    return list(
        session.scalars(
            select(Organisation)
            .where(Organisation.id.in_(ids), Organisation.kind == OrganisationKind.DESK.value)
            .order_by(Organisation.path)
        )
    )


def desks_to_dispatch_to(session: Session, ticket: HotlineTicket) -> list[Organisation]:
    """The other desks of the same province, top down; in arbitration also the one that has it."""
    near = desks_near(session, ticket.desk.path)
    all_of_them = ticket.state == workflow.State.ARBITRATION.value
    return [desk for desk in near if all_of_them or desk.id != ticket.desk_id]


def suggested_desk(session: Session, ticket: HotlineTicket) -> int | None:
    """The desk that whoever returned the ticket last thought it belongs to."""
    returned = ("return", "return_again")
    step = session.scalars(
        select(HotlineStep)
        .where(HotlineStep.ticket_id == ticket.id, HotlineStep.event.in_(returned))
        .order_by(HotlineStep.id.desc())
    ).first()
    return (step.detail or {}).get("desk") if step else None


def desks_near(session: Session, path: str) -> list[Organisation]:
    """The desks of the province in which an organisation lies, top down."""
    province = "/".join(path.split("/")[:3]) + "/"
    return list(
        session.scalars(
            select(Organisation)
            .where(
                Organisation.kind == OrganisationKind.DESK.value,
                Organisation.active,
                Organisation.path.startswith(province),
            )
            .order_by(func.length(Organisation.path), Organisation.name)
        )
    )


def steps_of(session: Session, ticket_id: int) -> Sequence[HotlineStep]:
    """The history of a ticket, oldest first."""
    return session.scalars(
        select(HotlineStep).where(HotlineStep.ticket_id == ticket_id).order_by(HotlineStep.id)
    ).all()


def pages_of(session: Session, ticket_id: int) -> Sequence[tuple[Page, str]]:
    """Who was paged for a ticket, with the person's name, in order."""
    rows = session.execute(
        select(Page, User.name)
        .join(User, User.id == Page.user_id)
        .where(Page.subject == f"ticket:{ticket_id}")
        .order_by(Page.step, Page.id)
    ).all()
    return [(row[0], row[1]) for row in rows]


@dataclass(frozen=True)
class Board:
    """The supervisor's figures: waiting, the oldest, breached, and the load of each operator."""

    waiting: int
    oldest: datetime | None
    breached: int
    open: int
    by_operator: Sequence[tuple[str, int, int]]


def board(session: Session, actor: Actor) -> Board:
    """Figures over the tickets he sees."""
    mine = and_(_visible(session, actor), HotlineTicket.ended_at.is_(None))
    late = and_(mine, HotlineTicket.due_at < clock.now())
    untaken = and_(mine, HotlineTicket.state.in_([s.value for s in workflow.UNTAKEN]))
    load = session.execute(
        select(
            User.name,
            func.count(),
            func.sum(case((HotlineTicket.due_at < clock.now(), 1), else_=0)),
        )
        .join(User, User.id == HotlineTicket.owner_user_id)
        .where(mine)
        .group_by(User.id, User.name)
        .order_by(func.count().desc(), User.name)
    ).all()
    return Board(
        waiting=_count(session, untaken),
        oldest=session.scalar(select(func.min(HotlineTicket.created_at)).where(untaken)),
        breached=_count(session, late),
        open=_count(session, mine),
        by_operator=[(row[0], row[1], int(row[2] or 0)) for row in load],
    )


def _count(session: Session, where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(HotlineTicket).where(where)) or 0


def on_duty(session: Session, organisation_id: int, at: datetime) -> list[User]:
    """Who is on duty for the organisation at a moment, in the order of call."""
    return [
        session.get_one(User, user_id)
        for user_id in duty.on_duty(slots_of(session, organisation_id), at)
    ]


LEVELS = {
    Watcher.DUTY: None,
    Watcher.BACKUP: None,
    Watcher.COUNTY_LEAD: OrganisationKind.COUNTY,
    Watcher.CITY_DUTY: OrganisationKind.CITY,
    Watcher.PROVINCE_DUTY: OrganisationKind.PROVINCE,
    Watcher.PROVINCE_LEAD: OrganisationKind.PROVINCE,
}
LEADS = (Watcher.COUNTY_LEAD, Watcher.PROVINCE_LEAD)


def people_for(session: Session, ticket: HotlineTicket, watcher: Watcher) -> list[User]:
    """The persons of a step; an empty roster slot routes upward, never to nobody."""
    kind = LEVELS[watcher]
    above = schools.ancestors(session, ticket.desk_id)
    if kind is not None:
        above = [o for o in above if _rank(o) <= RANK[kind]]
    for organisation in above:
        found = _people_at(session, organisation, watcher)
        if found:
            return found
    return []


RANK = {
    OrganisationKind.NATION: 0,
    OrganisationKind.PROVINCE: 1,
    OrganisationKind.CITY: 2,
    OrganisationKind.COUNTY: 3,
}


def _rank(organisation: Organisation) -> int:
    return RANK.get(OrganisationKind(organisation.kind), 4)


def _people_at(session: Session, organisation: Organisation, watcher: Watcher) -> list[User]:
    """Roster of the organisation, then of the desks beside it; leads are supervisors."""
    desks = session.scalars(
        select(Organisation.id).where(
            Organisation.kind == OrganisationKind.DESK.value,
            Organisation.active,
            or_(Organisation.parent_id == organisation.id, Organisation.id == organisation.id),
        )
    ).all()
    places = list(dict.fromkeys([organisation.id, *desks]))
    if watcher not in LEADS:
        rostered = [u for place in places for u in on_duty(session, place, clock.now())]
        picked = _pick(rostered, watcher)
        if picked:
            return picked
    # Without a roster every operator of the desk is on duty: better many pages than none.
    first = [Role.OPERATOR] if watcher in (Watcher.DUTY, Watcher.BACKUP) else []
    return _holders(session, places, first) or _holders(session, places, [Role.SUPERVISOR])


def _pick(rostered: list[User], watcher: Watcher) -> list[User]:
    if watcher is Watcher.BACKUP:
        return rostered[1:2]
    return rostered[:1]


def _holders(session: Session, places: Sequence[int], roles: Sequence[Role]) -> list[User]:
    codes = [role.value for role in roles]
    return [user for place in places for user in schools.staff_of(session, place, codes)]


def open_crises() -> Select[HotlineTicket]:
    """Crises in which nobody has spoken with the child yet."""
    ended = [State.STOOD_DOWN.value, State.CLOSED.value, State.TRANSFERRED.value]
    return select(HotlineTicket).where(
        HotlineTicket.kind == "crisis",
        HotlineTicket.contacted_at.is_(None),
        HotlineTicket.state.not_in(ended),
    )


def is_late(ticket: HotlineTicket) -> bool:
    """Whether its next due time has passed."""
    return ticket.due_at is not None and ticket.due_at < clock.now()
