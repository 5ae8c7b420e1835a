"""Pages of campaigns: list, draft, readiness, approvals, opening and closing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from accounts.guard import current_actor, demand, fetch, requires
from accounts.models import User
from accounts.policy import Permission
from foundation import clock
from foundation.database import session
from foundation.forms import options
from foundation.i18n import _
from foundation.problems import Missing, Refused
from foundation.state_machine import follow, open_to
from instruments.library import catalogue
from schools.duty.queries import silent
from schools.models import Klass
from schools.queries import klasses_visible_to, schools_visible_to
from screening.campaigns import actions, instrument_choices, readiness, workflow
from screening.campaigns.attention import attention_band
from screening.campaigns.forms import CampaignForm, ReasonForm, ReopenForm
from screening.campaigns.instrument_choices import named
from screening.campaigns.queries import campaigns_visible_to, klasses_of, plan_of, unverified
from screening.campaigns.words import event_word, obstacle_words, phase_word, title_of
from screening.campaigns.workflow import Event
from screening.models import Campaign, CampaignApproval

bp = Blueprint("campaigns", __name__)


@bp.get("/campaigns")
@requires(Permission.CAMPAIGN_VIEW)
def campaigns() -> ResponseReturnValue:
    """The campaigns of one's schools, newest first."""
    actor = current_actor()
    rows = session().scalars(campaigns_visible_to(actor)).all()
    now = clock.now()
    phases = {c.id: workflow.phase(c.state, c.opens_at, c.closes_at, now) for c in rows}
    return render_template(
        "campaigns/list.html", campaigns=rows, phases=phases, phase_word=phase_word
    )


def one(campaign_id: int, permission: Permission = Permission.CAMPAIGN_VIEW) -> Campaign:
    """A campaign in scope of the permission, 404 otherwise."""
    statement = campaigns_visible_to(current_actor(), permission)
    return fetch(statement.where(Campaign.id == campaign_id))


@bp.get("/campaigns/new")
@requires(Permission.CAMPAIGN_EDIT)
def new() -> ResponseReturnValue:
    """An empty draft."""
    form = _form()
    return _draft_page(form, None)


@bp.post("/campaigns/new")
@requires(Permission.CAMPAIGN_EDIT)
def create() -> ResponseReturnValue:
    """Keep the draft."""
    form = _form()
    if not form.validate_on_submit():
        return _draft_page(form, None), 422
    actor = current_actor()
    schools = {
        s.id: s for s in session().scalars(schools_visible_to(actor, Permission.CAMPAIGN_EDIT))
    }
    school = schools.get(form.school_id.data)
    if school is None:
        raise Missing
    try:
        campaign = actions.create(session(), by=actor, school=school, **_values(form))
    except Refused as refusal:
        return _refused(form, refusal, None)
    flash(_("草稿已保存。"), "success")
    return redirect(url_for("campaigns.campaign", campaign_id=campaign.id), 303)


@bp.get("/campaigns/<int:campaign_id>/edit")
@requires(Permission.CAMPAIGN_EDIT)
def edit(campaign_id: int) -> ResponseReturnValue:
    """Show a draft for changes."""
    campaign = one(campaign_id, Permission.CAMPAIGN_EDIT)
    form = _form(campaign)
    return _draft_page(form, campaign)


@bp.post("/campaigns/<int:campaign_id>/edit")
@requires(Permission.CAMPAIGN_EDIT)
def edit_post(campaign_id: int) -> ResponseReturnValue:
    """Keep the changes of a draft."""
    campaign = one(campaign_id, Permission.CAMPAIGN_EDIT)
    form = _form(campaign)
    if not form.validate_on_submit():
        return _draft_page(form, campaign), 422
    try:
        actions.edit(session(), by=current_actor(), campaign=campaign, **_values(form))
    except Refused as refusal:
        return _refused(form, refusal, campaign)
    flash(_("已保存。"), "success")
    return redirect(url_for("campaigns.campaign", campaign_id=campaign.id), 303)


def _refused(
    form: CampaignForm, refusal: Refused, campaign: Campaign | None
) -> ResponseReturnValue:
    field = form[refusal.field] if refusal.field and refusal.field in form else form.name
    field.errors = [refusal.message]
    return _draft_page(form, campaign), 422


def _draft_page(form: CampaignForm, campaign: Campaign | None) -> str:
    return render_template(
        "campaigns/edit.html", form=form, campaign=campaign, offers=instrument_choices.offers()
    )


def _form(campaign: Campaign | None = None) -> CampaignForm:
    actor = current_actor()
    schools = session().scalars(schools_visible_to(actor, Permission.CAMPAIGN_EDIT)).all()
    klasses = session().scalars(klasses_visible_to(actor, Permission.CAMPAIGN_EDIT)).all()
    form = CampaignForm(data=_draft(campaign) if campaign else None)
    form.school_id.choices = options((school.id, school.name) for school in schools)
    form.instruments.choices = options(instrument_choices.choices())
    taking_part = _draft(campaign)["klasses"] if campaign else []
    klasses = [klass for klass in klasses if klass.active or klass.id in taking_part]
    form.klasses.choices = options(
        (klass.id, f"{klass.grade.name}{klass.name}") for klass in klasses
    )
    names = {school.id: school.name for school in schools} if len(schools) > 1 else {}
    form.grades = {k.id: f"{names.get(k.school_id, '')} {k.grade.name}".strip() for k in klasses}
    return form


def _draft(campaign: Campaign) -> dict[str, Any]:
    chosen = [f"{each['key']}|{each['cutset'] or ''}" for each in campaign.instruments]
    return {
        "school_id": campaign.school_id,
        "name": campaign.name,
        "opens_at": clock.local(campaign.opens_at).replace(tzinfo=None),
        "closes_at": clock.local(campaign.closes_at).replace(tzinfo=None),
        "instruments": chosen,
        "klasses": [klass.id for klass in session().scalars(klasses_of(campaign.id))],
        "note": campaign.note,
        "origin": campaign.origin,
    }


def _values(form: CampaignForm) -> dict[str, Any]:
    return {
        "name": (form.name.data or "").strip(),
        "opens_at": _moment(form.opens_at.data),
        "closes_at": _moment(form.closes_at.data),
        "instruments": _chosen(form.instruments.data or []),
        "klass_ids": form.klasses.data or [],
        "note": form.note.data or None,
        "origin": form.origin.data,
    }


def _moment(value: datetime | None) -> datetime:
    if value is None:
        raise Refused(_("请填写时间。"), "opens_at")
    return value.replace(tzinfo=clock.SHANGHAI)


def _chosen(values: Sequence[str]) -> list[actions.Chosen]:
    pairs = [value.split("|", 1) for value in values]
    keys = [key for key, _cutset in pairs]
    if len(set(keys)) != len(keys):
        raise Refused(_("同一个量表只能选一种界值方案。"), "instruments")
    return [
        actions.Chosen(key, cutset or None, attention_band(catalogue.get(key), cutset or None))
        for key, cutset in pairs
    ]


@bp.get("/campaigns/<int:campaign_id>")
@requires(Permission.CAMPAIGN_VIEW)
def campaign(campaign_id: int) -> ResponseReturnValue:
    """One campaign: what is ready, who approved, what may be done next."""
    return _page(one(campaign_id), 200)


def _page(
    shown: Campaign, status: int, reason_form: ReasonForm | None = None, message: str | None = None
) -> ResponseReturnValue:
    actor = current_actor()
    phase = workflow.phase(shown.state, shown.opens_at, shown.closes_at, clock.now())
    before = phase in {workflow.Phase.DRAFT, workflow.Phase.AWAITING_APPROVAL}
    missing = readiness.obstacles(plan_of(session(), shown), clock.today()) if before else []
    approvals = (
        session()
        .execute(
            select(CampaignApproval, User)
            .join(User, User.id == CampaignApproval.user_id)
            .where(CampaignApproval.campaign_id == shown.id)
        )
        .all()
    )
    page = render_template(
        "campaigns/campaign.html",
        campaign=shown,
        phase=phase,
        phase_word=phase_word,
        event_word=event_word,
        obstacles=[obstacle_words(each) for each in missing],
        silent=silent(session(), shown.school_id) if before else [],
        approvals=approvals,
        events=open_to(
            workflow.TRANSITIONS, shown.state, lambda who: actor.may(who, shown.school.path)
        ),
        klasses=session().scalars(klasses_of(shown.id)).all(),
        titles=[_title(each) for each in shown.instruments],
        sensitive=actions.has_sensitive_items(shown),
        unverified=[title_of(key) for key in unverified(shown)],
        sensitive_by=session().get(User, shown.sensitive_approved_by or 0),
        may_approve=actor.may(Permission.CAMPAIGN_APPROVE, shown.school.path),
        is_author=actor.ref == shown.created_by,
        reason_form=reason_form or ReasonForm(formdata=None),
        reopen_form=ReopenForm(formdata=None),
        message=message,
    )
    return page, status


def _title(chosen: dict[str, Any]) -> tuple[str, str]:
    definition = catalogue.get(chosen["key"], chosen["version"])
    return named(definition.title), instrument_choices.cutset_words(definition, chosen["cutset"])


@bp.post("/campaigns/<int:campaign_id>/approve-sensitive")
@requires(Permission.CAMPAIGN_APPROVE)
def approve_sensitive(campaign_id: int) -> ResponseReturnValue:
    """A named approval of the items about death and self-harm."""
    shown, form = one(campaign_id, Permission.CAMPAIGN_APPROVE), ReasonForm()
    if not form.validate_on_submit():
        return _page(shown, 422, form)
    actions.approve_sensitive(
        session(), by=current_actor(), campaign=shown, reason=form.reason.data or ""
    )
    return _back(shown, _("已批准敏感题目。"))


@bp.post("/campaigns/<int:campaign_id>/<string:event>")
@requires(Permission.CAMPAIGN_VIEW)
def step(campaign_id: int, event: str) -> ResponseReturnValue:
    """One step of the campaign's state table."""
    if event not in set(Event):
        raise Missing
    shown, wanted = one(campaign_id), Event(event)
    demand(follow(workflow.TRANSITIONS, shown.state, wanted).permission, shown.school.path)
    if wanted in {Event.RETURN, Event.CANCEL, Event.REOPEN}:
        return _step_with_reason(shown, wanted)
    try:
        words = _plain_step(shown, wanted)
    except Refused as refusal:
        return _page(shown, 422, message=refusal.message)
    return _back(shown, words)


def _plain_step(shown: Campaign, event: Event) -> str:
    actor = current_actor()
    if event is Event.SUBMIT:
        actions.submit(session(), by=actor, campaign=shown)
        return _("已送审，需要两位不同角色的人批准。")
    if event is Event.APPROVE:
        opened = actions.approve(session(), by=actor, campaign=shown)
        return _("已通过，答题码已生成。") if opened else _("已批准，还差一位不同角色的人批准。")
    actions.close(session(), by=actor, campaign=shown)
    return _("活动已结束。")


def _step_with_reason(shown: Campaign, event: Event) -> ResponseReturnValue:
    form = ReopenForm() if event is Event.REOPEN else ReasonForm()
    if not form.validate_on_submit():
        return _page(shown, 422, form)
    given: dict[str, Any] = {"by": current_actor(), "campaign": shown}
    given["reason"] = form.reason.data or ""
    try:
        if isinstance(form, ReopenForm):
            actions.reopen(session(), closes_at=_moment(form.closes_at.data), **given)
        elif event is Event.CANCEL:
            actions.cancel(session(), **given)
        else:
            actions.give_back(session(), **given)
    except Refused as refusal:
        return _page(shown, 422, message=refusal.message)
    return _back(shown, _("已记录。"))


def _back(shown: Campaign, words: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(url_for("campaigns.campaign", campaign_id=shown.id), 303)


@bp.post("/campaigns/<int:campaign_id>/tickets")
@requires(Permission.CAMPAIGN_EDIT)
def issue_tickets(campaign_id: int) -> ResponseReturnValue:
    """Give newcomers of the classes their code."""
    shown = one(campaign_id, Permission.CAMPAIGN_EDIT)
    count = actions.issue_missing_tickets(session(), by=current_actor(), campaign=shown)
    return _back(shown, _("新发放了 %(n)s 个答题码。", n=count))


def klass_of(shown: Campaign, klass_id: int, permission: Permission) -> Klass:
    """A class of the campaign that the actor reaches with the permission."""
    reach = klasses_visible_to(current_actor(), permission).with_only_columns(Klass.id)
    return fetch(
        klasses_of(shown.id).where(Klass.id == klass_id, Klass.id.in_(reach.order_by(None)))
    )
