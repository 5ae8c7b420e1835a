"""The page of the first administrator of an empty installation; it asks for the set-up code."""

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from accounts import actions, cookies, setup_code
from accounts.forms import SetUpForm
from accounts.guard import public
from accounts.policy import Actor, Role
from foundation import database
from foundation.i18n import _
from foundation.problems import Missing, Refused
from schools.actions import add_organisation, grant_role
from schools.models import OrganisationKind

bp = Blueprint("first_start", __name__)
BY = Actor.system("set-up")


@bp.route("/set-up", methods=["GET", "POST"])
@public("only while the installation has no administrator, and only with the printed code")
def set_up() -> ResponseReturnValue:
    """Make the nation, the province and its first security administrator."""
    if not setup_code.pending(database.home()):
        raise Missing
    form = SetUpForm()
    if form.validate_on_submit():
        try:
            token = _made(form)
            return cookies.put(redirect("/", 303), token)
        except Refused as refusal:
            field = form.get(refusal.field, form.set_up_code)
            field.errors = [refusal.message]
    return render_template("web/set_up.html", form=form), 422 if form.errors else 200


def _made(form: SetUpForm) -> str:
    with database.writing() as session:
        if not setup_code.matches(database.home(), form.set_up_code.data or ""):
            raise Refused(_("设置码不对，请看启动程序的窗口。"), "set_up_code")
        token = _first_administrator(session, form)
    setup_code.spend(database.home())
    return token


def _first_administrator(session: Session, form: SetUpForm) -> str:
    nation = add_organisation(
        session, by=BY, parent=None, kind=OrganisationKind.NATION, name=_("全国"), code="000000"
    )
    province = add_organisation(
        session,
        by=BY,
        parent=nation,
        kind=OrganisationKind.PROVINCE,
        name=(form.organisation.data or "").strip(),
        code=form.code.data or "",
    )
    user = actions.add_user(
        session,
        by=BY,
        username=form.username.data or "",
        name=form.name.data or "",
        password=form.password.data or "",
    )
    grant_role(session, by=BY, user=user, organisation=province, role=Role.SECURITY_ADMIN)
    return actions.start_session(session, by=BY, user=user)
