"""Pages of concerns: the short form, thanks, own reports, the adults' list and detail."""

import secrets
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from accounts.guard import current_actor, fetch, requires, wants_json
from accounts.models import User
from accounts.policy import Permission
from foundation import audit, clock
from foundation.database import session
from foundation.i18n import _
from foundation.paging import page_of
from foundation.problems import Refused
from foundation.state_machine import open_to
from schools import settings
from schools.models import Organisation, Student
from schools.student_queries import fits
from screening.league import concern_actions as actions
from screening.league import keywords
from screening.league.concern_forms import CloseForm, ConcernForm, IdentifyForm, WatchForm
from screening.league.concern_queries import (
    SHORT_LIST,
    concerns_visible_to,
    contacted_at,
    label_of,
    matching,
    meant,
    open_case_of,
    others_of_case,
    own_concerns,
    reports_of_a_day,
    schools_to_report,
    students_to_name,
)
from screening.league.concern_workflow import MANY_REPORTS, TRANSITIONS
from screening.models import Concern

bp = Blueprint("league", __name__)


@bp.get("/concerns/new")
@requires(Permission.CONCERN_WRITE)
def new_concern() -> ResponseReturnValue:
    """The form; its key makes sending it twice one report."""
    form = _form()
    form.client_key.data = secrets.token_urlsafe(18)
    form.seen_on.data = clock.today()
    return _form_page(form)


@bp.post("/concerns/new")
@requires(Permission.CONCERN_WRITE)
def report_concern() -> ResponseReturnValue:
    """Receive one; the answer thanks and says nothing about what happens next to whom."""
    form = _form()
    if not form.validate_on_submit():
        return _refused(form)
    try:
        actions.report(session(), by=current_actor(), report=_report(form))
    except Refused as problem:
        form.who.errors = [problem.message]
        return _refused(form)
    if wants_json():
        return jsonify(received=True, next=url_for("league.thanks"))
    return redirect(url_for("league.thanks"), 303)


def _form() -> ConcernForm:
    form = ConcernForm()
    schools = session().scalars(schools_to_report(current_actor())).all()
    form.school_id.choices = [SelectChoice(school.id, school.name) for school in schools]
    if request.method == "GET" or "school_id" not in request.form:
        form.school_id.data = schools[0].id if schools else None
    return form


def _form_page(form: ConcernForm, status: int = 200) -> ResponseReturnValue:
    few = session().scalars(students_to_name(current_actor()).limit(SHORT_LIST + 1)).all()
    names = [label_of(student) for student in few] if len(few) <= SHORT_LIST else []
    values: dict[str, Any] = {"names": names, "help_lines": _help_lines(form.school_id.data)}
    return render_template("league/new_concern.html", form=form, **values), status


def _help_lines(school_id: int | None) -> Any:
    if school_id is None:
        return settings.DEFAULTS["help.numbers"].value
    return settings.value(session(), school_id, "help.numbers")


def _refused(form: ConcernForm) -> ResponseReturnValue:
    if wants_json():
        return jsonify(errors={name: [str(e) for e in es] for name, es in form.errors.items()}), 422
    return _form_page(form, 422)


def _report(form: ConcernForm) -> actions.Report:
    actor, school_id = current_actor(), int(form.school_id.data)
    who = (form.who.data or "").strip()
    scope = Permission.CONCERN_WRITE
    student = meant(session(), actor, school_id, who, scope=scope) if who else None
    return actions.Report(
        school_id=school_id,
        client_key=str(form.client_key.data),
        facts=form.told_facts(),
        student=student,
        about=None if student else (who or _("没有写明是谁")),
        seen_on=form.seen_on.data,
        place=(form.place.data or "").strip() or None,
        urgency=form.told_urgency(),
    )


@bp.get("/concerns/who.json")
@requires(Permission.CONCERN_WRITE)
def who() -> ResponseReturnValue:
    """Names that begin so, out of those whom the reporter may name."""
    words = request.args.get("q", "").strip()
    if not words:
        return jsonify(names=[])
    found = session().scalars(matching(current_actor(), words)).all()
    return jsonify(names=[label_of(student) for student in found])


@bp.get("/concerns/thanks")
@requires(Permission.CONCERN_WRITE)
def thanks() -> ResponseReturnValue:
    """Thanks, what to do and not to do, and an ear for the reporter; the same for every report."""
    schools = session().scalars(schools_to_report(current_actor())).all()
    lines = _help_lines(schools[0].id if schools else None)
    return render_template("league/thanks.html", help_lines=lines)


@bp.get("/concerns/mine")
@requires(Permission.CONCERN_WRITE)
def my_concerns() -> ResponseReturnValue:
    """What I reported: my own words and that they arrived, never what came of them."""
    number = request.args.get("page", 1, type=int)
    page = page_of(session(), own_concerns(current_actor()), number)
    return render_template("league/my_concerns.html", page=page)


@bp.get("/concerns")
@requires(Permission.CONCERN_VIEW)
def concerns() -> ResponseReturnValue:
    """What came in for the schools of this person, page by page."""
    shown, words = request.args.get("show", "open"), request.args.get("q", "")
    statement = concerns_visible_to(current_actor())
    if shown == "open":
        statement = statement.where(Concern.ended_at.is_(None))
    if words.strip():
        named = select(Student.id).where(fits(words))
        statement = statement.where(Concern.student_id.in_(named))
    page = page_of(session(), statement, request.args.get("page", 1, type=int))
    return render_template("league/concerns.html", page=page, shown=shown, q=words)


@bp.get("/concerns/<int:concern_id>")
@requires(Permission.CONCERN_VIEW)
def concern(concern_id: int) -> ResponseReturnValue:
    """One concern with everything that was said; reading it is logged."""
    return _detail(_one(concern_id))


def _one(concern_id: int) -> Concern:
    return fetch(concerns_visible_to(current_actor()).where(Concern.id == concern_id))


def _detail(shown: Concern, status: int = 200, **forms: Any) -> ResponseReturnValue:
    actor = current_actor()
    audit.record_read(
        "concern.read",
        by=actor.ref,
        organisation_id=shown.school_id,
        subjects=[f"concern:{shown.id}"],
    )
    school = session().get_one(Organisation, shown.school_id)
    people = {
        "reporter": session().get_one(User, shown.reporter_user_id),
        "owner": session().get(User, shown.owner_user_id) if shown.owner_user_id else None,
        "on_it": session().get(User, shown.acknowledged_by) if shown.acknowledged_by else None,
    }
    usual = {
        "close_form": CloseForm(prefix="close"),
        "watch_form": WatchForm(prefix="watch"),
        "identify_form": IdentifyForm(),
    }
    return (
        render_template(
            "league/concern.html",
            concern=shown,
            school=school,
            marked=_marked(shown.facts),
            allowed=open_to(TRANSITIONS, shown.state, lambda who: actor.may(who, school.path)),
            case=open_case_of(session(), shown.school_id, shown.student_id),
            others=others_of_case(session(), shown),
            contacted_at=contacted_at(session(), shown),
            many=reports_of_a_day(session(), shown) > MANY_REPORTS,
            **people,
            **(usual | forms),
        ),
        status,
    )


def _marked(text: str) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether a keyword hit lies there."""
    struck = [False] * len(text)
    for hit in keywords.watch(text):
        struck[hit.start : hit.end] = [True] * (hit.end - hit.start)
    pieces: list[tuple[str, bool]] = []
    for character, hit_here in zip(text, struck, strict=True):
        if pieces and pieces[-1][1] == hit_here:
            pieces[-1] = (pieces[-1][0] + character, hit_here)
        else:
            pieces.append((character, hit_here))
    return pieces


@bp.post("/concerns/<int:concern_id>/acknowledge")
@requires(Permission.CONCERN_VIEW)
def acknowledge(concern_id: int) -> ResponseReturnValue:
    """Take it."""
    actions.acknowledge(session(), by=current_actor(), concern=_one(concern_id))
    return _back(concern_id, _("已接手。"))


@bp.post("/concerns/<int:concern_id>/identify")
@requires(Permission.CONCERN_VIEW)
def identify(concern_id: int) -> ResponseReturnValue:
    """Say who is meant."""
    shown, form = _one(concern_id), IdentifyForm()
    if not form.validate_on_submit():
        return _detail(shown, 422, identify_form=form)
    scope = Permission.CONCERN_VIEW
    words = str(form.who.data)
    student = meant(session(), current_actor(), shown.school_id, words, scope=scope)
    if student is None:
        form.who.errors = [_("没有找到唯一的一位：请写成“姓名（年级班级）”。")]
        return _detail(shown, 422, identify_form=form)
    actions.identify(session(), by=current_actor(), concern=shown, student=student)
    return _back(concern_id, _("已确认是哪位学生。"))


@bp.post("/concerns/<int:concern_id>/join")
@requires(Permission.CONCERN_VIEW)
def join(concern_id: int) -> ResponseReturnValue:
    """Put it into the student's case."""
    actions.join_case(session(), by=current_actor(), concern=_one(concern_id))
    return _back(concern_id, _("已并入这位学生的个案。"))


@bp.post("/concerns/<int:concern_id>/watch")
@requires(Permission.CONCERN_VIEW)
def watch(concern_id: int) -> ResponseReturnValue:
    """Watch until a day that must come."""
    shown, form = _one(concern_id), WatchForm(prefix="watch")
    if not form.validate_on_submit():
        return _detail(shown, 422, watch_form=form)
    actions.watch_longer(
        session(),
        by=current_actor(),
        concern=shown,
        days=form.days.data or 0,
        reason=str(form.reason.data),
    )
    return _back(concern_id, _("已改为继续观察，到期会再提醒。"))


@bp.post("/concerns/<int:concern_id>/close")
@requires(Permission.CONCERN_VIEW)
def close(concern_id: int) -> ResponseReturnValue:
    """End it with a reason."""
    shown, form = _one(concern_id), CloseForm(prefix="close")
    if not form.validate_on_submit():
        return _detail(shown, 422, close_form=form)
    actions.close(session(), by=current_actor(), concern=shown, reason=str(form.reason.data))
    return _back(concern_id, _("已结束。"))


def _back(concern_id: int, words: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(url_for("league.concern", concern_id=concern_id), 303)
