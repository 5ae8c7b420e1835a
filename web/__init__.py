"""Composition: the one place that knows every part; imported by nobody but the entry points."""

from importlib import import_module
from pathlib import Path

from flask import Blueprint, Flask, Request, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect

from accounts import setup_code
from accounts.guard import attended, current_actor, may, public, requires
from accounts.models import User
from accounts.policy import Permission
from accounts.visitor import needs_second_factor, visitor
from foundation import clock, crypto, database, i18n, push
from foundation.problems import Missing
from instruments.check.library import require_sound
from schools.duty.queries import is_silent
from schools.queries import actor_of
from web import (
    address,
    administration,
    cli,
    compression,
    config,
    demo_mode,
    errors,
    first_start,
    first_steps,
    headers,
    health,
    presentation,
    today,
)
from web import navigation as menu

AREAS = (
    "accounts.views",
    "schools.views",
    "screening.campaigns.views.campaigns",
    "screening.campaigns.views.sittings",
    "screening.campaigns.views.consents",
    "screening.campaigns.views.slips",
    "screening.sheets.views",
    "screening.taking.views.retests",
    "screening.taking.views.ticket",
    "screening.triage.views.alerts",
    "screening.triage.views.called",
    "screening.triage.views.cases",
    "screening.league.views.blueprint",
    "screening.reports.views.reports",
    "screening.reports.views.dataset",
    "screening.reports.views.regions",
    "screening.catalogue.views",
    "referrals.views",
)
OPEN_BEFORE_SECOND_FACTOR = {
    "accounts.second_step",
    "accounts.sign_out",
    "accounts.language",
    "accounts.sign_in",
}
bp = Blueprint("web", __name__)
login = LoginManager()
protect = CSRFProtect()


def create_app() -> Flask:
    """Build the application on the database and keys that the environment names."""
    require_sound()
    settings = config.from_environment()
    settings.home.mkdir(parents=True, exist_ok=True)
    database.configure(settings.database_url, settings.home)
    crypto.configure(settings.home)
    app = Flask("web", template_folder="../templates", static_folder="static")
    app.config.update(
        SECRET_KEY=crypto.secret_key(),
        SESSION_COOKIE_NAME="xq_csrf",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SECURE_COOKIES=settings.secure_cookies,
        PUBLIC_URL=settings.public_url,
        PLAIN_HTTP=settings.plain_http,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=settings.secure_cookies,
        MAX_CONTENT_LENGTH=64 * 1024 * 1024,
    )
    _extensions(app, settings)
    for blueprint in _blueprints():
        app.register_blueprint(blueprint)
    app.before_request(load_visitor)
    app.context_processor(for_templates)
    app.jinja_env.globals.update(may=may)
    app.template_filter("role_name")(menu.role_name)
    return app


def _extensions(app: Flask, settings: config.Config) -> None:
    translations = Path(app.root_path) / "translations" / "en"
    i18n.init_app(app, translations, settings.home / "translations", _own_language)
    protect.init_app(app)
    login.init_app(app)
    login.request_loader(_loaded)
    for part in (headers, errors, presentation, compression, health, cli, demo_mode):
        part.init_app(app)


def _blueprints() -> list[Blueprint]:
    found = [bp, administration.bp, first_start.bp]
    for area in AREAS:
        module = import_module(area)
        found.extend(getattr(module, "blueprints", None) or [module.bp])
    return found


def _own_language() -> str | None:
    found = g.get("visitor")
    return found.user.locale if found else None


def _loaded(_request: Request) -> User | None:
    # Flask-Login for current_user only: the session itself is ours (design: sessions and cookies)
    found = g.get("visitor")
    return found.user if found else None


def load_visitor() -> ResponseReturnValue | None:
    """Find out who asks; a session that still owes its second factor reaches only that page."""
    if request.endpoint in {None, "static", "health.healthz", "health.readyz"}:
        return None
    found = visitor(attended=attended())
    g.visitor = found
    if found is None:
        return None
    with database.reading() as session:
        actor = actor_of(session, found.user)
    if needs_second_factor(found, actor):
        if request.endpoint in OPEN_BEFORE_SECOND_FACTOR:
            return None
        return redirect(url_for("accounts.second_step"), 302)
    g.actor = actor
    return None


def for_templates() -> dict[str, object]:
    """What every page may use."""
    actor = g.get("actor")
    code = "zh" if i18n.language() == "en" else "en"
    return {
        "actor": actor,
        "navigation": menu.navigation(actor),
        "account_url": url_for("accounts.account"),
        "sign_out_url": url_for("accounts.sign_out"),
        "language_switch": {
            "url": url_for("accounts.language"),
            "code": code,
            "label": "English" if code == "en" else "中文",
        },
        "html_lang": "en" if i18n.language() == "en" else "zh-CN",
        "worker_warning": health.worker_warning() if actor else None,
        **address.warnings(actor),
    }


@bp.get("/")
@public("leads to sign-in or to the first page of one's work")
def home() -> ResponseReturnValue:
    """Go to the first thing this person works with."""
    if g.get("actor") is not None:
        return redirect(url_for("web.start"), 302)
    first = setup_code.pending(database.home())
    return redirect(url_for("first_start.set_up" if first else "accounts.sign_in"), 302)


@bp.get("/start")
@requires(Permission.HOME)
def start() -> ResponseReturnValue:
    """What waits for this person today, then everything that he can open."""
    actor = current_actor()
    return render_template(
        "web/start.html",
        waiting=today.waiting_for(database.session(), actor),
        first_steps=first_steps.missing_for(database.session(), actor),
        parts=menu.in_parts(actor),
        silent=is_silent(database.session(), actor.user_id),
        today=clock.today(),
    )


@bp.get("/todo/<string:token>")
@requires(Permission.HOME)
def todo(token: str) -> ResponseReturnValue:
    """Go on to what a message was about; the link itself says nothing."""
    path = push.path_of(token)
    if path is None:
        raise Missing
    return redirect(path, 302)
