"""The school's pages of a referral: list, one referral with its next step, its letter."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from accounts.guard import current_actor, fetch, requires
from accounts.policy import Permission, Role
from foundation import audit, clock
from foundation.database import session
from foundation.forms import Form
from foundation.i18n import _
from foundation.problems import Missing
from referrals import wording, workflow
from referrals.actions import hospital as hospital_actions
from referrals.actions import preparing, sending, timing
from referrals.actions.case_steps import Return
from referrals.actions.moves import lacking, subject
from referrals.forms.options import options
from referrals.forms.referrals import (
    AnswerForm,
    HospitalForm,
    ReturnForm,
    Worded,
    consent_form,
)
from referrals.letter_pdf import letter
from referrals.models import HospitalService, Referral
from referrals.queries import referrals as queries
from referrals.queries.agreements import hospitals_for
from referrals.views.steps import Offer, attempt, seen_version
from referrals.workflow import Event, State
from schools import settings
from schools.models import GuardianStatus
from screening.models import Case

bp = Blueprint("referrals", __name__)
P = Permission
FORMS: dict[Event, type[Form]] = {
    Event.ANSWER_INFO: AnswerForm,
    Event.REDIRECT: HospitalForm,
    Event.CONFIRM: ReturnForm,
    Event.CANCEL: Worded,
    Event.RECALL: Worded,
}
# The last one stands apart: it takes back what was a mistake.
DANGEROUS = (Event.CANCEL, Event.RECALL)
HOURS_ARE_SAID = 48  # an older word about a hospital's room is told in days


@bp.get("/referrals")
@requires(P.REFERRAL_VIEW)
def referrals() -> ResponseReturnValue:
    """Referrals of his schools, the next due first."""
    rows = session().scalars(queries.referrals_visible_to(current_actor())).unique().all()
    shown = request.args.get("show", "open")
    running = [row for row in rows if row.ended_at is None]
    lists = {
        "open": running,
        "school": [row for row in running if row.duty_role != Role.HOSPITAL_CONTACT.value],
        "all": rows,
    }
    shown = shown if shown in lists else "open"
    return render_template(
        "referrals/list.html",
        rows=lists[shown],
        shown=shown,
        counts={name: len(each) for name, each in lists.items()},
        words=wording,
    )


@bp.get("/referrals/<int:referral_id>")
@requires(P.REFERRAL_VIEW)
def referral(referral_id: int) -> ResponseReturnValue:
    """One referral, what to do next and its history."""
    return page(one(referral_id))


def one(referral_id: int) -> Referral:
    """The referral if it is his; absent and out of scope look alike."""
    return fetch(queries.referrals_visible_to(current_actor()).where(Referral.id == referral_id))


def page(
    shown: Referral, *, refused: tuple[str, Form] | None = None, status: int = 200
) -> ResponseReturnValue:
    """The page of a referral; `refused` is a form that came back with its errors."""
    audit.record_read(
        "referral.read",
        by=current_actor().ref,
        organisation_id=shown.school_id,
        subjects=[f"referral:{shown.id}"],
    )
    decision = preparing.decision_for(session(), shown)
    offers = _offers(shown, refused)
    return (
        render_template(
            "referrals/referral.html",
            referral=shown,
            words=wording,
            decision=decision,
            policy=preparing.policy_of(session(), shown.school_id),
            clocks=timing.running(session(), subject(shown)),
            case=session().get_one(Case, shown.case_id),
            consent=_consent(shown, refused),
            offers=[o for o in offers if o.kind != "danger"],
            dangers=[o for o in offers if o.kind == "danger"],
            steps=queries.steps_of(session(), shown.id),
            content=preparing.content_of(session(), shown),
            may_work=current_actor().may(P.REFERRAL_WORK, shown.school.path),
            page_has_errors=refused is not None,
        ),
        status,
    )


def _consent(shown: Referral, refused: tuple[str, Form] | None) -> Any:
    if State(shown.state) not in (State.DRAFT, State.AWAITING_CONSENT):
        return None
    if refused and refused[0] == "consent":
        return refused[1]
    return family_form(shown)[0]


def family_form(shown: Referral) -> tuple[Any, list[str]]:
    """The consent form with one answer for each guardian who may be asked."""
    detail = shown.consent_detail or {}
    said = detail.get("guardians", {})
    asked = [
        g
        for g in preparing.guardians_of(session(), shown.student_id)
        if g.status == GuardianStatus.PRESENT.value
    ]
    values = {f"guardian_{g.id}": said.get(str(g.id), "not_asked") for g in asked}
    return consent_form(
        [(g.id, f"{g.relation} {g.name}") for g in asked],
        data={
            **values,
            "student": detail.get("student", "not_asked"),
            "basis": detail.get("basis", ""),
            "attempts": str(detail.get("attempts") or 0),
        },
    )


def _offers(shown: Referral, refused: tuple[str, Form] | None) -> list[Offer]:
    if not current_actor().may(P.REFERRAL_WORK, shown.school.path):
        return []
    events = workflow.possible(State(shown.state), workflow.SCHOOL, lacking(session(), shown))
    return [
        Offer(
            event.value,
            _label(event, shown),
            refused[1] if refused and refused[0] == event.value else form_for(event, shown),
            url_for("referrals.step", referral_id=shown.id, event=event.value),
            "danger" if event in DANGEROUS else "",
        )
        for event in events
        if event in FORMS
    ]


def _label(event: Event, shown: Referral) -> Any:
    """The words on a button; what never left the school is given up rather than cancelled."""
    given_up = event is Event.CANCEL and shown.sent_at is None
    return _("放弃这份转介单") if given_up else wording.REFERRAL_EVENTS[event]


def form_for(event: Event, shown: Referral) -> Form:
    """The form of one step, with the hospitals that may be chosen."""
    form = FORMS[event](prefix=f"{event}-", data=_known(event, shown))
    if isinstance(form, HospitalForm):
        form.hospital.choices = hospital_choices(shown.school_id, but=shown.hospital_id)
    return form


def _known(event: Event, shown: Referral) -> dict[str, Any]:
    """What a form can be filled with beforehand: the plan that is there, the hospital's advice."""
    if event is not Event.CONFIRM:
        return {}
    case, slip = session().get_one(Case, shown.case_id), shown.reply or {}
    heard = [str(wording.ADVICE.get(slip.get("advice") or "", "")), slip.get("text") or ""]
    return {
        "goals": (case.plan or {}).get("goals", ""),
        "advice": case.advice or "；".join(part for part in heard if part),
    }


def hospital_choices(school_id: int, but: int | None = None) -> list[Any]:
    """The hospitals that a school may choose: those with an agreement that runs."""
    found = [s for s in hospitals_for(session(), school_id) if s.organisation_id != but]
    return options([(s.organisation_id, service_words(s, school_id)) for s in found])


def service_words(service: HospitalService, school_id: int) -> str:
    """Name, room with its age and children's clinic, in one line."""
    room = capacity_words(service.capacity, service.capacity_at, school_id)
    parts = [service.organisation.name, room]
    parts.append(_("有儿童青少年精神科") if service.child_psychiatry else _("没有儿童青少年精神科"))
    return " · ".join(parts)


def capacity_words(capacity: str, at: datetime | None, organisation_id: int) -> str:
    """What the hospital said about its room, and how old that is; what is too old is unknown."""
    if at is None:
        return _("接诊能力不详")
    hours = int((clock.now() - at).total_seconds() // 3600)
    stale = hours >= settings.value(session(), organisation_id, "referral.capacity_stale_h")
    word = _("接诊能力不详") if stale else wording.CAPACITIES[capacity]
    if hours < HOURS_ARE_SAID:
        return _("%(word)s（%(n)s 小时前更新）", word=word, n=hours)
    return _("%(word)s（%(n)s 天前更新）", word=word, n=hours // 24)


@bp.post("/referrals/<int:referral_id>/consent")
@requires(P.REFERRAL_WORK)
def consent(referral_id: int) -> ResponseReturnValue:
    """Write down who agreed; the gate says what follows."""
    shown = one(referral_id)
    form, guardians = family_form(shown)
    if not form.validate_on_submit():
        return page(shown, refused=("consent", form), status=422)
    answers = {
        "guardians": {name.split("_")[1]: form[name].data for name in guardians},
        "student": form.student.data,
        "basis": form.basis.data,
        "attempts": int(form.attempts.data or 0),
        "version": seen_version(),
    }
    by = current_actor()
    if not attempt(
        form,
        lambda: preparing.record_answers(session(), by=by, referral=shown, answers=answers),
    ):
        return page(one(referral_id), refused=("consent", form), status=422)
    return back(shown)


@bp.post("/referrals/<int:referral_id>/<any(answer_info,redirect,confirm,cancel,recall):event>")
@requires(P.REFERRAL_WORK)
def step(referral_id: int, event: str) -> ResponseReturnValue:
    """Take one step of the table."""
    shown = one(referral_id)
    workflow.transition(State(shown.state), Event(event))
    form = form_for(Event(event), shown)
    if not form.validate_on_submit():
        return page(shown, refused=(event, form), status=422)
    if not attempt(form, lambda: ACTIONS[Event(event)](shown, form)):
        return page(one(referral_id), refused=(event, form), status=422)
    return back(shown)


def _redirected(shown: Referral, form: Any) -> None:
    sending.redirect(
        session(),
        by=current_actor(),
        referral=shown,
        hospital_id=form.hospital.data,
        version=seen_version(),
    )
    flash(_("已为另一家医院新建转介，请预览后发出。原转介函已作废。"), "success")


ACTIONS: dict[Event, Callable[[Referral, Any], object]] = {
    Event.ANSWER_INFO: lambda shown, form: hospital_actions.answer_info(
        session(),
        by=current_actor(),
        referral=shown,
        answer=form.text.data,
        version=seen_version(),
    ),
    Event.REDIRECT: _redirected,
    Event.CONFIRM: lambda shown, form: hospital_actions.confirm(
        session(),
        by=current_actor(),
        referral=shown,
        plan=Return(form.goals.data or "", form.advice.data or "", form.back_on.data),
        version=seen_version(),
    ),
    Event.CANCEL: lambda shown, form: sending.cancel(
        session(),
        by=current_actor(),
        referral=shown,
        reason=form.text.data,
        version=seen_version(),
    ),
    Event.RECALL: lambda shown, form: sending.recall(
        session(),
        by=current_actor(),
        referral=shown,
        reason=form.text.data,
        version=seen_version(),
    ),
}


def back(shown: Referral) -> Response:
    """To the page of the referral that now stands: the new one after a redirect."""
    again = session().query(Referral.id).filter(Referral.redirect_of_id == shown.id).first()
    target = again[0] if again and shown.state == State.REDIRECTED.value else shown.id
    return redirect(url_for("referrals.referral", referral_id=target), 303)


@bp.get("/referrals/<int:referral_id>/letter.pdf")
@requires(P.REFERRAL_VIEW)
def letter_pdf(referral_id: int) -> ResponseReturnValue:
    """The letter as a file; every fetch is written down."""
    return letter_file(one(referral_id), "referral.letter_printed")


def letter_file(shown: Referral, event: str) -> Response:
    """The letter of a referral that was sent, as PDF."""
    if shown.letter_number is None or shown.sent_at is None:
        raise Missing
    audit.record_read(
        event,
        by=current_actor().ref,
        organisation_id=shown.school_id,
        subjects=[f"referral:{shown.id}"],
    )
    content = letter(
        number=shown.letter_number,
        sent_on=clock.local(shown.sent_at).date().isoformat(),
        hospital=shown.hospital.name,
        content=preparing.content_of(session(), shown),
        link=current_app.config["PUBLIC_URL"] + url_for("letters.paper_letter", token=shown.token),
    )
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{shown.letter_number}.pdf"'
    return response
