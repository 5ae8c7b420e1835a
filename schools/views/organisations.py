"""Pages of the organisation tree, and of terms and school years."""

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from accounts.guard import current_actor, demand, fetch, requires
from accounts.policy import Permission
from foundation import clock
from foundation.database import session
from foundation.i18n import _
from foundation.problems import Refused
from schools import actions, queries
from schools.forms import OrganisationForm, TermForm, blame
from schools.models import Organisation, OrganisationKind, Stage, Term
from schools.views.blueprint import PAGE, bp

BELOW = {
    OrganisationKind.NATION: (OrganisationKind.PROVINCE,),
    OrganisationKind.PROVINCE: (
        OrganisationKind.CITY,
        OrganisationKind.SCHOOL,
        OrganisationKind.HOSPITAL,
        OrganisationKind.DESK,
    ),
    OrganisationKind.CITY: (
        OrganisationKind.COUNTY,
        OrganisationKind.SCHOOL,
        OrganisationKind.HOSPITAL,
        OrganisationKind.DESK,
    ),
    OrganisationKind.COUNTY: (
        OrganisationKind.SCHOOL,
        OrganisationKind.HOSPITAL,
        OrganisationKind.DESK,
    ),
}


def kind_names() -> dict[str, str]:
    """Kinds of organisations, in words."""
    return {
        "nation": _("全国"),
        "province": _("省级"),
        "city": _("市级"),
        "county": _("县级"),
        "school": _("学校"),
        "hospital": _("医院"),
        "desk": _("12355服务台"),
    }


def stage_names() -> dict[str, str]:
    """Stages of schools, in words."""
    return {
        Stage.JUNIOR.value: _("初中"),
        Stage.SENIOR.value: _("高中"),
        Stage.VOCATIONAL.value: _("中职"),
        Stage.HIGHER.value: _("高校"),
    }


@bp.get("/organisations")
@requires(Permission.ORGANISATION_VIEW)
def organisations() -> ResponseReturnValue:
    """The organisations he may see, found by name or code."""
    words = request.args.get("q", "").strip()
    number = max(1, request.args.get("page", 1, type=int))
    query = queries.organisations_visible_to(current_actor())
    if words:
        named = Organisation.name.contains(words, autoescape=True)
        query = query.where(named | Organisation.code.startswith(words, autoescape=True))
    total = session().scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = session().scalars(query.offset((number - 1) * PAGE).limit(PAGE)).all()
    return render_template(
        "schools/organisations.html",
        rows=rows,
        kinds=kind_names(),
        stages=stage_names(),
        words=words,
        number=number,
        pages=max(1, -(-total // PAGE)),
        total=total,
    )


def _fetch(organisation_id: int) -> Organisation:
    visible = queries.organisations_visible_to(current_actor())
    return fetch(visible.where(Organisation.id == organisation_id))


def _below_form(parent: Organisation) -> OrganisationForm:
    form = OrganisationForm()
    kinds, stages = kind_names(), stage_names()
    form.parent.choices = [(parent.id, parent.name)]
    below = BELOW.get(OrganisationKind(parent.kind), ())
    form.kind.choices = [(kind.value, kinds[kind.value]) for kind in below]
    form.stage.choices = [("", _("不适用")), *stages.items()]
    return form


@bp.get("/organisations/<int:organisation_id>")
@requires(Permission.ORGANISATION_VIEW)
def organisation(organisation_id: int) -> ResponseReturnValue:
    """One organisation: what it is, what hangs below it, its terms."""
    found = _fetch(organisation_id)
    return _organisation_page(found, _below_form(found), 200)


def _organisation_page(
    found: Organisation, form: OrganisationForm, status: int
) -> ResponseReturnValue:
    above = queries.ancestors(session(), found.id)
    terms = select(Term).where(Term.organisation_id.in_([each.id for each in above]))
    below = (
        select(Organisation)
        .where(Organisation.parent_id == found.id)
        .order_by(Organisation.kind, Organisation.name)
    )
    page = render_template(
        "schools/organisation.html",
        organisation=found,
        above=list(reversed(above[1:])),
        below=session().scalars(below).all(),
        terms=session().scalars(terms.order_by(Term.starts_on.desc()).limit(6)).all(),
        names={each.id: each.name for each in above},
        kinds=kind_names(),
        stages=stage_names(),
        form=form,
        page_has_errors=bool(form.errors),
    )
    return page, status


@bp.post("/organisations/<int:organisation_id>/add")
@requires(Permission.ORGANISATION_EDIT)
def organisation_add(organisation_id: int) -> ResponseReturnValue:
    """Hang a new organisation below this one."""
    parent = _fetch(organisation_id)
    demand(Permission.ORGANISATION_EDIT, parent.path)
    form = _below_form(parent)
    form.parent.data = parent.id
    if not form.validate_on_submit():
        return _organisation_page(parent, form, 422)
    kind = OrganisationKind(form.kind.data)
    stage = Stage(form.stage.data) if form.stage.data else None
    if (kind == OrganisationKind.SCHOOL) != (stage is not None):
        form.stage.errors = [_("学校要选学段，其他机构不选。")]
        return _organisation_page(parent, form, 422)
    try:
        made = actions.add_organisation(
            session(),
            by=current_actor(),
            parent=parent,
            kind=kind,
            name=form.name.data or "",
            code=form.code.data or "",
            stage=stage,
            phone=form.phone.data or None,
        )
    except Refused as problem:
        form.code.errors = [problem.message]
        return _organisation_page(parent, form, 422)
    flash(_("已添加%(name)s。", name=made.name), "success")
    return redirect(url_for("schools.organisation", organisation_id=made.id), 303)


def _term_form() -> TermForm:
    form = TermForm()
    places = queries.organisations_visible_to(current_actor(), Permission.ORGANISATION_EDIT)
    form.organisation.choices = [(each.id, each.name) for each in session().scalars(places)]
    return form


@bp.get("/terms")
@requires(Permission.ORGANISATION_VIEW)
def terms() -> ResponseReturnValue:
    """Terms and school years as the organisations above and here set them."""
    return _terms_page(_term_form(), 200)


def _terms_page(form: TermForm, status: int) -> ResponseReturnValue:
    actor = current_actor()
    ids = {
        each.id
        for place in actor.organisations(Permission.ORGANISATION_VIEW)
        for each in queries.ancestors(session(), place)
    }
    visible = queries.organisations_visible_to(actor).with_only_columns(Organisation.id)
    rows = (
        session()
        .execute(
            select(Term, Organisation.name)
            .join(Organisation, Organisation.id == Term.organisation_id)
            .where(Term.organisation_id.in_(ids) | Term.organisation_id.in_(visible.order_by(None)))
            .order_by(Term.starts_on.desc(), Organisation.path)
            .limit(200)
        )
        .all()
    )
    today = clock.today()
    page = render_template(
        "schools/terms.html",
        rows=rows,
        form=form,
        today=today,
        in_term=any(term.starts_on <= today <= term.ends_on for term, _name in rows),
        page_has_errors=bool(form.errors),
    )
    return page, status


@bp.post("/terms")
@requires(Permission.ORGANISATION_EDIT)
def term_add() -> ResponseReturnValue:
    """Set one term."""
    form = _term_form()
    if not form.validate_on_submit():
        return _terms_page(form, 422)
    places = queries.organisations_visible_to(current_actor(), Permission.ORGANISATION_EDIT)
    place = fetch(places.where(Organisation.id == form.organisation.data))
    try:
        actions.add_term(
            session(),
            by=current_actor(),
            organisation=place,
            school_year=form.school_year.data or "",
            number=form.number.data or 0,
            starts_on=form.starts_on.data or date.min,
            ends_on=form.ends_on.data or date.min,
        )
    except Refused as problem:
        blame(form, problem, form.number)
        return _terms_page(form, 422)
    flash(_("学期已添加。"), "success")
    return redirect(url_for("schools.terms"), 303)
