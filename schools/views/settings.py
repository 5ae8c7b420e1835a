"""Pages of the weekly duty and of the versioned settings."""

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from accounts.guard import current_actor, fetch, requires
from accounts.models import User
from accounts.policy import Permission
from foundation import clock
from foundation.database import session
from foundation.i18n import _
from foundation.problems import Missing, Refused
from schools import actions, queries, setting_values, settings
from schools.duty import queries as duty_queries
from schools.duty import rules as duty_rules
from schools.forms import DutyEndForm, DutyForm, SettingForm, blame
from schools.models import DutySlot, Organisation, Setting, StaffRole
from schools.views.blueprint import bp

WEEK = timedelta(days=7)


def _places(permission: Permission) -> list[Organisation]:
    visible = queries.organisations_visible_to(current_actor(), permission)
    return list(session().scalars(visible.limit(2000)))


def _chosen(places: list[Organisation]) -> Organisation:
    """The organisation of the page: the one asked for, else the first he may edit."""
    asked = request.values.get("organisation", type=int)
    for place in places:
        if asked in (None, place.id):
            return place
    raise Missing


def weekday_names() -> list[str]:
    """Monday to Sunday."""
    return [_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")]


def _duty_form(place: Organisation) -> DutyForm:
    form = DutyForm()
    people = session().scalars(
        select(User)
        .join(StaffRole, StaffRole.user_id == User.id)
        .where(
            StaffRole.organisation_id == place.id,
            StaffRole.ended_at.is_(None),
            StaffRole.student_id.is_(None),  # nobody calls a fellow student at night
            User.active,
        )
    )
    form.user.choices = sorted({(one.id, one.name) for one in people.unique()}, key=lambda p: p[1])
    form.weekdays.choices = list(enumerate(weekday_names()))
    return form


@bp.get("/duty")
@requires(Permission.DUTY_EDIT)
def duty() -> ResponseReturnValue:
    """Who is called in which order, and the hours of the coming week that nobody covers."""
    places = _places(Permission.DUTY_EDIT)
    place = _chosen(places)
    return _duty_page(places, place, _duty_form(place), 200)


def _duty_page(
    places: list[Organisation], place: Organisation, form: DutyForm, status: int
) -> ResponseReturnValue:
    slots = (
        select(DutySlot)
        .where(DutySlot.organisation_id == place.id)
        .order_by(DutySlot.position, DutySlot.id)
    )
    rows = session().scalars(slots).unique().all()
    called = {slot.user_id for slot in duty_queries.slots_of(session(), place.id)}
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    chain = duty_queries.whole_chain(session(), place.id)
    page = render_template(
        "schools/duty.html",
        places=places,
        place=place,
        slots=rows,
        gone={slot.user_id for slot in rows} - called,
        silent={slot.user_id for slot in duty_queries.silent(session(), place.id)},
        weekdays=weekday_names(),
        gaps=duty_rules.gaps(chain, now, now + WEEK),
        problems=duty_rules.problems(chain, now, now + WEEK),
        form=form,
        page_has_errors=bool(form.errors),
    )
    return page, status


@bp.post("/duty")
@requires(Permission.DUTY_EDIT)
def duty_add() -> ResponseReturnValue:
    """Put a person on duty."""
    places = _places(Permission.DUTY_EDIT)
    place = _chosen(places)
    form = _duty_form(place)
    if not form.validate_on_submit() or not form.starts_at.data or not form.ends_at.data:
        return _duty_page(places, place, form, 422)
    actions.add_duty(
        session(),
        by=current_actor(),
        organisation=place,
        user=session().get_one(User, form.user.data),
        position=form.position.data or 1,
        starts_at=form.starts_at.data,
        ends_at=form.ends_at.data,
        weekdays=sum(1 << day for day in form.weekdays.data or ()),
    )
    flash(_("已排进值班表。"), "success")
    return redirect(url_for("schools.duty", organisation=place.id), 303)


@bp.get("/duty/<int:slot_id>/end")
@requires(Permission.DUTY_EDIT)
def duty_end_page(slot_id: int) -> ResponseReturnValue:
    """What taking a person off duty would leave uncovered, before it is done."""
    return _end_page(_slot(slot_id), DutyEndForm(), 200)


@bp.post("/duty/<int:slot_id>/end")
@requires(Permission.DUTY_EDIT)
def duty_end(slot_id: int) -> ResponseReturnValue:
    """Take a person off duty; a gap that it leaves must be accepted by a tick."""
    slot, form = _slot(slot_id), DutyEndForm()
    form.validate_on_submit()
    if not form.accepted.data and _left_open(slot):
        form.accepted.errors = [_("移出后有的时段没有人值班，请先排上别人；确实要移出，请勾选。")]
        return _end_page(slot, form, 422)
    actions.end_duty(session(), by=current_actor(), slot=slot)
    flash(_("已从值班表移出。"), "success")
    return redirect(url_for("schools.duty", organisation=slot.organisation_id), 303)


def _slot(slot_id: int) -> DutySlot:
    return fetch(
        select(DutySlot)
        .join(Organisation, Organisation.id == DutySlot.organisation_id)
        .where(DutySlot.id == slot_id, queries.within(current_actor(), Permission.DUTY_EDIT))
    )


def _left_open(slot: DutySlot) -> list[duty_rules.Gap]:
    """Hours of the coming week that only this slot covers: an alert may come at any of them."""
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    before = duty_queries.whole_chain(session(), slot.organisation_id)
    after = duty_queries.without(session(), slot)
    return duty_rules.opened(
        duty_rules.gaps(before, now, now + WEEK), duty_rules.gaps(after, now, now + WEEK)
    )


def _end_page(slot: DutySlot, form: DutyEndForm, status: int) -> ResponseReturnValue:
    now = clock.now()
    left = duty_queries.without(session(), slot)
    page = render_template(
        "schools/duty_end.html",
        slot=slot,
        place=session().get_one(Organisation, slot.organisation_id),
        weekdays=weekday_names(),
        gaps=_left_open(slot),
        problems=duty_rules.problems(left, now, now + WEEK),
        form=form,
        page_has_errors=bool(form.errors),
    )
    return page, status


@bp.get("/settings", endpoint="settings")
@requires(Permission.SETTINGS_EDIT)
def settings_page() -> ResponseReturnValue:
    """Every setting that applies here, with its value and where it comes from."""
    places = _places(Permission.SETTINGS_EDIT)
    return _settings_page(places, _chosen(places), SettingForm(), 200)


def _settings_page(
    places: list[Organisation], place: Organisation, form: SettingForm, status: int
) -> ResponseReturnValue:
    above = {each.id: each.name for each in queries.ancestors(session(), place.id)}
    newest: dict[tuple[int, str], Setting] = {}
    for row in session().scalars(
        select(Setting).where(Setting.organisation_id.in_(above)).order_by(Setting.version)
    ):
        newest[row.organisation_id, row.key] = row
    lines = []
    for key, name in setting_values.names().items():
        found = next((newest[each, key] for each in above if (each, key) in newest), None)
        lines.append(
            {
                "key": key,
                "name": name,
                "value": setting_values.shown(settings.value(session(), place.id, key)),
                "source": found.source if found else settings.DEFAULTS[key].source,
                "by": above[found.organisation_id] if found else _("默认"),
                "version": found.version if found else 0,
                "long": isinstance(settings.DEFAULTS[key].value, dict) or key == "help.numbers",
            }
        )
    asked = request.values.get("key", "")
    chosen = next((line for line in lines if line["key"] == asked), None)
    if chosen and request.method == "GET":
        form.value.data = str(chosen["value"])
    page = render_template(
        "schools/settings.html",
        places=places,
        place=place,
        lines=lines,
        chosen=chosen,
        form=form,
        page_has_errors=bool(form.errors),
    )
    return page, status


@bp.post("/settings")
@requires(Permission.SETTINGS_EDIT)
def setting_change() -> ResponseReturnValue:
    """Set a new version of one setting for one organisation."""
    places = _places(Permission.SETTINGS_EDIT)
    place, form = _chosen(places), SettingForm()
    key = request.form.get("key", "")
    if key not in setting_values.names():
        raise Missing
    if not form.validate_on_submit():
        return _settings_page(places, place, form, 422)
    try:
        value = setting_values.parsed(key, form.value.data or "", settings.DEFAULTS[key].value)
    except Refused as problem:
        blame(form, problem, form.value)
        return _settings_page(places, place, form, 422)
    settings.put(
        session(),
        by=current_actor(),
        organisation_id=place.id,
        key=key,
        value=value,
        source=form.source.data or "",
    )
    flash(_("设置已更新，旧版本保留。"), "success")
    return redirect(url_for("schools.settings", organisation=place.id), 303)
