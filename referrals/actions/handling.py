"""A 12355 ticket at its desk: contact, pauses, reply, call-back, transfer, standing down, closing."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import clock
from foundation.i18n import _
from foundation.problems import Refused
from referrals.actions import timing
from referrals.actions.moving import Said
from referrals.actions.notices import tell_second
from referrals.actions.ticket_moves import (
    END_CLOCK,
    authorise,
    move,
    note,
    refresh_due,
    seen,
    start_clock,
    stop_running,
    subject,
)
from referrals.actions.tickets import raise_alarm
from referrals.clocks import Kind, Mark, What
from referrals.hotline_workflow import HANDLE, Event, State
from referrals.models import HotlineStep, HotlineTicket
from schools import settings

PAUSES = ("awaiting_caller", "awaiting_agency", "guardian_unreachable")
CONTACTS = ("child", "guardian", "adult_present", "police_receipt")
RESULTS = ("solved", "partly", "referred", "not_reached", "not_solved")
RECEIVERS = ("12345", "110", "hospital", "other_province")


def contact(
    session: Session,
    *,
    by: Actor,
    ticket: HotlineTicket,
    whom: str,
    text: str,
    version: int | None = None,
) -> None:
    """Somebody spoke with the child, a guardian, an adult beside the child, or police confirmed."""
    if whom not in CONTACTS:
        raise Refused(_("请选择联系到了谁。"), "whom")
    said = Said(reason=whom, detail={"text": text}, version=version)
    move(session, by=by, ticket=ticket, event=Event.CONTACT, said=said)
    ticket.contacted_at = ticket.contacted_at or clock.now()
    if ticket.kind == "crisis":
        stop_running(session, ticket, Kind.CRISIS_CONTACT)
    refresh_due(session, ticket)


def wait(
    session: Session,
    *,
    by: Actor,
    ticket: HotlineTicket,
    code: str,
    hours: int,
    version: int | None = None,
) -> None:
    """Pause the reply clock for a coded reason and at most a day; it goes on by itself."""
    if ticket.kind == "crisis":
        raise Refused(_("危机工单不能暂停。"))
    if code not in PAUSES:
        raise Refused(_("请选择等待的原因。"), "code")
    row = start_clock(session, ticket)
    longest = timing.span(session, ticket.desk_id, "clock.pause_cap_h")
    until = clock.now() + min(timedelta(hours=max(hours, 1)), longest)
    said = Said(reason=code, detail={"until": until.isoformat()}, version=version)
    move(session, by=by, ticket=ticket, event=Event.WAIT, said=said)
    timing.add(session, row, Mark(What.PAUSE, clock.now(), until=until))
    if not timing.face(session, row).paused:
        raise Refused(_("暂停的时间已经用完，时限继续走。请直接办理或者转交。"), "hours")
    refresh_due(session, ticket)
    ticket.due_at = until


def resume(
    session: Session, *, by: Actor, ticket: HotlineTicket, version: int | None = None
) -> None:
    """The clock goes on."""
    move(session, by=by, ticket=ticket, event=Event.RESUME, said=Said(version=version))
    timing.add(session, start_clock(session, ticket), Mark(What.RESUME, clock.now()))
    refresh_due(session, ticket)


def handle(
    session: Session, *, by: Actor, ticket: HotlineTicket, version: int | None = None
) -> None:
    """The matter is being worked on."""
    move(session, by=by, ticket=ticket, event=Event.HANDLE, said=Said(version=version))
    refresh_due(session, ticket)


def reply(
    session: Session,
    *,
    by: Actor,
    ticket: HotlineTicket,
    text: str,
    result: str,
    version: int | None = None,
) -> None:
    """Tell the caller what came of it; only this, not an internal note, stops the reply clock."""
    if result not in RESULTS:
        raise Refused(_("请选择办理结果。"), "result")
    if ticket.kind == "crisis":
        raise Refused(_("危机工单要由两个人确认安全后解除，不能直接答复办结。"))
    said = Said(reason=result, detail={"text": text}, version=version)
    move(session, by=by, ticket=ticket, event=Event.REPLY, said=said)
    ticket.reply, ticket.result = text, result
    stop_running(session, ticket, END_CLOCK[ticket.kind][0])
    refresh_due(session, ticket)


def invite(
    session: Session, *, by: Actor, ticket: HotlineTicket, version: int | None = None
) -> None:
    """Note that the caller was called back and not reached; three different days count."""
    authorise(by, HANDLE)
    if ticket.state != State.REPLIED.value:
        raise Refused(_("答复之后才需要回访。"))
    seen(session, ticket, version)
    if clock.today() not in _invited_on(session, ticket):
        ticket.rating_invites += 1
    note(session, by=by, ticket=ticket, event="invite", said=Said())
    refresh_due(session, ticket)


def rate(
    session: Session,
    *,
    by: Actor,
    ticket: HotlineTicket,
    rating: int,
    solved: bool,
    comment: str,
    version: int | None = None,
) -> None:
    """What the caller said in the call-back: 1 to 5, and whether the matter is solved."""
    if not 1 <= rating <= 5:
        raise Refused(_("请选择 1 到 5 分。"), "rating")
    said = Said(detail={"rating": rating, "solved": solved, "text": comment}, version=version)
    move(session, by=by, ticket=ticket, event=Event.RATE, said=said)
    ticket.rating = rating if solved else min(rating, _low(session, ticket))
    refresh_due(session, ticket)


def redo(
    session: Session, *, by: Actor, ticket: HotlineTicket, reason: str, version: int | None = None
) -> None:
    """A low rating opens the work again, checked by another person; the first result is kept."""
    if ticket.rating is None or ticket.rating > _low(session, ticket):
        raise Refused(_("只有评价为不满意或者没有解决的工单才重办。"))
    if by.user_id == ticket.owner_user_id:
        raise Refused(_("重办要由原办理人以外的人核对。"))
    kept = {"text": reason, "rating": ticket.rating, "reply": ticket.reply, "result": ticket.result}
    said = Said(reason="low_rating", detail=kept, version=version)
    move(session, by=by, ticket=ticket, event=Event.REDO, said=said)
    ticket.owner_user_id = by.user_id
    start_clock(session, ticket, at=clock.now())
    refresh_due(session, ticket)


def close(
    session: Session, *, by: Actor, ticket: HotlineTicket, version: int | None = None
) -> None:
    """A person closes: after a rating, after three call-backs, or after the crisis follow-up."""
    state = State(ticket.state)
    if state is State.REPLIED:
        days = settings.value(session, ticket.desk_id, "ticket.rating_invites")
        if ticket.rating_invites < days:
            raise Refused(_("还没有在 %(n)s 个不同的日子回访过，不能按未评价办结。", n=days))
        event = Event.CLOSE_UNRATED
    else:
        event = Event.CLOSE
    if state is State.RATED and (ticket.rating or 0) <= _low(session, ticket):
        _low_rating_was_checked(session, ticket, by)
    if state is State.STOOD_DOWN and not _followed_up(session, ticket):
        raise Refused(_("解除危机后的随访还没有记录，不能办结。"))
    move(session, by=by, ticket=ticket, event=event, said=Said(version=version))
    refresh_due(session, ticket)


def _low(session: Session, ticket: HotlineTicket) -> int:
    return int(settings.value(session, ticket.desk_id, "ticket.low_rating"))


def _low_rating_was_checked(session: Session, ticket: HotlineTicket, by: Actor) -> None:
    redone = session.scalars(
        select(HotlineStep.id).where(
            HotlineStep.ticket_id == ticket.id, HotlineStep.event == Event.REDO.value
        )
    ).first()
    if redone is None and by.user_id == ticket.owner_user_id:
        raise Refused(_("评价为不满意的工单，要由原办理人以外的人决定重办或者办结。"))


def offer_transfer(
    session: Session,
    *,
    by: Actor,
    ticket: HotlineTicket,
    receiver: str,
    text: str,
    version: int | None = None,
) -> None:
    """Offer the matter to another line; it stays ours until they give a receipt."""
    if receiver not in RECEIVERS:
        raise Refused(_("请选择接收方。"), "receiver")
    if receiver != "110" and not ticket.consent_to_hand_on:
        raise Refused(_("来电人没有同意转交。危及生命时请转 110。"), "receiver")
    said = Said(reason=receiver, detail={"text": text}, version=version)
    move(session, by=by, ticket=ticket, event=Event.OFFER_TRANSFER, said=said)
    refresh_due(session, ticket)


def transfer_receipt(
    session: Session, *, by: Actor, ticket: HotlineTicket, receipt: str, version: int | None = None
) -> None:
    """The receiver gave its number: from now on it answers for the matter."""
    if not receipt.strip():
        raise Refused(_("没有接收方的回执编号，工单仍由我们负责。"), "receipt")
    stop_running(session, ticket, END_CLOCK[ticket.kind][0])
    said = Said(detail={"receipt": receipt}, version=version)
    move(session, by=by, ticket=ticket, event=Event.TRANSFER_RECEIPT, said=said)
    ticket.receipt = receipt.strip()[:60]
    refresh_due(session, ticket)


def take_back(
    session: Session, *, by: Actor, ticket: HotlineTicket, reason: str, version: int | None = None
) -> None:
    """The receiver did not take it."""
    said = Said(detail={"text": reason}, version=version)
    move(session, by=by, ticket=ticket, event=Event.TAKE_BACK, said=said)
    refresh_due(session, ticket)


def ask_stand_down(
    session: Session,
    *,
    by: Actor,
    ticket: HotlineTicket,
    safe_adult: str,
    text: str,
    version: int | None = None,
) -> None:
    """The first of two people says the child is safe and names the adult who is with it."""
    if not safe_adult.strip():
        raise Refused(_("请写明现在陪着学生的成年人。"), "safe_adult")
    if ticket.kind != "crisis" or ticket.contacted_at is None:
        raise Refused(_("还没有联系上学生或者身边的成年人，不能解除。"))
    said = Said(detail={"safe_adult": safe_adult, "text": text}, version=version)
    move(session, by=by, ticket=ticket, event=Event.ASK_STAND_DOWN, said=said)
    ticket.stand_down_by = by.user_id
    tell_second(session, ticket, by)
    refresh_due(session, ticket)


def stand_down(
    session: Session, *, by: Actor, ticket: HotlineTicket, version: int | None = None
) -> None:
    """A second person agrees; the follow-up after 24 hours is due by itself."""
    if ticket.stand_down_by is None:
        raise Refused(_("先由第一个人提出解除，并写明安全的成年人。"))
    if ticket.stand_down_by == by.user_id:
        raise Refused(_("解除危机要由另一个人确认。"))
    move(session, by=by, ticket=ticket, event=Event.STAND_DOWN, said=Said(version=version))
    timing.start(
        session,
        subject=subject(ticket),
        kind=timing.fresh_name(session, subject(ticket), Kind.FOLLOW_UP),
        organisation_id=ticket.desk_id,
        key="clock.stand_down_follow_h",
    )
    refresh_due(session, ticket)


def followed_up(
    session: Session, *, by: Actor, ticket: HotlineTicket, text: str, version: int | None = None
) -> None:
    """The call after the crisis."""
    authorise(by, HANDLE)
    if ticket.state != State.STOOD_DOWN.value:
        raise Refused(_("解除危机之后才记录随访。"))
    seen(session, ticket, version)
    note(session, by=by, ticket=ticket, event="follow_up", said=Said(detail={"text": text}))
    stop_running(session, ticket, Kind.FOLLOW_UP)
    refresh_due(session, ticket)


def emergency_report(
    session: Session, *, by: Actor, ticket: HotlineTicket, facts: dict[str, str]
) -> None:
    """That a person dialled 110 or 120: when, to whom, their number, the place that was given."""
    authorise(by, HANDLE)
    ticket.emergency_report = {**facts, "by": by.ref, "at": clock.now().isoformat()}
    said = Said(reason=facts.get("number"), detail=dict(facts))
    note(session, by=by, ticket=ticket, event="emergency_report", said=said)


def reopen(
    session: Session, *, by: Actor, ticket: HotlineTicket, reason: str, version: int | None = None
) -> None:
    """The caller came back: the matter has a clock anew, a crisis its alarm and its ladder too."""
    days = settings.value(session, ticket.desk_id, "ticket.reopen_d")
    if ticket.ended_at is not None and clock.now() - ticket.ended_at > timedelta(days=days):
        raise Refused(_("办结超过 %(n)s 天，请新建工单。", n=days))
    ticket.due_at = clock.now()
    said = Said(detail={"text": reason}, version=version)
    move(session, by=by, ticket=ticket, event=Event.REOPEN, said=said)
    if ticket.kind == "crisis":
        raise_alarm(session, ticket)
    else:
        start_clock(session, ticket, at=clock.now())
    refresh_due(session, ticket)


def _invited_on(session: Session, ticket: HotlineTicket) -> set[object]:
    times: list[datetime] = list(
        session.scalars(
            select(HotlineStep.at).where(
                HotlineStep.ticket_id == ticket.id, HotlineStep.event == "invite"
            )
        )
    )
    return {clock.local(at).date() for at in times}


def _followed_up(session: Session, ticket: HotlineTicket) -> bool:
    """Every follow-up that standing down began has been written down."""
    return not timing.running(session, subject(ticket), Kind.FOLLOW_UP)
