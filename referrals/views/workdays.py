"""Days off and make-up workdays of an organisation, with a look at what they do to due times."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from accounts.guard import current_actor, fetch, requires
from accounts.policy import Permission
from foundation import clock
from foundation.database import session
from foundation.i18n import _
from foundation.problems import Missing
from referrals import wording
from referrals.actions import workdays as actions
from referrals.forms.rules import DayForm
from referrals.views.steps import attempt
from schools import queries as schools
from schools.models import Organisation, WorkdayOverride

bp = Blueprint("workdays", __name__)
P = Permission
LONGEST = 50
SHOWN_BACK = timedelta(days=30)


def _places() -> list[Organisation]:
    visible = schools.organisations_visible_to(current_actor(), P.SETTINGS_EDIT)
    return list(session().scalars(visible.limit(2000)))


def _chosen(places: list[Organisation]) -> Organisation:
    asked = request.values.get("organisation", type=int)
    for place in places:
        if asked in (None, place.id):
            return place
    raise Missing


@bp.get("/workdays")
@requires(P.SETTINGS_EDIT)
def workdays() -> ResponseReturnValue:
    """The days that were set here and above, and the form for one more."""
    places = _places()
    return _page(places, _chosen(places), DayForm())


def _page(
    places: list[Organisation],
    place: Organisation,
    form: DayForm,
    *,
    effect: actions.Effect | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    above = {each.id: each.name for each in schools.ancestors(session(), place.id)}
    rows = session().scalars(
        select(WorkdayOverride)
        .where(
            WorkdayOverride.organisation_id.in_(above),
            WorkdayOverride.day >= clock.now() - SHOWN_BACK,
        )
        .order_by(WorkdayOverride.day, WorkdayOverride.id)
    )
    page = render_template(
        "referrals/workdays.html",
        places=places,
        place=place,
        rows=rows.all(),
        names=above,
        form=form,
        effect=effect,
        longest=LONGEST,
        clocks=wording.CLOCKS,
        page_has_errors=bool(form.errors),
    )
    return page, status


@bp.post("/workdays/preview")
@requires(P.SETTINGS_EDIT)
def preview() -> ResponseReturnValue:
    """What the day would change; nothing is kept."""
    places = _places()
    place, form, by = _chosen(places), DayForm(), current_actor()
    found: list[actions.Effect] = []

    def act() -> None:
        found.append(
            actions.effect(
                session(),
                by=by,
                organisation=place,
                day=form.day.data or clock.today(),
                works=form.works.data == "on",
            )
        )

    if not form.validate_on_submit() or not attempt(form, act):
        return _page(_places(), place, form, status=422)
    return _page(places, place, form, effect=found[0])


@bp.post("/workdays")
@requires(P.SETTINGS_EDIT)
def set_day() -> ResponseReturnValue:
    """Keep the day; running clocks follow at once."""
    places = _places()
    place, form, by = _chosen(places), DayForm(), current_actor()
    moved: list[int] = []

    def act() -> None:
        shifts = actions.set_day(
            session(),
            by=by,
            organisation=place,
            day=form.day.data or clock.today(),
            works=form.works.data == "on",
            reason=form.reason.data or "",
        )
        moved.append(len(shifts))

    if not form.validate_on_submit() or not attempt(form, act):
        return _page(_places(), place, form, status=422)
    flash(_("已保存，%(n)s 个时限随之改变。", n=moved[0]), "success")
    return redirect(url_for("workdays.workdays", organisation=place.id), 303)


@bp.post("/workdays/<int:override_id>/remove")
@requires(P.SETTINGS_EDIT)
def remove(override_id: int) -> ResponseReturnValue:
    """Take a day back."""
    row = fetch(
        select(WorkdayOverride)
        .join(Organisation, Organisation.id == WorkdayOverride.organisation_id)
        .where(WorkdayOverride.id == override_id, schools.within(current_actor(), P.SETTINGS_EDIT))
    )
    organisation_id = row.organisation_id
    shifts = actions.remove_day(session(), by=current_actor(), row=row)
    flash(_("已撤销，%(n)s 个时限随之改变。", n=len(shifts)), "success")
    return redirect(url_for("workdays.workdays", organisation=organisation_id), 303)
