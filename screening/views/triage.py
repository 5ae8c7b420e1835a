"""Pages of alerts: the queue, one alert, worklists without scores, who answers for what."""

from math import ceil

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from accounts.guard import current_actor, fetch, requires
from accounts.models import User
from accounts.policy import Permission, Role
from foundation import audit, clock
from foundation.database import session
from foundation.i18n import _
from foundation.problems import Missing, Refused
from schools.models import Organisation
from schools.queries import in_scope, staff_of
from screening import alert_actions as actions
from screening import alert_queries as queries
from screening import jobs, triage_words
from screening.alert_workflow import Event, steps_to_take
from screening.custody import Charge, violations
from screening.models import Alert, Case
from screening.triage_forms import StepForm

bp = Blueprint("triage", __name__)
CONFLICT = 409
P = Permission
__all__ = ["bp", "jobs"]


@bp.get("/alerts")
@requires(P.ALERT_VIEW)
def alerts() -> ResponseReturnValue:
    """Students with open alerts, the most severe and least time first."""
    actor, wanted = current_actor(), _wanted()
    page = max(1, request.args.get("page", 1, type=int))
    groups, total = queries.page_of(session(), actor, wanted, page)
    _read([alert for group in groups for alert in group])
    return render_template(
        "triage/alerts.html",
        groups=groups,
        total=total,
        page=page,
        pages=max(1, ceil(total / queries.PAGE)),
        wanted=wanted,
        klasses=session().scalars(queries.klasses_with_alerts(actor)).all(),
        names=_names({alert.owner_user_id for group in groups for alert in group}),
        people=_counselors({alert.school_id for group in groups for alert in group}),
        words=triage_words,
        newest=queries.pulse(session(), actor)[2],
    )


def _wanted() -> queries.Wanted:
    given = request.args
    return queries.Wanted(
        words=given.get("q", ""),
        severity=given.get("severity", type=int),
        state=given.get("state", ""),
        klass_id=given.get("klass", type=int),
        whose=given.get("whose", ""),
    )


def _names(ids: set[int | None]) -> dict[int, str]:
    rows = session().scalars(select(User).where(User.id.in_({i for i in ids if i})))
    return {user.id: user.name for user in rows}


def _counselors(schools: set[int]) -> dict[int, str]:
    return {
        user.id: user.name
        for school in sorted(schools)[:1]
        for user in staff_of(session(), school, (Role.COUNSELOR.value,))
    }


def _read(rows: list[Alert]) -> None:
    by_school: dict[int, list[str]] = {}
    for alert in rows:
        by_school.setdefault(alert.school_id, []).append(f"alert:{alert.id}")
    for school, subjects in by_school.items():
        audit.record_read(
            "alert.read", by=current_actor().ref, organisation_id=school, subjects=subjects
        )


@bp.get("/alerts/poll")
@requires(P.ALERT_VIEW)
def poll() -> ResponseReturnValue:
    """Counts and the newest id; 304 while nothing is new."""
    count, urgent, newest = queries.pulse(session(), current_actor())
    answer = jsonify(open=count, urgent=urgent, newest=newest)
    answer.set_etag(f"{count}-{urgent}-{newest}")
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer.make_conditional(request)


@bp.post("/alerts/assign")
@requires(P.CASE_WORK)
def assign() -> ResponseReturnValue:
    """Give the alerts of the ticked students to one counselor of their school."""
    ids, user_id = request.form.getlist("student", type=int), request.form.get("to", type=int)
    chosen = queries.alerts_visible_to(current_actor(), P.CASE_WORK).where(
        Alert.student_id.in_(ids), Alert.ended_at.is_(None)
    )
    rows = list(session().scalars(chosen))
    if any(user_id not in _counselors({alert.school_id}) for alert in rows) or user_id is None:
        raise Refused(_("请选择这所学校的心理老师。"), "to")
    count = actions.assign(session(), by=current_actor(), alerts=rows, user_id=user_id)
    flash(_("已分派 %(n)s 条预警。", n=count))
    return redirect(url_for("triage.alerts"), 303)


@bp.get("/alerts/print")
@requires(P.CASE_WORK)
def printed() -> ResponseReturnValue:
    """Whom to speak with, on paper: no scores, no answers, room to write."""
    actor = current_actor()
    rows = session().scalars(
        queries.alerts_visible_to(actor, P.CASE_WORK)
        .where(Alert.ended_at.is_(None), Alert.first_contact_at.is_(None))
        .order_by(Alert.severity.desc(), Alert.due_at, Alert.id)
        .limit(500)
    )
    first = {row.student_id: row for row in reversed(list(rows))}
    shown = sorted(first.values(), key=lambda row: (-row.severity, row.due_at or clock.now()))
    _read(shown)
    return render_template(
        "triage/alerts_print.html", rows=shown, names=_names({row.owner_user_id for row in shown})
    )


def _one(alert_id: int, *, lock: bool = False) -> Alert:
    found = queries.alerts_visible_to(current_actor()).where(Alert.id == alert_id)
    return fetch(found.with_for_update(of=Alert) if lock else found)


def _changed_meanwhile(shown: Alert) -> bool:
    """Somebody saved after this page was read: he is shown it before anything is overwritten."""
    read = request.form.get("version", type=int)
    return read is not None and read != shown.version


@bp.post("/alerts/<int:alert_id>/contact")
@requires(P.ALERT_WORK)
def contact(alert_id: int) -> ResponseReturnValue:
    """Somebody spoke with the student: the first contact."""
    shown, form = _one(alert_id, lock=True), StepForm()
    if not form.validate_on_submit():
        return _alert_page(shown, form, 422)
    if _changed_meanwhile(shown):
        return _alert_page(shown, form, CONFLICT)
    note = form.reason.data or ""
    actions.contacted(session(), by=current_actor(), alert=shown, note=note)
    flash(_("已保存。"))
    return redirect(url_for("triage.alert", alert_id=alert_id), 303)


@bp.get("/alerts/<int:alert_id>")
@requires(P.ALERT_VIEW)
def alert(alert_id: int) -> ResponseReturnValue:
    """One alert with its rule, what happened to it and whom it reached."""
    return _alert_page(_one(alert_id), StepForm(), 200)


def _alert_page(shown: Alert, form: StepForm, status: int) -> ResponseReturnValue:
    _read([shown])
    school = session().get_one(Organisation, shown.school_id)
    changes = session().scalars(queries.changes_of(shown.id)).all()
    reached = session().scalars(queries.reached_by(shown.id)).all()
    actor = current_actor()
    full = actor.may(P.RESULT_VIEW, school.path)
    beside, total = queries.page_of(session(), actor, queries.Wanted(), 1)
    _read([each for group in beside for each in group[:1]])
    people = {shown.owner_user_id} | {row.user_id for row in reached}
    people |= {int(c.by[5:]) for c in changes if c.by.startswith("user:")}
    page = render_template(
        "triage/alert.html",
        alert=shown,
        school=school,
        full=full,
        events=steps_to_take(shown.state, lambda who: actor.may(who, school.path)),
        form=form,
        changes=changes,
        reached=reached,
        names=_names(people),
        stale=status == CONFLICT,
        may_contact=actor.may(P.ALERT_WORK, school.path)
        and shown.ended_at is None
        and shown.first_contact_at is None,
        people=_counselors({shown.school_id}) if actor.may(P.CASE_WORK, school.path) else {},
        beside=beside,
        total=total,
        words=triage_words,
        page_has_errors=bool(form.errors),
    )
    return page, status


@bp.post("/alerts/<int:alert_id>/<event>")
@requires(P.ALERT_WORK)
def step(alert_id: int, event: str) -> ResponseReturnValue:
    """Take one step; "save and next" goes on to the first alert of the queue."""
    if event not in set(Event) - {Event.CLEAR}:
        raise Missing
    shown, form = _one(alert_id, lock=True), StepForm()
    if not form.validate_on_submit():
        return _alert_page(shown, form, 422)
    if _changed_meanwhile(shown):
        return _alert_page(shown, form, CONFLICT)
    reason = form.reason.data or ""
    actions.step(session(), by=current_actor(), alert=shown, event=Event(event), reason=reason)
    flash(_("已保存。"))
    if "next" in request.form:
        groups, _total = queries.page_of(session(), current_actor(), queries.Wanted(), 1)
        others = [group[0].id for group in groups if group[0].student_id != shown.student_id]
        alert_id = others[0] if others else alert_id
    return redirect(url_for("triage.alert", alert_id=alert_id), 303)


@bp.get("/care")
@requires(P.CARE_VIEW)
def care() -> ResponseReturnValue:
    """Attention level, kind of reason, what to do and by when: no scores, no answers."""
    rows = list(session().scalars(queries.worklist(current_actor()).limit(500)))
    _read(rows)
    names = _names({each.owner_user_id for each in rows})
    return render_template("triage/care.html", rows=rows, names=names, words=triage_words)


@bp.get("/advice")
@requires(P.ADVICE_VIEW)
def advice() -> ResponseReturnValue:
    """The homeroom teacher's students who need care, and what to do: nothing else."""
    rows = list(session().scalars(queries.advice_for(current_actor())))
    for each in rows:
        audit.record_read(
            "advice.read",
            by=current_actor().ref,
            organisation_id=each.school_id,
            subjects=[f"case:{each.id}"],
        )
    return render_template("triage/advice.html", rows=rows)


@bp.get("/custody")
@requires(P.CUSTODY_VIEW)
def custody() -> ResponseReturnValue:
    """Open records without an owner or past their time: there should be none."""
    charges = [
        Charge(kind, *row)
        for kind, table in (("alert", Alert), ("case", Case))
        for row in session().execute(
            select(
                table.id,
                table.owner_organisation_id,
                table.duty_role,
                table.owner_user_id,
                table.due_at,
            ).where(
                table.ended_at.is_(None),
                in_scope(current_actor(), P.CUSTODY_VIEW, school=table.school_id),
            )
        )
    ]
    found = violations(charges, clock.now())
    return render_template("triage/custody.html", found=found, checked=len(charges))
