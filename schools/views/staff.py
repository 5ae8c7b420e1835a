"""Staff pages: who holds which role, invitations (link, slip, list in a file), accepting, ending."""

import io
from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from accounts.actions import withdraw_invitation
from accounts.forms import NewAccountForm
from accounts.guard import current_actor, fetch, public, requires
from accounts.models import Invitation, User
from accounts.policy import Actor, Permission, Role
from accounts.queries import open_invitation
from foundation import database, spreadsheets_apart
from foundation.database import session
from foundation.i18n import _
from foundation.problems import Missing, Refused
from schools.forms import InviteForm, UploadForm, blame
from schools.models import Organisation, OrganisationKind, StaffRole
from schools.staff import actions as staff_actions
from schools.staff import file as staff_file
from schools.staff import queries as staff_queries
from schools.staff import rules as staffing
from schools.staff import slips as invitation_slips
from schools.staff.actions import Wanted
from schools.views.blueprint import bp


def _role_name(role: str) -> str:
    return str(current_app.jinja_env.filters["role_name"](role))


def _invite_form() -> InviteForm:
    """The form for the organisation that was chosen: its roles, and a school's classes."""
    form = InviteForm()
    places = session().scalars(staff_queries.organisations_to_staff(current_actor())).all()
    form.organisation.choices = [(place.id, place.name) for place in places]
    wanted = request.values.get("organisation", type=int)
    chosen = places if len(places) == 1 else [place for place in places if place.id == wanted]
    form.organisation.data = chosen[0].id if chosen else None
    roles = {
        role: None
        for place in chosen
        for role in staffing.roles_to_grant(current_actor(), place.kind, place.path)
    }
    form.role.choices = [(role.value, _role_name(role.value)) for role in roles]
    schools = [place.id for place in chosen if place.kind == OrganisationKind.SCHOOL]
    form.place.choices = [("", _("整个机构")), *staff_queries.places_of(session(), schools)]
    return form


def _upload_form() -> UploadForm:
    form = UploadForm()
    places = session().scalars(staff_queries.organisations_to_staff(current_actor())).all()
    form.organisation.choices = [
        (place.id, place.name) for place in places if place.kind == OrganisationKind.SCHOOL
    ]
    return form


@bp.get("/staff")
@requires(Permission.STAFF_VIEW)
def staff() -> ResponseReturnValue:
    """Everybody with a role in the organisations he may see."""
    return _staff_page(200)


def _staff_page(status: int, **forms: Any) -> ResponseReturnValue:
    actor = current_actor()
    chosen = request.args.get("organisation", type=int)
    held = session().scalars(staff_queries.staff(actor, chosen)).unique().all()
    waiting = session().scalars(staff_queries.open_invitations(actor)).all()
    narrowed: list[StaffRole | Invitation] = [*held, *waiting]
    klasses, branches = staff_queries.place_names(
        session(),
        {one.klass_id for one in narrowed if one.klass_id},
        {one.branch_id for one in narrowed if one.branch_id},
    )
    grants = actor.may(Permission.STAFF_GRANT)
    page = render_template(
        "schools/staff.html",
        held=held,
        waiting=waiting,
        klasses=klasses,
        branches=branches,
        invite_form=forms.get("invite_form") or (_invite_form() if grants else None),
        upload_form=forms.get("upload_form") or (_upload_form() if grants else None),
        problems=forms.get("problems", ()),
        may_end=lambda one: (
            one.user_id != actor.user_id
            and Role(one.role)
            in staffing.roles_to_grant(actor, one.organisation.kind, one.organisation.path)
        ),
        page_has_errors=status != 200,
    )
    return page, status


@bp.post("/staff/invite")
@requires(Permission.STAFF_GRANT)
def staff_invite() -> ResponseReturnValue:
    """Invite one person; the link is shown once, here, and never again."""
    form = _invite_form()
    if not form.validate_on_submit():
        return _staff_page(422, invite_form=form)
    organisation = fetch(
        staff_queries.organisations_to_staff(current_actor()).where(
            Organisation.id == form.organisation.data
        )
    )
    wanted = Wanted(
        name=form.name.data or "",
        organisation=organisation,
        role=Role(form.role.data),
        place=form.place.data or "",
        student_number=form.student_number.data or "",
    )
    try:
        invitation, token = staff_actions.invite(session(), by=current_actor(), wanted=wanted)
    except Refused as problem:
        blame(form, problem, form.role)
        return _staff_page(422, invite_form=form)
    return render_template(
        "schools/invited.html",
        invitation=invitation,
        organisation=organisation,
        token=token,
        link=_link(token),
    )


def _link(token: str) -> str:
    return _absolute(url_for("schools.invitation", token=token))


def _absolute(path: str) -> str:
    base = str(current_app.config.get("PUBLIC_URL") or request.url_root)
    return base.rstrip("/") + path


def _slip(invitation: Invitation, token: str) -> invitation_slips.Slip:
    place = session().get_one(Organisation, invitation.organisation_id)
    return invitation_slips.Slip(
        name=invitation.name,
        role=_role_name(invitation.role),
        organisation=place.name,
        link=_link(token),
        expires_at=invitation.expires_at,
    )


def _slips_pdf(slips: list[invitation_slips.Slip]) -> ResponseReturnValue:
    made = invitation_slips.document(slips, slips[0].organisation)
    return send_file(
        io.BytesIO(made),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=_("账户邀请") + ".pdf",
    )


@bp.post("/staff/invitations/slip")
@requires(Permission.STAFF_GRANT)
def staff_slip() -> ResponseReturnValue:
    """The invitation just made, as a slip to print."""
    token = request.form.get("token", "")
    found = open_invitation(session(), token)
    visible = staff_queries.open_invitations(current_actor())
    if found is None or session().scalar(visible.where(Invitation.id == found.id)) is None:
        raise Missing
    return _slips_pdf([_slip(found, token)])


@bp.post("/staff/import")
@requires(Permission.STAFF_GRANT, unit=database.reading)
def staff_import() -> ResponseReturnValue:
    """A list of staff in a file: all slips in one PDF, or all errors and nothing done."""
    form = _upload_form()
    if not form.validate_on_submit():
        return _staff_page(422, upload_form=form)
    school = fetch(
        staff_queries.organisations_to_staff(current_actor()).where(
            Organisation.id == form.organisation.data
        )
    )
    try:
        sheets = spreadsheets_apart.read(form.file.data.read())
        places = staff_queries.places_of(session(), [school.id])
        people, problems = staff_file.parse(sheets, places)
    except Refused as problem:
        form.file.errors = [problem.message]
        return _staff_page(422, upload_form=form)
    if not problems:
        slips, problems = _invite_all_or_none(school, people)
        if not problems:
            return _slips_pdf(slips)
    form.file.errors = [_("名单里有 %(n)s 处错误，没有发出任何邀请。", n=len(problems))]
    return _staff_page(422, upload_form=form, problems=problems)


def _invite_all_or_none(
    school: Organisation, people: list[staff_file.Person]
) -> tuple[list[invitation_slips.Slip], list[str]]:
    """Everybody in one write unit; a single problem takes all of it back."""
    with database.writing() as unit:
        slips, problems = _invite_all(school, people)
        if problems:
            unit.rollback()
    return slips, problems


def _invite_all(
    school: Organisation, people: list[staff_file.Person]
) -> tuple[list[invitation_slips.Slip], list[str]]:
    slips, problems = [], []
    allowed = staffing.roles_to_grant(current_actor(), school.kind, school.path)
    for person in people:
        wanted = Wanted(person.name, school, person.role, person.place)
        if person.role not in allowed:
            sentence = _("角色“%(role)s”要由安全管理员邀请。", role=_role_name(person.role.value))
            problems.append(_("第 %(n)s 行：%(message)s", n=person.number, message=sentence))
            continue
        try:
            made, token = staff_actions.invite(session(), by=current_actor(), wanted=wanted)
        except Refused as problem:
            problems.append(_("第 %(n)s 行：%(message)s", n=person.number, message=problem.message))
            continue
        slips.append(_slip(made, token))
    return slips, problems


@bp.post("/staff/invitations/<int:invitation_id>/withdraw")
@requires(Permission.STAFF_GRANT)
def staff_withdraw(invitation_id: int) -> ResponseReturnValue:
    """Make an unused invitation worthless."""
    visible = staff_queries.open_invitations(current_actor())
    found = fetch(visible.where(Invitation.id == invitation_id))
    withdraw_invitation(session(), by=current_actor(), invitation=found)
    flash(_("邀请已收回。"), "success")
    return redirect(url_for("schools.staff"), 303)


@bp.post("/staff/<int:role_id>/end")
@requires(Permission.STAFF_GRANT)
def staff_end(role_id: int) -> ResponseReturnValue:
    """End a role today."""
    held: StaffRole = fetch(staff_queries.role_to_end(current_actor(), role_id))
    staff_actions.end(session(), by=current_actor(), held=held)
    flash(_("角色已结束，对方的登录已退出。"), "success")
    return redirect(url_for("schools.staff"), 303)


@bp.post("/staff/<int:role_id>/recover")
@requires(Permission.STAFF_GRANT)
def staff_recover(role_id: int) -> ResponseReturnValue:
    """A link for somebody who lost his password or authenticator; shown once, here."""
    held: StaffRole = fetch(staff_queries.role_to_end(current_actor(), role_id))
    token = staff_actions.offer_recovery(session(), by=current_actor(), held=held)
    link = _absolute(url_for("accounts.recover", token=token))
    return render_template("schools/recovery.html", name=held.user.name, link=link)


@bp.get("/invitation/<token>")
@public("the way in of an invited person; the link itself is the proof, once, for 72 hours")
def invitation(token: str) -> ResponseReturnValue:
    """Show what one is invited to, and the form for an account."""
    with database.reading():
        return _invitation_page(token, NewAccountForm(), 200)


def _invitation_page(token: str, form: NewAccountForm, status: int) -> ResponseReturnValue:
    found = open_invitation(session(), token)
    if found is None:
        return render_template("schools/invitation_over.html"), 410
    place = session().get_one(Organisation, found.organisation_id)
    page = render_template(
        "schools/invitation.html",
        invitation=found,
        organisation=place,
        form=form,
        token=token,
        page_has_errors=bool(form.errors),
    )
    return page, status


@bp.post("/invitation/<token>")
@public("the way in of an invited person; the link itself is the proof, once, for 72 hours")
def invitation_accept(token: str) -> ResponseReturnValue:
    """Make the account, or give the role to the account that is signed in."""
    form = NewAccountForm()
    signed_in: Actor | None = g.get("actor")
    with database.writing() as unit:
        found = open_invitation(unit, token)
        if found is None:
            return _invitation_page(token, form, 410)
        if request.form.get("existing") and signed_in and signed_in.user_id:
            user = unit.get_one(User, signed_in.user_id)
            by = Actor.system("invitation")
            staff_actions.accept_for(unit, by=by, invitation=found, user=user)
        elif not (form.validate_on_submit() and _accepted(found, form)):
            return _invitation_page(token, form, 422)
    flash(_("账户已就绪，请登录。"), "success")
    return redirect(url_for("accounts.sign_in"), 303)


def _accepted(found: Invitation, form: NewAccountForm) -> bool:
    try:
        staff_actions.accept(
            session(),
            by=Actor.system("invitation"),
            invitation=found,
            username=form.username.data or "",
            password=form.password.data or "",
        )
    except Refused as problem:
        blame(form, problem, form.username)
        return False
    return True
