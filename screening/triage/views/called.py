"""The page of who is on duty and was called: whom to reach, and that he is on it; no results."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.guard import current_actor, fetch, requires
from accounts.policy import Permission, Role
from foundation import audit
from foundation.database import session
from foundation.i18n import _
from schools.models import Organisation
from schools.queries import staff_of
from screening.models import Alert
from screening.triage import alert_actions as actions
from screening.triage import words as triage_words
from screening.triage.alert_queries import called_to
from screening.triage.contacts import NOT_CALLED, contacts_of
from screening.triage.forms import CallForm

bp = Blueprint("called", __name__)
P = Permission


def _one(alert_id: int) -> Alert:
    return fetch(called_to(current_actor()).where(Alert.id == alert_id))


def _page(alert: Alert, form: CallForm, status: int) -> ResponseReturnValue:
    school = session().get_one(Organisation, alert.school_id)
    audit.record_read(
        "alert.read",
        by=current_actor().ref,
        organisation_id=school.id,
        subjects=[f"alert:{alert.id}"],
    )
    page = render_template(
        "triage/called.html",
        alert=alert,
        school=school,
        contacts=contacts_of(session(), current_actor(), alert),
        counselors=staff_of(session(), school.id, (Role.COUNSELOR.value,)),
        not_called=NOT_CALLED,
        form=form,
        words=triage_words,
        page_has_errors=bool(form.errors),
    )
    return page, status


@bp.get("/called/<int:alert_id>")
@requires(P.HOME)
def called(alert_id: int) -> ResponseReturnValue:
    """Whom to reach, as fast as a page can say it."""
    return _page(_one(alert_id), CallForm(), 200)


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
        return _page(alert, form, 422)
    actions.contacted(session(), by=current_actor(), alert=alert, note=form.reason.data or "")
    flash(_("已保存。"))
    return redirect(url_for("called.called", alert_id=alert_id), 303)
