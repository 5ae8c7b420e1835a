"""The green-channel hospital's pages: inbox, one letter with three buttons, today's room."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guard import current_actor, fetch, requires
from accounts.policy import Permission
from foundation import audit, clock
from foundation.database import session
from foundation.forms import Form
from foundation.i18n import _
from foundation.paging import page_of
from referrals import wording, workflow
from referrals.actions import hospital as actions
from referrals.actions import preparing, timing
from referrals.actions.moves import lacking, subject
from referrals.forms.referrals import (
    CapacityForm,
    DeclineForm,
    MoveForm,
    NoteForm,
    Plain,
    QuestionForm,
    SlipForm,
    SlotForm,
)
from referrals.models import HospitalService, Referral
from referrals.queries import referrals as queries
from referrals.views.referrals import capacity_words, letter_file
from referrals.views.steps import Offer, attempt, seen_version
from referrals.workflow import Event, State

bp = Blueprint("hospital", __name__)
P = Permission
FORMS: dict[Event, type[Form]] = {
    Event.RECEIVE: Plain,
    Event.ACCEPT: Plain,
    Event.SCHEDULE: SlotForm,
    Event.ASK_INFO: QuestionForm,
    Event.ARRIVE: Plain,
    Event.SEE: NoteForm,
    Event.REPLY: SlipForm,
    Event.CONFIRM_CANCEL: Plain,
    Event.NO_SHOW: Plain,
    Event.DECLINE: DeclineForm,
}
DANGEROUS = (Event.NO_SHOW, Event.DECLINE)
# What a hospital usually does next; without one it waits, and can do the rest all the same.
EXPECTED = {
    State.SENT: Event.RECEIVE,
    State.RECEIVED: Event.ACCEPT,
    State.ACCEPTED: Event.SCHEDULE,
    State.SCHEDULED: Event.ARRIVE,
    State.NO_SHOW: Event.SCHEDULE,
    State.ARRIVED: Event.SEE,
    State.SEEN: Event.REPLY,
    State.CANCEL_REQUESTED: Event.CONFIRM_CANCEL,
}
EVENTS = "receive,accept,schedule,ask_info,arrive,see,reply,confirm_cancel,no_show,decline"


@bp.get("/hospital")
@requires(P.HOSPITAL_WORK)
def inbox() -> ResponseReturnValue:
    """Letters to this hospital, the next due first, and how much room it says it has."""
    actor = current_actor()
    lists, asked = queries.lists_of(), request.args.get("show", "open")
    shown = asked if asked in lists else "open"
    letters = queries.addressed_to(actor).where(lists[shown])
    services = session().scalars(queries.services_of(actor)).unique().all()
    return render_template(
        "referrals/inbox.html",
        rows=page_of(session(), letters, request.args.get("page", 1, type=int)),
        shown=shown,
        recalled=session().scalars(queries.recalled_from(actor)).unique().all(),
        counts=queries.counts_of(session(), actor),
        services=[
            (s, capacity_words(s.capacity, s.capacity_at, s.organisation_id), _capacity_form(s))
            for s in services
        ],
        words=wording,
    )


def _capacity_form(service: HospitalService) -> CapacityForm:
    form = CapacityForm(prefix=f"s{service.organisation_id}-")
    form.capacity.data = form.capacity.data or service.capacity
    return form


@bp.post("/hospital/<int:organisation_id>/capacity")
@requires(P.HOSPITAL_WORK)
def capacity(organisation_id: int) -> ResponseReturnValue:
    """Say how much room there is today."""
    actor = current_actor()
    found = fetch(
        queries.services_of(actor).where(HospitalService.organisation_id == organisation_id)
    )
    chosen = CapacityForm(prefix=f"s{organisation_id}-").capacity.data or ""
    actions.set_capacity(session(), by=actor, service=found, capacity=chosen)
    flash(_("已更新接诊能力。"), "success")
    return redirect(url_for("hospital.inbox"), 303)


@bp.get("/hospital/<int:referral_id>")
@requires(P.HOSPITAL_WORK)
def referral(referral_id: int) -> ResponseReturnValue:
    """One letter and what the hospital can do with it."""
    return page(one(referral_id))


def one(referral_id: int) -> Referral:
    """The letter if it was addressed to his hospital."""
    return fetch(queries.addressed_to(current_actor()).where(Referral.id == referral_id))


def page(
    shown: Referral, *, refused: tuple[str, Form] | None = None, status: int = 200
) -> ResponseReturnValue:
    """The page of a letter; `refused` is a form that came back with its errors."""
    audit.record_read(
        "referral.hospital_read",
        by=current_actor().ref,
        organisation_id=shown.hospital_id,
        subjects=[f"referral:{shown.id}"],
    )
    offers = _offers(shown, refused)
    return (
        render_template(
            "referrals/received.html",
            referral=shown,
            words=wording,
            content=preparing.content_of(session(), shown),
            offers=[o for o in offers if o.kind != "danger"],
            dangers=[o for o in offers if o.kind == "danger"],
            expected=State(shown.state) in EXPECTED,
            steps=queries.steps_of(session(), shown.id),
            clocks=timing.running(session(), subject(shown)),
            page_has_errors=refused is not None,
        ),
        status,
    )


def _offers(shown: Referral, refused: tuple[str, Form] | None) -> list[Offer]:
    state = State(shown.state)
    events = workflow.possible(state, workflow.HOSPITAL, lacking(session(), shown))
    return [
        Offer(
            event.value,
            _("改约") if _moves(event, shown) else wording.REFERRAL_EVENTS[event],
            refused[1] if refused and refused[0] == event.value else _form(event, shown),
            url_for("hospital.step", referral_id=shown.id, event=event.value),
            "danger" if event in DANGEROUS else "",
        )
        for event in sorted(FORMS, key=lambda event: event is not EXPECTED.get(state))
        if event in events
    ]


def _moves(event: Event, shown: Referral) -> bool:
    return event is Event.SCHEDULE and shown.state == State.SCHEDULED.value


def _form(event: Event, shown: Referral) -> Form:
    """The form of one step; a date that is moved asks why."""
    return (MoveForm if _moves(event, shown) else FORMS[event])(prefix=f"{event}-")


@bp.post(f"/hospital/<int:referral_id>/<any({EVENTS}):event>")
@requires(P.HOSPITAL_WORK)
def step(referral_id: int, event: str) -> ResponseReturnValue:
    """Take one step of the table."""
    shown = one(referral_id)
    workflow.transition(State(shown.state), Event(event))
    form = _form(Event(event), shown)
    if not form.validate_on_submit():
        return page(shown, refused=(event, form), status=422)
    if not attempt(form, lambda: ACTIONS[Event(event)](shown, form)):
        return page(one(referral_id), refused=(event, form), status=422)
    if shown.high_risk and event == Event.REPLY.value:
        flash(_told_by_phone(shown), "warning")
    return redirect(url_for("hospital.referral", referral_id=referral_id), 303)


def _told_by_phone(shown: Referral) -> str:
    """A message waits until somebody reads it; high risk does not."""
    school = preparing.content_of(session(), shown)["school"]
    return _(
        "回执已送出，学校会马上看到“目前风险高”。请同时打电话告诉学校心理老师：%(name)s %(phone)s",
        name=school["counselor"],
        phone=school["phone"],
    )


def _plain(action: Callable[..., None]) -> Callable[[Referral, Any], None]:
    def act(shown: Referral, _form: Any) -> None:
        action(session(), by=current_actor(), referral=shown, version=seen_version())

    return act


ACTIONS: dict[Event, Callable[[Referral, Any], None]] = {
    Event.RECEIVE: _plain(actions.receive),
    Event.ACCEPT: _plain(actions.accept),
    Event.ARRIVE: _plain(actions.arrive),
    Event.SEE: lambda shown, form: actions.see(
        session(),
        by=current_actor(),
        referral=shown,
        note=form.text.data or "",
        version=seen_version(),
    ),
    Event.NO_SHOW: _plain(actions.no_show),
    Event.CONFIRM_CANCEL: _plain(actions.confirm_cancel),
    Event.ASK_INFO: lambda shown, form: actions.ask_info(
        session(),
        by=current_actor(),
        referral=shown,
        question=form.text.data,
        version=seen_version(),
    ),
    Event.SCHEDULE: lambda shown, form: actions.schedule(
        session(),
        by=current_actor(),
        referral=shown,
        at=form.at.data.replace(tzinfo=clock.SHANGHAI),
        department=form.department.data,
        reason=form.reason.data or "" if isinstance(form, MoveForm) else "",
        version=seen_version(),
    ),
    Event.DECLINE: lambda shown, form: actions.decline(
        session(),
        by=current_actor(),
        referral=shown,
        reason=form.reason.data,
        note=form.note.data or "",
        version=seen_version(),
    ),
    Event.REPLY: lambda shown, form: actions.reply(
        session(),
        by=current_actor(),
        referral=shown,
        slip=form.slip(),
        version=seen_version(),
    ),
}


@bp.get("/hospital/<int:referral_id>/letter.pdf")
@requires(P.HOSPITAL_WORK)
def letter_pdf(referral_id: int) -> ResponseReturnValue:
    """The letter as a file."""
    return letter_file(one(referral_id), "referral.letter_printed_by_hospital")
