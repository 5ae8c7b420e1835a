"""The pages of who is on duty and was called: whom to reach, and that he is on it; no results."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.guard import current_actor, fetch, requires
from accounts.models import User
from accounts.policy import Permission, Role
from foundation import audit
from foundation.database import session
from foundation.i18n import _
from schools.models import Organisation
from schools.queries import staff_of
from screening.league import concern_actions, concern_queries
from screening.league.concern_forms import kinds_of_sign
from screening.models import Alert, Concern
from screening.triage import alert_actions as actions
from screening.triage import words as triage_words
from screening.triage.alert_queries import called_to
from screening.triage.alert_workflow import CRITICAL, State
from screening.triage.contacts import NOT_CALLED, contacts_of
from screening.triage.forms import CallForm

bp = Blueprint("called", __name__)
P = Permission


def _one(alert_id: int) -> Alert:
    return fetch(called_to(current_actor()).where(Alert.id == alert_id))


def _concern(concern_id: int) -> Concern:
    wanted = concern_queries.called_to(current_actor()).where(Concern.id == concern_id)
    return fetch(wanted)


def _alert_page(alert: Alert, form: CallForm, status: int) -> ResponseReturnValue:
    facts = {
        "alert": alert,
        "to_do": triage_words.what_to_do(alert.severity, alert.state, None),
        "taken_at": None if alert.state == State.OPEN else alert.acknowledged_at,
        "contacted_at": alert.first_contact_at,
        "take": url_for("called.take", alert_id=alert.id),
        "contact": url_for("called.contact", alert_id=alert.id),
    }
    return _page("alert", alert, form, facts), status


def _concern_page(concern: Concern, form: CallForm, status: int) -> ResponseReturnValue:
    facts = {
        "concern": concern,
        "reporter": session().get_one(User, concern.reporter_user_id),
        "signs": kinds_of_sign(concern.keywords),
        "to_do": triage_words.what_to_do(CRITICAL, State.OPEN.value, None),
        "taken_at": concern.acknowledged_at,
        "contacted_at": concern_queries.contacted_at(session(), concern),
        "take": url_for("called.take_concern", concern_id=concern.id),
        "contact": url_for("called.contact_concern", concern_id=concern.id),
    }
    return _page("concern", concern, form, facts), status


def _page(kind: str, about: Alert | Concern, form: CallForm, facts: dict[str, Any]) -> str:
    school = session().get_one(Organisation, about.school_id)
    audit.record_read(
        f"{kind}.read",
        by=current_actor().ref,
        organisation_id=school.id,
        subjects=[f"{kind}:{about.id}"],
    )
    student = about.student
    return render_template(
        "triage/called.html",
        student=student,
        due_at=about.due_at,
        school=school,
        contacts=contacts_of(session(), current_actor(), student, school.id) if student else None,
        counselors=staff_of(session(), school.id, (Role.COUNSELOR.value,)),
        not_called=NOT_CALLED,
        form=form,
        page_has_errors=bool(form.errors),
        **facts,
    )


@bp.get("/called/<int:alert_id>")
@requires(P.HOME)
def called(alert_id: int) -> ResponseReturnValue:
    """Whom to reach, as fast as a page can say it."""
    return _alert_page(_one(alert_id), CallForm(), 200)


@bp.post("/called/<int:alert_id>/take")
@requires(P.HOME)
def take(alert_id: int) -> ResponseReturnValue:
    """He is on it: nobody further is called."""
    actions.answer_call(session(), by=current_actor(), alert=_one(alert_id))
    flash(_("已记下：由您联系。"))
    return redirect(url_for("called.called", alert_id=alert_id), 303)


@bp.post("/called/<int:alert_id>/contact")
@requires(P.HOME)
def contact(alert_id: int) -> ResponseReturnValue:
    """The student was reached: the first contact, with a note how."""
    alert, form = _one(alert_id), CallForm()
    if not form.validate_on_submit():
        return _alert_page(alert, form, 422)
    actions.contacted(session(), by=current_actor(), alert=alert, note=form.reason.data or "")
    flash(_("已保存。"))
    return redirect(url_for("called.called", alert_id=alert_id), 303)


@bp.get("/called/concerns/<int:concern_id>")
@requires(P.HOME)
def called_by_concern(concern_id: int) -> ResponseReturnValue:
    """The same for what a person reported: who, where, whom to ring, what kind of sign."""
    return _concern_page(_concern(concern_id), CallForm(), 200)


@bp.post("/called/concerns/<int:concern_id>/take")
@requires(P.HOME)
def take_concern(concern_id: int) -> ResponseReturnValue:
    """He is on it: nobody further is called."""
    concern_actions.answer_call(session(), by=current_actor(), concern=_concern(concern_id))
    flash(_("已记下：由您联系。"))
    return redirect(url_for("called.called_by_concern", concern_id=concern_id), 303)


@bp.post("/called/concerns/<int:concern_id>/contact")
@requires(P.HOME)
def contact_concern(concern_id: int) -> ResponseReturnValue:
    """The student was reached, with a note how."""
    concern, form = _concern(concern_id), CallForm()
    if not form.validate_on_submit():
        return _concern_page(concern, form, 422)
    note = form.reason.data or ""
    concern_actions.contacted(session(), by=current_actor(), concern=concern, note=note)
    flash(_("已保存。"))
    return redirect(url_for("called.called_by_concern", concern_id=concern_id), 303)
