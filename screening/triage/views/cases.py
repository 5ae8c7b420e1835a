"""Pages of cases: the list, one case with interviews, plan, follow-ups and its steps."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from accounts.guard import current_actor, fetch, requires
from accounts.models import User
from accounts.policy import Actor, Permission, Role
from foundation import audit, clock
from foundation.database import session
from foundation.forms import Form
from foundation.i18n import _
from foundation.paging import page_of, page_of_rows
from foundation.problems import Missing
from foundation.state_machine import open_to
from schools.models import Organisation
from schools.queries import staff_of
from schools.views import students
from screening.models import Case, FollowUp, Interview
from screening.triage import case_actions as actions
from screening.triage import case_queries as queries
from screening.triage import words as triage_words
from screening.triage.case_workflow import TRANSITIONS, Event, reads_record
from screening.triage.forms import FollowUpForm, InterviewForm, PlanForm, StepForm
from screening.triage.timeline import timeline
from screening.triage.views import handovers

bp = Blueprint("cases", __name__)
CONFLICT = 409
P = Permission
blueprints = (bp, handovers.bp)
students.sections.append(lambda student: timeline(session(), current_actor(), student))


def _read(rows: Sequence[Case]) -> None:
    for school in sorted({row.school_id for row in rows}):
        subjects = [f"case:{row.id}" for row in rows if row.school_id == school]
        audit.record_read(
            "case.read", by=current_actor().ref, organisation_id=school, subjects=subjects
        )


@bp.get("/cases")
@requires(P.CASE_VIEW)
def cases() -> ResponseReturnValue:
    """Cases page by page: open ones with the next due first, or the ended ones."""
    words, whose = request.args.get("q", ""), request.args.get("whose", "")
    query = queries.cases_shown(current_actor(), words, whose)
    page = page_of(session(), query, request.args.get("page", 1, type=int))
    _read(page.rows)
    return render_template(
        "triage/cases.html",
        page=page,
        words=triage_words,
        q=words,
        whose=whose,
        names=_names({row.owner_user_id for row in page}),
    )


@bp.get("/cases/follow-ups")
@requires(P.CASE_VIEW)
def follow_ups() -> ResponseReturnValue:
    """What is to be done next for whom, by its time."""
    words, whose = request.args.get("q", ""), request.args.get("whose", "")
    query = queries.follow_ups_due(current_actor(), words, whose)
    page = page_of_rows(session(), query, request.args.get("page", 1, type=int))
    _read([row[0] for row in page])
    return render_template("triage/follow_ups.html", page=page, q=words, whose=whose)


@bp.get("/cases/<int:case_id>")
@requires(P.CASE_VIEW)
def case(case_id: int) -> ResponseReturnValue:
    """One case; the record of a talk only for its author and the supervisor the school named."""
    return _page(
        fetch(queries.cases_visible_to(current_actor()).where(Case.id == case_id)), {}, 200
    )


def _changed_meanwhile(shown: Case) -> bool:
    """Somebody saved after this page was read: he is shown it before anything is overwritten."""
    read = request.form.get("version", type=int)
    return read is not None and read != shown.version


def _one(case_id: int, permission: P) -> Case:
    """The case where the permission reaches it."""
    visible = queries.cases_visible_to(current_actor(), permission)
    return fetch(visible.where(Case.id == case_id))


def _page(shown: Case, refused: dict[str, Form], status: int) -> ResponseReturnValue:
    _read([shown])
    actor = current_actor()
    school = session().get_one(Organisation, shown.school_id)
    talks = queries.talks_of(session(), shown.id)
    people = staff_of(session(), shown.school_id, (Role.COUNSELOR.value,))
    history = queries.history_of(session(), shown.id)
    plan = refused.get("plan") or _plan_form(shown, people)
    page = render_template(
        "triage/case.html",
        case=shown,
        school=school,
        works=actor.may(P.CASE_WORK, school.path) and shown.ended_at is None,
        writes=actor.may(P.INTERVIEW_WRITE, school.path) and shown.ended_at is None,
        readable=_records_for_him(talks, actor, school),
        supervisors=staff_of(session(), shown.school_id, (Role.SUPERVISING_COUNSELOR.value,)),
        refers=actor.may(P.REFERRAL_WORK, school.path) and shown.ended_at is None,
        events=open_to(TRANSITIONS, shown.state, lambda who: actor.may(who, school.path)),
        talks=talks,
        follow_ups=queries.follow_ups_of(session(), shown.id),
        history=history,
        stale=status == CONFLICT,
        step_form=refused.get("step") or StepForm(prefix="step-"),
        talk_form=refused.get("talk") or _talk_form(),
        plan_form=plan,
        follow_form=refused.get("follow") or FollowUpForm(prefix="follow-"),
        names=_names(
            {shown.owner_user_id, shown.deputy_user_id}
            | {user.id for user in people}
            | {talk.author_id for talk in talks}
            | {int(each.by[5:]) for each in history if each.by.startswith("user:")}
        ),
        words=triage_words,
        page_has_errors=bool(refused),
    )
    return page, status


def _records_for_him(talks: list[Interview], actor: Actor, school: Organisation) -> set[int]:
    """Talks whose records he may read; each reading is written down before the page is shown."""
    found = {talk.id for talk in talks if reads_record(talk.author_id, actor, school.path)}
    if found:
        audit.record_read(
            "interview.read",
            by=actor.ref,
            organisation_id=school.id,
            subjects=[f"interview:{number}" for number in sorted(found)],
        )
    return found


def _names(ids: set[int | None]) -> dict[int, str]:
    rows = session().scalars(select(User).where(User.id.in_({i for i in ids if i})))
    return {user.id: user.name for user in rows}


def _talk_form() -> InterviewForm:
    form = InterviewForm(prefix="talk-")
    form.held_at.data = form.held_at.data or clock.local(clock.now()).replace(tzinfo=None)
    return form


def _plan_form(shown: Case, people: list[User]) -> PlanForm:
    known = {
        "goals": (shown.plan or {}).get("goals", ""),
        "advice": shown.advice,
        "owner": shown.owner_user_id,
        "deputy": shown.deputy_user_id or 0,
    }
    form = PlanForm(prefix="plan-", data=known)
    form.owner.choices = [SelectChoice(user.id, user.name) for user in people]
    form.deputy.choices = [SelectChoice(0, _("不设代理人")), *form.owner.choices]
    return form


def _there(when: datetime | None) -> datetime:
    return (when or clock.local(clock.now())).replace(tzinfo=clock.SHANGHAI)


def _back(case_id: int) -> ResponseReturnValue:
    flash(_("已保存。"))
    return redirect(url_for("cases.case", case_id=case_id), 303)


@bp.post("/cases/<int:case_id>/interview")
@requires(P.INTERVIEW_WRITE)
def interview(case_id: int) -> ResponseReturnValue:
    """Record a talk and set the level."""
    shown = _one(case_id, P.INTERVIEW_WRITE)
    form = InterviewForm(prefix="talk-")
    if not form.validate_on_submit():
        return _page(shown, {"talk": form}, 422)
    if _changed_meanwhile(shown):
        return _page(shown, {"talk": form}, CONFLICT)
    actions.interview(
        session(),
        by=current_actor(),
        case=shown,
        record=form.record.data or "",
        level=int(form.level.data),
        held_at=_there(form.held_at.data),
    )
    return _back(case_id)


@bp.post("/cases/<int:case_id>/plan")
@requires(P.CASE_WORK)
def plan(case_id: int) -> ResponseReturnValue:
    """Keep goals, advice and who answers."""
    shown = _one(case_id, P.CASE_WORK)
    form = _plan_form(shown, staff_of(session(), shown.school_id, (Role.COUNSELOR.value,)))
    if not form.validate_on_submit():
        return _page(shown, {"plan": form}, 422)
    if _changed_meanwhile(shown):
        return _page(shown, {"plan": form}, CONFLICT)
    actions.plan(
        session(),
        by=current_actor(),
        case=shown,
        goals=form.goals.data or "",
        advice=form.advice.data or "",
        user_id=form.owner.data,
        deputy_id=form.deputy.data or None,
    )
    return _back(case_id)


@bp.post("/cases/<int:case_id>/follow-ups")
@requires(P.CASE_WORK)
def follow_up(case_id: int) -> ResponseReturnValue:
    """Arrange one thing to do."""
    shown = _one(case_id, P.CASE_WORK)
    form = FollowUpForm(prefix="follow-")
    if not form.validate_on_submit():
        return _page(shown, {"follow": form}, 422)
    what, due_at = form.what.data or "", _there(form.due_at.data)
    actions.add_follow_up(session(), by=current_actor(), case=shown, what=what, due_at=due_at)
    return _back(case_id)


@bp.post("/cases/<int:case_id>/follow-ups/<int:row_id>/done")
@requires(P.CASE_WORK)
def done(case_id: int, row_id: int) -> ResponseReturnValue:
    """It is done."""
    shown = _one(case_id, P.CASE_WORK)
    row = fetch(select(FollowUp).where(FollowUp.id == row_id, FollowUp.case_id == case_id))
    actions.finish_follow_up(session(), by=current_actor(), case=shown, row=row, note="")
    return _back(case_id)


@bp.post("/cases/<int:case_id>/steps/<event>")
@requires(P.CASE_VIEW)
def step(case_id: int, event: str) -> ResponseReturnValue:
    """Take one step of the table."""
    if event not in set(Event):
        raise Missing
    shown, form = _one(case_id, P.CASE_VIEW), StepForm(prefix="step-")
    if _changed_meanwhile(shown):
        return _page(shown, {"step": form}, CONFLICT)
    if not form.validate_on_submit():
        return _page(shown, {"step": form}, 422)
    reason = form.reason.data or ""
    actions.step(session(), by=current_actor(), case=shown, event=Event(event), reason=reason)
    return _back(case_id)
