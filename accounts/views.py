"""Pages of signing in and of one's own account."""

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import Field

from accounts import actions, cookies, second_factor
from accounts.account_forms import PhoneForm, RecoveryForm
from accounts.forms import ChannelForm, PasswordForm, SecondFactorForm, SignInForm
from accounts.guard import current_actor, public, requires
from accounts.models import SignInSession, User
from accounts.policy import Actor, Permission
from accounts.queries import open_recovery
from accounts.visitor import Visitor, current_visitor
from foundation import database, push
from foundation.forms import Form
from foundation.i18n import _
from foundation.problems import Missing, Refused

bp = Blueprint("accounts", __name__)
VISITOR = Actor.system("visitor")


def safe_next(target: str | None) -> str:
    """Return a path of this site to go on to; anything else becomes the start page."""
    parts = urlsplit(target or "")
    local = bool(target) and not parts.scheme and not parts.netloc
    if not local or not parts.path.startswith("/") or parts.path.startswith(("//", "/\\")):
        return "/"
    return str(target)


@bp.get("/sign-in")
@public("anybody may try to sign in")
def sign_in() -> ResponseReturnValue:
    """Show the sign-in form, in a demo with one button per role."""
    return _sign_in_page(SignInForm(next=request.args.get("next", "")))


def _sign_in_page(form: SignInForm) -> str:
    config = current_app.config
    roles, places = list(config["DEMO_ROLES"]), config["DEMO_PLACES"]
    return render_template("accounts/sign_in.html", form=form, demo_roles=roles, demo_places=places)


@bp.post("/sign-in")
@public("anybody may try to sign in")
def sign_in_post() -> ResponseReturnValue:
    """Check name and password: 303, 422 or 429 with Retry-After."""
    form = SignInForm()
    if not form.validate_on_submit():
        return _sign_in_page(form), 422
    with database.writing() as session:
        outcome = actions.sign_in(
            session,
            by=VISITOR,
            username=form.username.data or "",
            password=form.password.data or "",
        )
    if outcome.token is None:
        sentence = _("用户名或密码不对。")
        return _wrong(form.password, sentence, outcome.wait_s, lambda: _sign_in_page(form))
    return _signed_in(outcome.token, form.next.data)


def _wrong(
    field: Field, sentence: str, wait_s: int, page: Callable[[], str]
) -> ResponseReturnValue:
    """The page again with what is wrong, or with how long to wait and Retry-After."""
    field.errors = [_("试的次数太多，请 %(n)s 秒后再试。", n=wait_s) if wait_s else sentence]
    headers = {"Retry-After": str(wait_s)} if wait_s else {}
    return page(), 429 if wait_s else 422, headers


def _signed_in(token: str, target: str | None) -> ResponseReturnValue:
    return cookies.put(redirect(safe_next(target), 303), token)


@bp.post("/sign-in/demo")
@public("demo only: one click signs in as a role")
def sign_in_demo() -> ResponseReturnValue:
    """Sign in as the first demo account of a role, of one place if it says which."""
    config = current_app.config
    if not config["DEMO"]:
        raise Missing
    place = request.form.get("place")
    roles = config["DEMO_PLACES"].get(place, {}) if place else config["DEMO_ROLES"]
    username = roles.get(request.form.get("role", ""))
    with database.writing() as session:
        user = session.scalars(
            select(User).where(User.username == (username or ""), User.demo)
        ).first()
        if user is None:
            raise Refused(_("演示环境里没有这个角色。"))
        token = actions.start_session(session, by=Actor.system("demo"), user=user)
    return _signed_in(token, None)


@bp.route("/sign-in/second-factor", methods=["GET", "POST"])
@public("the second step of signing in; only with a session that passed the first")
def second_step() -> ResponseReturnValue:
    """Ask for a one-time code, or let the person enrol an authenticator first."""
    found = current_visitor()
    if found is None:
        return redirect(url_for("accounts.sign_in"), 302)
    if found.user.totp_secret is None:
        return _enrol(found)
    form = SecondFactorForm()
    if form.validate_on_submit():
        with database.writing():
            wait_s = _confirm(found, form.code.data or "")
        if wait_s is None:
            return redirect("/", 303)
        sentence = _("验证码不对或已用过，请等下一个。")
        return _wrong(form.code, sentence, wait_s, lambda: _second_step_page(form))
    return _second_step_page(form), 422 if form.errors else 200


def _second_step_page(form: SecondFactorForm) -> str:
    return render_template("accounts/second_factor.html", form=form)


def _confirm(found: Visitor, code: str) -> int | None:
    session = database.session()
    user = session.get_one(User, found.user.id)
    signed_in = session.get_one(SignInSession, found.signed_in.id)
    return actions.confirm_second_factor(
        session, by=_self(found), user=user, signed_in=signed_in, code=code
    )


def _self(found: Visitor) -> Actor:
    return Actor.person(found.user.id, found.user.name, ())


def _enrol(found: Visitor) -> ResponseReturnValue:
    form = SecondFactorForm()
    secret = request.form.get("secret") or second_factor.new_secret()
    if form.validate_on_submit():
        try:
            with database.writing() as session:
                user = session.get_one(User, found.user.id)
                signed_in = session.get_one(SignInSession, found.signed_in.id)
                actions.enrol_second_factor(
                    session,
                    by=_self(found),
                    user=user,
                    signed_in=signed_in,
                    secret=secret,
                    code=form.code.data or "",
                )
            return redirect("/", 303)
        except Refused as refusal:
            form.code.errors = [refusal.message]
    address = second_factor.address(secret, found.user.username)
    page = render_template("accounts/enrol.html", form=form, secret=secret, address=address)
    return page, 422 if form.errors else 200


@bp.route("/recover/<token>", methods=["GET", "POST"])
@public("the way back in of somebody who lost it; the link itself is the proof, once, for 24 hours")
def recover(token: str) -> ResponseReturnValue:
    """Set a new password; the authenticator is enrolled anew at the next sign-in."""
    form = RecoveryForm()
    with database.writing() if form.is_submitted() else database.reading() as session:
        found = open_recovery(session, token)
        if found is None:
            return _recover_page(form, token, None, 410)
        recovery, user = found
        if not form.validate_on_submit():
            return _recover_page(form, token, user, 422 if form.errors else 200)
        try:
            actions.recover(
                session,
                by=Actor.person(user.id, user.name, ()),
                recovery=recovery,
                user=user,
                password=form.password.data or "",
            )
        except Refused as refusal:
            form.password.errors = [refusal.message]
            return _recover_page(form, token, user, 422)
    flash(_("密码已更改，请用新密码重新登录。"), "success")
    return cookies.drop(redirect(url_for("accounts.sign_in"), 303))


def _recover_page(
    form: RecoveryForm, token: str, user: User | None, status: int
) -> ResponseReturnValue:
    page = render_template("accounts/recover.html", form=form, token=token, user=user)
    return page, status


@bp.post("/sign-out")
@public("anybody may leave")
def sign_out() -> ResponseReturnValue:
    """End the session and clear what the browser kept."""
    found = current_visitor()
    if found is not None:
        with database.writing() as session:
            actions.sign_out(session, by=_self(found), token=found.token)
    return cookies.drop(redirect(url_for("accounts.sign_in"), 303))


@bp.post("/language")
@public("the language of the pages")
def language() -> ResponseReturnValue:
    """Keep the chosen language in a cookie."""
    code = "en" if request.form.get("language") == "en" else "zh"
    response = redirect(safe_next(request.form.get("next")), 303)
    response.set_cookie("lang", code, max_age=31_536_000, samesite="Lax", httponly=True)
    return response


@bp.get("/account")
@requires(Permission.HOME)
def account() -> ResponseReturnValue:
    """One's own account: password, second factor, where notices go."""
    return _account_page(200)


def _account_page(status: int, **forms: Form) -> ResponseReturnValue:
    """The page with the form that has faults; the others are fresh."""
    found = current_visitor()
    if found is None:
        abort(404)
    channels = push.channels_of(database.session(), found.user.id)
    page = render_template(
        "accounts/account.html",
        user=found.user,
        held=current_actor().held,
        form=forms.get("form") or PasswordForm(formdata=None),
        phone_form=forms.get("phone_form") or PhoneForm(formdata=None, phone=found.user.phone),
        channel_form=forms.get("channel_form") or ChannelForm(formdata=None),
        channels=channels,
    )
    return page, status


@bp.post("/account/password")
@requires(Permission.HOME)
def change_password() -> ResponseReturnValue:
    """Change one's own password and end all sessions."""
    found, form = current_visitor(), PasswordForm()
    if found is None:
        raise Missing
    if not form.validate_on_submit():
        return _account_page(422, form=form)
    user = database.session().get_one(User, found.user.id)
    try:
        actions.change_password(
            database.session(),
            by=current_actor(),
            user=user,
            old=form.old.data or "",
            new=form.new.data or "",
        )
    except Refused as refusal:
        getattr(form, "old" if refusal.field == "old" else "new").errors = [refusal.message]
        return _account_page(422, form=form)
    flash(_("密码已更改，请用新密码重新登录。"), "success")
    return cookies.drop(redirect(url_for("accounts.sign_in"), 303))


@bp.post("/account/phone")
@requires(Permission.HOME)
def set_phone() -> ResponseReturnValue:
    """Keep or clear the number that others ring in an emergency."""
    found, form = current_visitor(), PhoneForm()
    if found is None:
        raise Missing
    if not form.validate_on_submit():
        return _account_page(422, phone_form=form)
    user = database.session().get_one(User, found.user.id)
    phone = (form.phone.data or "").strip() or None
    actions.set_phone(database.session(), by=current_actor(), user=user, phone=phone)
    flash(_("已保存。"), "success")
    return redirect(url_for("accounts.account"), 303)


@bp.post("/account/channels")
@requires(Permission.HOME)
def add_channel() -> ResponseReturnValue:
    """Add where this person's notices go."""
    form = ChannelForm()
    if not form.validate_on_submit():
        return _account_page(422, channel_form=form)
    actor = current_actor()
    try:
        push.add_channel(
            database.session(),
            by=actor.ref,
            user_id=actor.user_id or 0,
            kind=form.kind.data,
            address=form.address.data or "",
        )
    except Refused as refusal:
        form.address.errors = [refusal.message]
        return _account_page(422, channel_form=form)
    flash(_("已添加。"), "success")
    return redirect(url_for("accounts.account"), 303)


@bp.post("/account/channels/<int:channel_id>/remove")
@requires(Permission.HOME)
def remove_channel(channel_id: int) -> ResponseReturnValue:
    """Stop sending notices there."""
    actor = current_actor()
    push.remove_channel(
        database.session(), by=actor.ref, user_id=actor.user_id or 0, channel_id=channel_id
    )
    flash(_("已移除。"), "success")
    return redirect(url_for("accounts.account"), 303)


@bp.post("/account/end-sessions")
@requires(Permission.HOME)
def end_sessions() -> ResponseReturnValue:
    """End one's sessions on every device."""
    actor = current_actor()
    actions.end_sessions(database.session(), by=actor, user_id=actor.user_id or 0)
    return cookies.drop(redirect(url_for("accounts.sign_in"), 303))
