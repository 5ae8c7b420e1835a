"""Pages of the counselor: releasing care tasks and seeing which run."""

from datetime import datetime, time, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from accounts.guard import current_actor, fetch, requires
from accounts.models import User
from accounts.policy import Permission
from foundation import clock
from foundation.database import session
from foundation.i18n import _
from foundation.paging import page_of
from foundation.problems import Refused
from schools.models import StaffRole, Student
from screening.league import care_task_actions as actions
from screening.league.care_task_queries import (
    care_tasks_visible_to,
    contacts_for,
    sittings_of_klass,
    students_to_care_for,
)
from screening.league.care_task_rules import too_close
from screening.league.forms import ADVICE, CareTaskForm
from screening.league.views.concerns import bp
from screening.models import CareTask

USUAL = timedelta(days=7)


@bp.get("/care-tasks")
@requires(Permission.CARE_TASK_RELEASE)
def care_tasks() -> ResponseReturnValue:
    """Which tasks run, whom they reached, how they ended."""
    number = request.args.get("page", 1, type=int)
    page = page_of(session(), care_tasks_visible_to(current_actor()), number)
    ids = {row.contact_user_id for row in page}
    people = session().execute(select(User.id, User.name).where(User.id.in_(ids)))
    names = {row.id: row.name for row in people}
    return render_template("league/care_tasks.html", page=page, names=names)


@bp.get("/care-tasks/new")
@requires(Permission.CARE_TASK_RELEASE)
def new_care_task() -> ResponseReturnValue:
    """The form for one student; `?alert_id=` notes which flag it answers."""
    student = _student(request.args.get("student_id", 0, type=int))
    form, _contacts = _form(student)
    form.advice.data = str(ADVICE[0])
    form.until.data = (clock.local(clock.now()) + USUAL).date()
    form.alert_id.data = request.args.get("alert_id", "")
    return _page(form, student)


@bp.post("/care-tasks/new")
@requires(Permission.CARE_TASK_RELEASE)
def release_care_task() -> ResponseReturnValue:
    """Release it by hand."""
    student = _student(request.args.get("student_id", 0, type=int))
    form, contacts = _form(student)
    if not form.validate_on_submit():
        return _page(form, student, 422)
    try:
        wish = _release(form, student, contacts)
        actions.release(session(), by=current_actor(), release=wish)
    except Refused as problem:
        place = form[problem.field or "contact"]
        place.errors = [problem.message]
        return _page(form, student, 422)
    flash(_("已发放。"), "success")
    return redirect(url_for("league.care_tasks"), 303)


def _release(form: CareTaskForm, student: Student, contacts: list[StaffRole]) -> actions.Release:
    chosen = next((c for c in contacts if c.id == form.contact.data), None)
    if chosen is None:
        raise Refused(_("这位学生的团支部还没有联系人。"), "contact")
    until = form.until.data or clock.today()
    if until < clock.today():
        raise Refused(_("日期不能早于今天。"), "until")
    given = str(form.alert_id.data or "")
    return actions.Release(
        contact=chosen,
        student=student,
        advice=str(form.advice.data),
        due_at=datetime.combine(until, time(22), clock.SHANGHAI),
        alert_id=int(given) if given.isdecimal() else None,
        confirmed=bool(form.confirmed.data),
    )


def _student(student_id: int) -> Student:
    return fetch(students_to_care_for(current_actor()).where(Student.id == student_id))


def _form(student: Student) -> tuple[CareTaskForm, list[StaffRole]]:
    contacts = contacts_for(session(), student)
    form = CareTaskForm()
    form.contact.choices = [SelectChoice(contact.id, contact.user.name) for contact in contacts]
    return form, contacts


def _page(form: CareTaskForm, student: Student, status: int = 200) -> ResponseReturnValue:
    sittings = sittings_of_klass(session(), student.klass_id)
    close = too_close(sittings, clock.now(), USUAL.days) or bool(form.confirmed.errors)
    return (
        render_template(
            "league/new_care_task.html", form=form, student=student, close=close, advice=ADVICE
        ),
        status,
    )


@bp.post("/care-tasks/<int:task_id>/withdraw")
@requires(Permission.CARE_TASK_RELEASE)
def withdraw_care_task(task_id: int) -> ResponseReturnValue:
    """Take it back."""
    held = fetch(care_tasks_visible_to(current_actor()).where(CareTask.id == task_id))
    actions.withdraw(session(), by=current_actor(), task=held)
    flash(_("已撤回。"), "success")
    return redirect(url_for("league.care_tasks"), 303)
