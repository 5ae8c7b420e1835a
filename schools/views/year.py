"""The page of the new school year: its steps, and moving the classes up."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guard import current_actor, fetch, requires
from accounts.policy import Permission
from foundation import clock
from foundation.database import session
from foundation.i18n import _
from foundation.problems import Missing, Refused
from schools import queries
from schools.models import Organisation, SchoolYearStart
from schools.views.blueprint import bp
from schools.year import actions as year_actions
from schools.year import queries as year_queries
from schools.year import rules

EDIT = Permission.ROSTER_IMPORT


@bp.get("/school-year")
@requires(EDIT)
def school_year() -> ResponseReturnValue:
    """What the new year asks for, and what each grade would become."""
    return _page(_school(), {}, "")


@bp.post("/school-year")
@requires(EDIT)
def school_year_start() -> ResponseReturnValue:
    """Move the classes up."""
    school = _school()
    year = rules.begins(clock.today())
    grades = {
        int(name[6:]): value
        for name, value in request.form.items()
        if name.startswith("grade-") and name[6:].isdecimal()
    }
    try:
        if not request.form.get("confirmed"):
            raise Refused(_("请核对上面的表格，然后勾选确认。"), "confirmed")
        year_actions.start(
            session(),
            by=current_actor(),
            school=school,
            year=year,
            grades=grades,
            klasses=set(request.form.getlist("klass", type=int)),
        )
    except Refused as problem:
        return _page(school, grades, problem.message), 422
    flash(_("班级已升级。接着导入新学年的名单。"), "success")
    return redirect(url_for("schools.school_year", organisation=school.id), 303)


@bp.post("/school-year/undo")
@requires(EDIT)
def school_year_undo() -> ResponseReturnValue:
    """Take the move back."""
    school = _school()
    made = year_queries.standing(session(), school.id, rules.begins(clock.today()))
    if made is None:
        raise Missing
    year_actions.take_back(session(), by=current_actor(), made=made)
    flash(_("升级已撤销。"), "success")
    return redirect(url_for("schools.school_year", organisation=school.id), 303)


def _school() -> Organisation:
    """The school asked for, else the first whose roster he keeps."""
    schools = queries.schools_visible_to(current_actor(), EDIT)
    asked = request.values.get("organisation", type=int)
    return fetch(schools.where(Organisation.id == asked) if asked else schools.limit(1))


def _page(school: Organisation, chosen: dict[int, str], problem: str) -> str:
    today = clock.today()
    year = rules.begins(today)
    made = year_queries.standing(session(), school.id, year)
    due = year_queries.is_due(session(), school.id, year)
    shown = year if due or made else today.year + (today.month >= rules.FIRST_MONTH)
    return render_template(
        "schools/year.html",
        school=school,
        schools=session().scalars(queries.schools_visible_to(current_actor(), EDIT)).all(),
        year=rules.label(shown),
        opens=f"{shown}-{rules.FIRST_MONTH:02}-01",
        made=made,
        can_undo=made is not None and _fresh(made),
        due=due,
        lines=[] if made else year_queries.plan(session(), school, shown),
        chosen=chosen,
        problem=problem,
        rules=rules,
        page_has_errors=bool(problem),
    )


def _fresh(made: SchoolYearStart) -> bool:
    return clock.now() <= made.done_at + rules.UNDO_FOR
