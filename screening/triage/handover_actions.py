"""Holiday handover: all open work of one person offered to another, theirs once accepted."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock, push
from foundation.i18n import _
from foundation.problems import Forbidden, Refused, WrongState
from screening.models import Alert, Case, FollowUp, Handover
from screening.triage.alert_actions import changed
from screening.triage.case_actions import noted
from screening.triage.raising import custody

OFFERED, ACCEPTED, DECLINED = "offered", "accepted", "declined"
WITHDRAWN, RETURNED = "withdrawn", "returned"
# event -> (from, to, which side may)
STEPS: Mapping[str, tuple[str, str, str]] = {
    "accept": (OFFERED, ACCEPTED, "to"),
    "decline": (OFFERED, DECLINED, "to"),
    "withdraw": (OFFERED, WITHDRAWN, "from"),
    "return": (ACCEPTED, RETURNED, "to"),
}


def open_work(school_id: int, user_id: int) -> tuple[Select[Alert], Select[Case], Select[FollowUp]]:
    """Open alerts, cases and follow-ups that one person answers for at a school."""
    return (
        select(Alert).where(
            Alert.school_id == school_id,
            Alert.owner_user_id == user_id,
            Alert.ended_at.is_(None),
        ),
        select(Case).where(
            Case.school_id == school_id, Case.owner_user_id == user_id, Case.ended_at.is_(None)
        ),
        select(FollowUp)
        .join(Case, Case.id == FollowUp.case_id)
        .where(
            Case.school_id == school_id,
            FollowUp.owner_user_id == user_id,
            FollowUp.done_at.is_(None),
        ),
    )


def allowed(handover: Handover, actor: Actor) -> list[str]:
    """Events that have a button for this person."""
    sides = {"from": handover.from_user_id, "to": handover.to_user_id}
    return [
        event
        for event, (source, _to, side) in STEPS.items()
        if handover.state == source and sides[side] == actor.user_id
    ]


def offer(
    session: Session,
    *,
    by: Actor,
    school_ids: Sequence[int],
    to_user_id: int,
    note: str,
    until: datetime | None,
) -> list[Handover]:
    """Offer everything at these schools; until it is accepted nothing changes its owner.

    Raises:
        Refused: to oneself, or while another offer of his is still open at one of them.

    """
    if by.user_id is None or by.user_id == to_user_id:
        raise Refused(_("请选择另一位心理老师。"), "to")
    waiting = select(Handover.id).where(
        Handover.from_user_id == by.user_id,
        Handover.school_id.in_(school_ids),
        Handover.state == OFFERED,
    )
    if session.scalars(waiting).first() is not None:
        raise Refused(_("您已有一份交接在等对方确认；先撤回，再重新交接。"), "to")
    now = clock.now()
    rows = [
        Handover(
            school_id=school_id,
            from_user_id=by.user_id,
            to_user_id=to_user_id,
            note=note,
            items={},
            until=until,
            offered_at=now,
        )
        for school_id in school_ids
    ]
    session.add_all(rows)
    session.flush()
    _told(session, by, rows, "offered", to_user_id)
    return rows


def answer(session: Session, *, by: Actor, rows: Sequence[Handover], event: str) -> None:
    """Accept, decline, withdraw or give back what was offered together.

    Only accepting and giving back move work.

    Raises:
        Forbidden: it is the other side's to do.
        WrongState: with the events that the state does allow.

    """
    source, to, side = STEPS[event]
    if not rows:
        raise WrongState("")
    for row in rows:
        if row.state != source:
            raise WrongState("", [e for e, step in STEPS.items() if step[0] == row.state])
        if by.user_id != (row.to_user_id if side == "to" else row.from_user_id):
            raise Forbidden(_("这一步要由交接的另一方来做。"))
        row.state, row.answered_at = to, clock.now()
        if to == ACCEPTED:
            work = open_work(row.school_id, row.from_user_id)
            row.items = _moved(session, by, work, row.to_user_id)
        if to == RETURNED:
            _moved(session, by, _still_held(row), row.from_user_id)
    other = rows[0].from_user_id if side == "to" else rows[0].to_user_id
    _told(session, by, rows, to, other)


def take_over(session: Session, *, by: Actor, school_id: int, user_id: int) -> None:
    """All open work of somebody who has left goes to a counselor, who is told; else nothing yet."""
    organisation_id, owner = custody(session, school_id)
    if owner is None or owner == user_id or organisation_id != school_id:
        return
    items = _moved(session, by, open_work(school_id, user_id), owner)
    audit.record(
        session,
        "handover.vacancy",
        by=by.ref,
        organisation_id=school_id,
        subject=f"user:{user_id}",
        details={kind: len(ids) for kind, ids in items.items()},
    )
    first = next((f"{kind}:{ids[0]}" for kind, ids in items.items() if ids), "")
    push.notify(
        session,
        user_ids=[owner],
        key=f"vacancy:{school_id}:{user_id}:{owner}:{first}",
        path="/alerts" if items["alerts"] else "/cases",
    )


def _still_held(handover: Handover) -> tuple[Select[Alert], Select[Case], Select[FollowUp]]:
    """What came with the handover, is open and was not given to somebody else since."""
    alerts, cases, follow_ups = open_work(handover.school_id, handover.to_user_id)
    items = handover.items or {}
    return (
        alerts.where(Alert.id.in_(items.get("alerts", []))),
        cases.where(Case.id.in_(items.get("cases", []))),
        follow_ups.where(FollowUp.id.in_(items.get("follow_ups", []))),
    )


def _moved(
    session: Session,
    by: Actor,
    work: tuple[Select[Alert], Select[Case], Select[FollowUp]],
    user_id: int,
) -> dict[str, list[int]]:
    alerts, cases, follow_ups = (list(session.scalars(each)) for each in work)
    for alert in alerts:
        detail: dict[str, object] = {"from": alert.owner_user_id, "to": user_id}
        alert.owner_user_id, alert.version = user_id, alert.version + 1
        changed(session, by, alert, "handed_over", alert.state, detail)
    for case in cases:
        detail = {"from": case.owner_user_id, "to": user_id}
        case.owner_user_id, case.version = user_id, case.version + 1
        if case.deputy_user_id == user_id:
            case.deputy_user_id = None
        noted(session, by, case, "handed_over", case.state, detail)
    for row in follow_ups:
        row.owner_user_id = user_id
    return {"alerts": _ids(alerts), "cases": _ids(cases), "follow_ups": _ids(follow_ups)}


def _ids(rows: Iterable[Alert | Case | FollowUp]) -> list[int]:
    return [row.id for row in rows]


def _told(session: Session, by: Actor, rows: Sequence[Handover], event: str, user_id: int) -> None:
    """Written down for every school; the other person is told once."""
    for row in rows:
        audit.record(
            session,
            f"handover.{event}",
            by=by.ref,
            organisation_id=row.school_id,
            subject=f"handover:{row.id}",
            details={kind: len(ids) for kind, ids in (row.items or {}).items()},
        )
    key = f"handover:{rows[0].id}:{event}"
    push.notify(session, user_ids=[user_id], key=key, path="/handovers")
