"""Pages of alerts: the queue, one alert, worklists without scores, who answers for what."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from accounts.guard import current_actor, fetch, polled, requires
from accounts.models import User
from accounts.policy import Permission
from foundation import audit, clock
from foundation.database import session
from foundation.i18n import _
from foundation.paging import page_of_list
from foundation.problems import Missing, Refused
from schools.models import Organisation
from schools.queries import in_scope, schools_within
from screening.models import Alert, Case
from screening.triage import alert_actions as actions
from screening.triage import alert_queries as queries
from screening.triage import jobs
from screening.triage import words as triage_words
from screening.triage.alert_workflow import Event, steps_to_take
from screening.triage.contacts import NOT_CALLED, contacts_for
from screening.triage.custody import OVERDUE, Charge, violations
from screening.triage.forms import StepForm

bp = Blueprint("triage", __name__)
CONFLICT = 409
EVENLY = "evenly"
P = Permission
__all__ = ["bp", "jobs"]


@bp.get("/alerts")
@requires(P.ALERT_VIEW)
def alerts() -> ResponseReturnValue:
    """Students with open alerts, the most severe and least time first."""
    actor, wanted = current_actor(), _wanted(request.args)
    page = queries.queue(session(), actor, wanted, request.args.get("page", 1, type=int))
    _read([alert for group in page for alert in group])
    return render_template(
        "triage/alerts.html",
        page=page,
        wanted=wanted,
        kept=_kept(wanted),
        klasses=session().scalars(queries.klasses_with_alerts(actor)).all(),
        names=_names({alert.owner_user_id for group in page for alert in group}),
        people=queries.counselors_of(session(), schools_within(actor, P.CASE_WORK)),
        words=triage_words,
        newest=queries.pulse(session(), actor)[2],
    )


def _wanted(given: MultiDict[str, str]) -> queries.Wanted:
    return queries.Wanted(
        words=given.get("q", ""),
        severity=given.get("severity", type=int),
        state=given.get("state", ""),
        klass_id=given.get("klass", type=int),
        whose=given.get("whose", ""),
    )


def _kept(wanted: queries.Wanted) -> dict[str, Any]:
    """The narrowing as query parameters, for links and forms that stay inside it."""
    given = {
        "q": wanted.words,
        "severity": wanted.severity,
        "state": wanted.state,
        "klass": wanted.klass_id,
        "whose": wanted.whose,
    }
    return {key: value for key, value in given.items() if value}


def _names(ids: set[int | None]) -> dict[int, str]:
    rows = session().scalars(select(User).where(User.id.in_({i for i in ids if i})))
    return {user.id: user.name for user in rows}


def _read(rows: Sequence[Alert]) -> None:
    by_school: dict[int, list[str]] = {}
    for alert in rows:
        by_school.setdefault(alert.school_id, []).append(f"alert:{alert.id}")
    for school, subjects in by_school.items():
        audit.record_read(
            "alert.read", by=current_actor().ref, organisation_id=school, subjects=subjects
        )


@bp.get("/alerts/poll")
@requires(P.ALERT_VIEW)
@polled
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
    """Give alerts to one counselor, or evenly to those of each school: of the ticked or of all."""
    actor, wanted = current_actor(), _wanted(request.form)
    ids = None if "all" in request.form else request.form.getlist("student", type=int)
    chosen = queries.alerts_wanted(actor, wanted, ids)
    rows = list(session().scalars(chosen.with_for_update(of=Alert, key_share=True)))
    if not rows:
        raise Refused(_("请先选择学生。"), "student")
    count = _given(rows, request.form.get("to", ""))
    flash(_("已分派 %(n)s 条预警。", n=count), "success")
    return redirect(url_for("triage.alerts", **_kept(wanted)), 303)


def _given(rows: list[Alert], to: str) -> int:
    """Hand them out; a person takes only alerts of schools where he is a counselor."""
    schools = {alert.school_id for alert in rows}
    found = queries.counselors_of(session(), schools)
    people = {school.id: [user.id for user in users] for school, users in found}
    if to == EVENLY and schools <= people.keys():
        return actions.share_out(session(), by=current_actor(), alerts=rows, people=people)
    user_id = int(to) if to.isdecimal() else 0
    if any(user_id not in people.get(school, ()) for school in schools):
        raise Refused(_("请选择这些学生所在学校的心理老师。"), "to")
    return actions.assign(session(), by=current_actor(), alerts=rows, user_id=user_id)


@bp.get("/alerts/print")
@requires(P.CASE_WORK)
def printed() -> ResponseReturnValue:
    """Whom to speak with, on paper: no scores, no answers, room to write."""
    actor, wanted = current_actor(), _wanted(request.args)
    rows = session().scalars(
        queries.alerts_wanted(actor, wanted)
        .where(Alert.first_contact_at.is_(None))
        .order_by(Alert.severity.desc(), Alert.due_at, Alert.id)
    )
    first = {row.student_id: row for row in reversed(list(rows))}
    shown = sorted(first.values(), key=lambda row: (-row.severity, row.due_at or clock.now()))
    _read(shown)
    return render_template(
        "triage/alerts_print.html", rows=shown, names=_names({row.owner_user_id for row in shown})
    )


def _one(alert_id: int) -> Alert:
    found = queries.alerts_visible_to(current_actor()).where(Alert.id == alert_id)
    return fetch(found)


def _changed_meanwhile(shown: Alert) -> bool:
    """Somebody saved after this page was read: he is shown it before anything is overwritten."""
    read = request.form.get("version", type=int)
    return read is not None and read != shown.version


@bp.post("/alerts/<int:alert_id>/contact")
@requires(P.ALERT_WORK)
def contact(alert_id: int) -> ResponseReturnValue:
    """Somebody spoke with the student: the first contact."""
    shown, form = _one(alert_id), StepForm()
    if not form.validate_on_submit():
        return _alert_page(shown, form, 422)
    if _changed_meanwhile(shown):
        return _alert_page(shown, form, CONFLICT)
    note = form.reason.data or ""
    actions.contacted(session(), by=current_actor(), alert=shown, note=note)
    flash(_("已保存。"))
    kept = _kept(_wanted(request.args))
    return redirect(url_for("triage.alert", alert_id=alert_id, **kept), 303)


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
    wanted = _wanted(request.args)
    place = queries.place_of(session(), actor, wanted, shown.student_id)
    _read([each for group in place.around for each in group[:1]])
    people = {shown.owner_user_id} | {row.user_id for row in reached}
    people |= {int(c.by[5:]) for c in changes if c.by.startswith("user:")}
    page = render_template(
        "triage/alert.html",
        alert=shown,
        school=school,
        full=full,
        contacts=contacts_for(session(), actor, shown, school),
        may_open_student=actor.may(P.STUDENT_VIEW, school.path),
        not_called=NOT_CALLED,
        levels=queries.levels_of(session(), [shown]),
        spoken=queries.spoken_of(session(), shown) if full else None,
        events=steps_to_take(shown.state, lambda who: actor.may(who, school.path)),
        form=form,
        changes=changes,
        reached=reached,
        names=_names(people),
        stale=status == CONFLICT,
        may_contact=actor.may(P.ALERT_WORK, school.path)
        and shown.ended_at is None
        and shown.first_contact_at is None,
        people=_colleagues(school),
        place=place,
        kept=_kept(wanted),
        going_on="next" in request.values,
        words=triage_words,
        page_has_errors=bool(form.errors),
    )
    return page, status


def _colleagues(school: Organisation) -> list[tuple[Organisation, list[User]]]:
    if not current_actor().may(P.CASE_WORK, school.path):
        return []
    return queries.counselors_of(session(), {school.id})


@bp.post("/alerts/<int:alert_id>/<event>")
@requires(P.ALERT_WORK)
def step(alert_id: int, event: str) -> ResponseReturnValue:
    """Take one step; "save and next" goes on to the next student of the queue he came from."""
    if event not in set(Event) - {Event.CLEAR}:
        raise Missing
    shown, form = _one(alert_id), StepForm()
    if not form.validate_on_submit():
        return _alert_page(shown, form, 422)
    if _changed_meanwhile(shown):
        return _alert_page(shown, form, CONFLICT)
    actor, wanted = current_actor(), _wanted(request.args)
    place = queries.place_of(session(), actor, wanted, shown.student_id)
    reason = form.reason.data or ""
    actions.step(session(), by=actor, alert=shown, event=Event(event), reason=reason)
    flash(_("已保存。"))
    if "next" not in request.form:
        return redirect(url_for("triage.alert", alert_id=alert_id, **_kept(wanted)), 303)
    if place.following is None:
        flash(_("这是最后一位。"))
        return redirect(url_for("triage.alerts", **_kept(wanted)), 303)
    kept = {**_kept(wanted), "next": 1}
    return redirect(url_for("triage.alert", alert_id=place.following, **kept), 303)


@bp.get("/care")
@requires(P.CARE_VIEW)
def care() -> ResponseReturnValue:
    """Attention level, kind of reason, what to do and by when: no scores, no answers."""
    words = request.args.get("q", "")
    page = queries.worklist(
        session(), current_actor(), words, request.args.get("page", 1, type=int)
    )
    flags = [alert for group in page for alert in group]
    _read(flags)
    names = _names({each.owner_user_id for each in flags})
    levels = queries.levels_of(session(), flags)
    return render_template(
        "triage/care.html", page=page, q=words, names=names, levels=levels, words=triage_words
    )


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
    found = sorted(violations(charges, clock.now()), key=lambda each: each.code == OVERDUE)
    page = page_of_list(found, request.args.get("page", 1, type=int))
    counts = Counter(each.code for each in found)
    return render_template("triage/custody.html", page=page, counts=counts, checked=len(charges))
