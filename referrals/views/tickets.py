"""The 12355 desk: queue, a new call, one ticket with the steps of its table."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guard import current_actor, fetch, requires
from accounts.models import User
from accounts.policy import Permission
from foundation import audit
from foundation.database import session
from foundation.forms import Form
from foundation.i18n import _
from foundation.paging import page_of
from foundation.problems import Missing, Refused
from referrals import hotline_workflow as workflow
from referrals import wording
from referrals.actions import handling, tickets, timing
from referrals.actions.ticket_moves import Changed, subject
from referrals.clocks import Kind
from referrals.forms.hotline import FORMS, CallForm, DeskForm, PauseForm, ReturnForm
from referrals.forms.options import options
from referrals.hotline_workflow import Event, State
from referrals.ladder import Way
from referrals.models import HotlineTicket
from referrals.queries import hotline as queries
from referrals.views.steps import Offer, attempt, seen_version
from schools.models import Organisation

bp = Blueprint("hotline", __name__)
P = Permission
DANGEROUS = ("return", "return_again", "escalate", "take_back", "redo")


@bp.get("/hotline")
@requires(P.HOTLINE_VIEW)
def queue() -> ResponseReturnValue:
    """Tickets by risk, then by time left."""
    actor, asked = current_actor(), request.args.get("show", "open")
    lists = queries.lists_of(actor)
    shown = asked if asked in lists else "open"
    wanted = queries.tickets_visible_to(session(), actor).where(lists[shown])
    rows = page_of(session(), wanted, request.args.get("page", 1, type=int))
    return render_template(
        "hotline/queue.html",
        rows=rows,
        shown=shown,
        counts=queries.counts_of(session(), actor),
        words=wording,
        names=names_of(rows),
        may_open=bool(queries.own_desks(session(), actor)),
    )


def names_of(rows: Any) -> dict[int, str]:
    """Who has taken these tickets."""
    ids = {row.owner_user_id for row in rows if row.owner_user_id}
    found = session().query(User.id, User.name).filter(User.id.in_(ids)).all()
    return {row[0]: row[1] for row in found}


@bp.route("/hotline/new", methods=["GET", "POST"])
@requires(P.HOTLINE_WORK)
def new() -> ResponseReturnValue:
    """Write down a call."""
    actor, form = current_actor(), CallForm()
    desks = {desk.id: desk for desk in queries.own_desks(session(), actor)}
    form.desk.choices = options([(desk.id, desk.name) for desk in desks.values()])
    if request.method == "GET":
        return render_template("hotline/new.html", form=form)
    made: list[HotlineTicket] = []

    def act() -> None:
        desk = desks.get(form.desk.data)
        if desk is None:
            raise Refused(_("请选择一个服务台。"), "desk")
        facts = {f.name: f.data for f in form if f.name not in ("csrf_token", "desk")}
        made.append(tickets.open_ticket(session(), by=actor, desk=desk, facts=facts))

    if not form.validate_on_submit() or not attempt(form, act):
        return render_template("hotline/new.html", form=form, page_has_errors=True), 422
    return redirect(url_for("hotline.ticket", ticket_id=made[0].id), 303)


@bp.get("/hotline/<int:ticket_id>")
@requires(P.HOTLINE_VIEW)
def ticket(ticket_id: int) -> ResponseReturnValue:
    """One ticket with its next step, its clock and its history."""
    return page(one(ticket_id))


def one(ticket_id: int) -> HotlineTicket:
    """The ticket if he may see it; absent and out of scope look alike."""
    visible = queries.tickets_visible_to(session(), current_actor())
    return fetch(visible.where(HotlineTicket.id == ticket_id))


def page(
    shown: HotlineTicket, *, refused: tuple[str, Form] | None = None, status: int = 200
) -> ResponseReturnValue:
    """The page of a ticket; `refused` is a form that came back with its errors."""
    audit.record_read(
        "hotline.read",
        by=current_actor().ref,
        organisation_id=shown.desk_id,
        subjects=[f"ticket:{shown.id}"],
    )
    offers = offers_of(shown, refused)
    return (
        render_template(
            "hotline/ticket.html",
            ticket=shown,
            words=wording,
            offers=[o for o in offers if o.kind != "danger"],
            dangers=[o for o in offers if o.kind == "danger"],
            report=_report(shown, refused),
            card=_card_on_top(shown),
            steps=queries.steps_of(session(), shown.id),
            pages=queries.pages_of(session(), shown.id),
            names=names_of([shown]),
            clocks=timing.running(session(), subject(shown)),
            return_by=_return_by(shown),
            breached=_breached(shown),
            page_has_errors=refused is not None,
        ),
        status,
    )


def _return_by(shown: HotlineTicket) -> datetime | None:
    """Until when it may simply be returned, where returning is a question at all."""
    here = tickets.is_at_desk(current_actor(), shown)
    if shown.state != State.DISPATCHED.value or shown.returns or not here:
        return None
    return tickets.return_by(session(), shown)


def _breached(shown: HotlineTicket) -> bool:
    """A crisis in which nobody was reached in time: it is looked into afterwards."""
    return shown.kind == "crisis" and any(
        step.event == "page" and step.reason == Way.INCIDENT.value
        for step in queries.steps_of(session(), shown.id)
    )


def _card_on_top(shown: HotlineTicket) -> bool:
    """The 110/120 card stands open until somebody spoke with the child; at 20 minutes again."""
    return shown.kind == "crisis" and shown.ended_at is None and shown.contacted_at is None


def _report(shown: HotlineTicket, refused: tuple[str, Form] | None) -> Offer | None:
    if shown.ended_at is not None or not current_actor().may(P.HOTLINE_WORK):
        return None
    return _offer("emergency_report", shown, refused)


def offers_of(shown: HotlineTicket, refused: tuple[str, Form] | None) -> list[Offer]:
    """The steps that the table allows to this person, then those that change no state."""
    actor = current_actor()
    held = [p for p in (P.HOTLINE_WORK, P.HOTLINE_SUPERVISE) if actor.may(p)]
    events: list[str] = [
        event.value
        for event in workflow.possible(
            State(shown.state),
            held,
            crisis=shown.kind == "crisis",
            returns=shown.returns,
            late=tickets.is_late_to_return(session(), shown),
        )
    ]
    events = [event for event in events if event not in _not_now(shown)]
    if held and shown.state == State.REPLIED.value and shown.kind != "crisis":
        events.append("invite")
    if held and timing.running(session(), subject(shown), Kind.FOLLOW_UP):
        events.insert(0, "follow_up")
    return [_offer(event, shown, refused) for event in events]


def _not_now(shown: HotlineTicket) -> set[str]:
    """Steps of the table that are another desk's to take, or that wait for a fact."""
    hidden = set()
    if shown.state == State.DISPATCHED.value:
        here = tickets.is_at_desk(current_actor(), shown)
        hidden = {"dispatch"} if here else {"accept", "return", "return_again"}
    if shown.stand_down_by is None:
        hidden.add("stand_down")
    if shown.state == State.STOOD_DOWN.value and timing.running(session(), subject(shown)):
        hidden.add("close")
    return hidden


def _offer(event: str, shown: HotlineTicket, refused: tuple[str, Form] | None) -> Offer:
    form = refused[1] if refused and refused[0] == event else _form(event, shown)
    url = url_for("hotline.step", ticket_id=shown.id, event=event)
    return Offer(
        event, wording.TICKET_EVENTS[event], form, url, "danger" if event in DANGEROUS else ""
    )


def _form(event: str, shown: HotlineTicket) -> Form:
    known: dict[str, Any] = {
        "kind": shown.kind,
        "category": shown.category,
        "risk": str(shown.risk),
    }
    if event in ("dispatch", "assign"):
        known["desk"] = queries.suggested_desk(session(), shown)
    form = FORMS[event](prefix=f"{event}-", data=known)
    if isinstance(form, DeskForm | ReturnForm):
        desks = queries.desks_to_dispatch_to(session(), shown)
        nobody = [(0, _("不清楚"))] if isinstance(form, ReturnForm) else []
        form.desk.choices = options([*nobody, *((desk.id, desk.name) for desk in desks)])
    if isinstance(form, PauseForm):
        longest = timing.span(session(), shown.desk_id, "clock.pause_cap_h")
        form.limit(int(longest.total_seconds() // 3600))
    return form


@bp.post("/hotline/<int:ticket_id>/<event>")
@requires(P.HOTLINE_WORK)
def step(ticket_id: int, event: str) -> ResponseReturnValue:
    """Take one step; of two people who read the same version one is shown both sides."""
    if event not in ACTIONS:
        raise Missing
    shown = one(ticket_id)
    if event in set(Event) and seen_version() in (None, shown.version):
        workflow.transition(State(shown.state), Event(event))
    form = _form(event, shown)
    if not form.validate_on_submit():
        return page(shown, refused=(event, form), status=422)
    try:
        done = attempt(form, lambda: ACTIONS[event](shown, form))
    except Changed:
        session().rollback()
        return _changed(ticket_id, event, form)
    if not done:
        return page(one(ticket_id), refused=(event, form), status=422)
    return redirect(url_for("hotline.ticket", ticket_id=ticket_id), 303)


def _changed(ticket_id: int, event: str, form: Form) -> ResponseReturnValue:
    """Nothing was overwritten: what he wrote stands beside what the other one did."""
    shown = one(ticket_id)
    written = [(f.label.text, str(f.data)) for f in form if f.short_name != "csrf_token" and f.data]
    page = render_template(
        "hotline/changed.html",
        ticket=shown,
        words=wording,
        event=event,
        written=written,
        last=queries.steps_of(session(), ticket_id)[-1],
        names=names_of([shown]),
    )
    return page, 409


def _plain(action: Callable[..., None]) -> Callable[[HotlineTicket, Any], None]:
    def act(shown: HotlineTicket, _form: Any) -> None:
        action(session(), by=current_actor(), ticket=shown, version=seen_version())

    return act


def _filled(action: Callable[..., None], **names: str) -> Callable[[HotlineTicket, Any], None]:
    """An action whose arguments come from form fields: argument=field."""

    def act(shown: HotlineTicket, form: Any) -> None:
        values = {argument: form[field].data or "" for argument, field in names.items()}
        action(session(), by=current_actor(), ticket=shown, version=seen_version(), **values)

    return act


def _send_on(shown: HotlineTicket, form: Any) -> None:
    desk = session().get_one(Organisation, form.desk.data)
    tickets.dispatch(
        session(),
        by=current_actor(),
        ticket=shown,
        desk=desk,
        reason=form.text.data or "",
        version=seen_version(),
    )


def _send_back(shown: HotlineTicket, form: Any) -> None:
    desk = session().get(Organisation, form.desk.data) if form.desk.data else None
    tickets.send_back(
        session(),
        by=current_actor(),
        ticket=shown,
        grounds=form.text.data or "",
        suggested=desk,
        version=seen_version(),
    )


def _triage(shown: HotlineTicket, form: Any) -> None:
    tickets.triage(
        session(),
        by=current_actor(),
        ticket=shown,
        kind=form.kind.data,
        category=form.category.data,
        risk=int(form.risk.data),
        version=seen_version(),
    )


def _rate(shown: HotlineTicket, form: Any) -> None:
    handling.rate(
        session(),
        by=current_actor(),
        ticket=shown,
        rating=int(form.rating.data),
        solved=form.solved.data,
        comment=form.text.data or "",
        version=seen_version(),
    )


def _emergency(shown: HotlineTicket, form: Any) -> None:
    facts = {name: form[name].data or "" for name in ("number", "receipt", "text")}
    handling.emergency_report(session(), by=current_actor(), ticket=shown, facts=facts)


ACTIONS: dict[str, Callable[[HotlineTicket, Any], None]] = {
    Event.TRIAGE: _triage,
    Event.DISPATCH: _send_on,
    Event.ASSIGN: _send_on,
    Event.ACCEPT: _plain(tickets.accept),
    Event.RETURN: _send_back,
    Event.RETURN_AGAIN: _send_back,
    Event.CONTACT: _filled(handling.contact, whom="whom", text="text"),
    Event.WAIT: _filled(handling.wait, code="code", hours="hours"),
    Event.RESUME: _plain(handling.resume),
    Event.HANDLE: _plain(handling.handle),
    Event.REPLY: _filled(handling.reply, text="text", result="result"),
    Event.RATE: _rate,
    Event.REDO: _filled(handling.redo, reason="text"),
    Event.CLOSE: _plain(handling.close),
    Event.CLOSE_UNRATED: _plain(handling.close),
    Event.OFFER_TRANSFER: _filled(handling.offer_transfer, receiver="receiver", text="text"),
    Event.TRANSFER_RECEIPT: _filled(handling.transfer_receipt, receipt="receipt"),
    Event.TAKE_BACK: _filled(handling.take_back, reason="text"),
    Event.ASK_STAND_DOWN: _filled(handling.ask_stand_down, safe_adult="safe_adult", text="text"),
    Event.STAND_DOWN: _plain(handling.stand_down),
    Event.ESCALATE: _filled(tickets.escalate, reason="text"),
    Event.REOPEN: _filled(handling.reopen, reason="text"),
    "invite": _plain(handling.invite),
    "follow_up": _filled(handling.followed_up, text="text"),
    "emergency_report": _emergency,
}
