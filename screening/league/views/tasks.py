"""Pages of the branch contact: whom to keep company with, logging a contact, care tasks."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.guard import current_actor, fetch, requires
from accounts.policy import Permission, Role
from foundation import clock
from foundation.database import session
from foundation.i18n import _
from foundation.problems import Refused
from screening.league import care_task_actions, pairing_actions
from screening.league.care_task_queries import own_tasks
from screening.league.forms import MODES, ContactForm
from screening.league.pairing_queries import own_logs, own_pairings
from screening.league.queries import current_term, trained
from screening.league.views.concerns import bp
from screening.models import CareTask, ContactPairing


@bp.get("/tasks")
@requires(Permission.CARE_TASK_DO)
def tasks() -> ResponseReturnValue:
    """Everybody he keeps company with, in one list: how somebody came onto it does not show."""
    actor = current_actor()
    pairings = session().scalars(own_pairings(actor)).all()
    everything = session().scalars(own_tasks(actor)).all()
    return render_template(
        "league/tasks.html",
        pairings=pairings,
        running=[task for task in everything if task.ended_at is None],
        logs=session().scalars(own_logs(actor)).all(),
        modes=dict(MODES),
        untrained=_untrained(),
    )


def _untrained() -> bool:
    """Whether a fellow student has not been trained this term; a reminder, never a lock."""
    actor = current_actor()
    schools = {h.organisation_id for h in actor.held if h.role == Role.BRANCH_CONTACT}
    terms = [current_term(session(), school) for school in sorted(schools)]
    return any(term and actor.user_id not in trained(session(), term) for term in terms)


@bp.get("/tasks/pairings/<int:pairing_id>")
@requires(Permission.CARE_TASK_DO)
def log_pairing(pairing_id: int) -> ResponseReturnValue:
    """The light log of a pairing."""
    form = ContactForm()
    form.on_date.data = clock.today()
    return _log_page(form, pairing=_pairing(pairing_id))


@bp.post("/tasks/pairings/<int:pairing_id>")
@requires(Permission.CARE_TASK_DO)
def save_pairing_log(pairing_id: int) -> ResponseReturnValue:
    """Log one contact."""
    pairing, form = _pairing(pairing_id), ContactForm()
    if not form.validate_on_submit():
        return _log_page(form, 422, pairing=pairing)
    try:
        pairing_actions.log_contact(
            session(),
            by=current_actor(),
            pairing=pairing,
            on_date=form.on_date.data or clock.today(),
            mode=str(form.mode.data),
            worried=form.is_worried(),
            words=form.words.data or "",
        )
    except Refused as problem:
        form.on_date.errors = [problem.message]
        return _log_page(form, 422, pairing=pairing)
    return _after(worried=form.is_worried())


@bp.get("/tasks/<int:task_id>")
@requires(Permission.CARE_TASK_DO)
def task(task_id: int) -> ResponseReturnValue:
    """One task: who, what to do, what not to do, until when."""
    form = ContactForm()
    form.on_date.data = clock.today()
    return _log_page(form, task=_task(task_id))


@bp.post("/tasks/<int:task_id>/accept")
@requires(Permission.CARE_TASK_DO)
def accept_task(task_id: int) -> ResponseReturnValue:
    """Take it."""
    care_task_actions.accept(session(), by=current_actor(), task=_task(task_id))
    flash(_("谢谢，已接受。"), "success")
    return redirect(url_for("league.task", task_id=task_id), 303)


@bp.post("/tasks/<int:task_id>/done")
@requires(Permission.CARE_TASK_DO)
def finish_task(task_id: int) -> ResponseReturnValue:
    """Done, worried or not."""
    shown, form = _task(task_id), ContactForm()
    if not form.validate_on_submit():
        return _log_page(form, 422, task=shown)
    contact = care_task_actions.Contact(
        form.on_date.data or clock.today(),
        str(form.mode.data),
        form.is_worried(),
        form.words.data or "",
    )
    try:
        care_task_actions.finish(session(), by=current_actor(), task=shown, contact=contact)
    except Refused as problem:
        form.on_date.errors = [problem.message]
        return _log_page(form, 422, task=shown)
    return _after(worried=form.is_worried())


def _pairing(pairing_id: int) -> ContactPairing:
    return fetch(own_pairings(current_actor()).where(ContactPairing.id == pairing_id))


def _task(task_id: int) -> CareTask:
    return fetch(own_tasks(current_actor()).where(CareTask.id == task_id))


def _log_page(
    form: ContactForm,
    status: int = 200,
    *,
    pairing: ContactPairing | None = None,
    task: CareTask | None = None,
) -> ResponseReturnValue:
    held = pairing or task
    return render_template(
        "league/contact.html", form=form, pairing=pairing, task=task, held=held
    ), status


def _after(*, worried: bool) -> ResponseReturnValue:
    if worried:
        return redirect(url_for("league.thanks"), 303)
    flash(_("已记下，谢谢你。"), "success")
    return redirect(url_for("league.tasks"), 303)
