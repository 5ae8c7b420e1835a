"""The one guard of every route: who is it, may he at all, and one unit of work around the view."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, TypeVar

from flask import current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission
from foundation import audit, database
from foundation.i18n import _
from foundation.problems import Forbidden, Missing

ATTENDED = "X-Attended"
REFUSED = 400
READS = frozenset({"GET", "HEAD", "OPTIONS"})
View = Callable[..., ResponseReturnValue]
T = TypeVar("T")


def requires(
    permission: Permission,
    *,
    unit: Callable[[], AbstractContextManager[Session]] | None = None,
    keeps: bool = False,
) -> Callable[[View], View]:
    """Guard a view: signed out -> sign-in (401 for JSON), permission held nowhere -> 404.

    GET runs in reading(), everything else in writing(); the view uses database.session(). A view
    that writes in slices names `unit=database.reading`, so that it does not hold the write gate.
    A refused request leaves nothing of a half-done action behind, only what its page let him read;
    `keeps` is for a view that keeps the sound part of what was sent beside the faulty one.
    """

    def guarded(view: View) -> View:
        @wraps(view)
        def call(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            actor = _signed_in()
            if actor is None:
                return _to_sign_in()
            if not actor.may(permission):
                raise Missing
            usual = database.reading if request.method in READS else database.writing
            with (unit or usual)() as opened:
                answer = current_app.make_response(view(*args, **kwargs))
                if answer.status_code >= REFUSED and not keeps:
                    _undo(opened)
                return answer

        call.permission = permission  # type: ignore[attr-defined]
        return call

    return guarded


def _undo(opened: Session) -> None:
    reads = list(audit.reads_of(opened))
    opened.rollback()
    for event, by, organisation_id, subjects in reads:
        audit.record_read(event, by=by, organisation_id=organisation_id, subjects=subjects)


def public(reason: str) -> Callable[[View], View]:
    """Mark a route as open to everybody, with the reason; it opens its own units."""

    def marked(view: View) -> View:
        view.public = reason  # type: ignore[attr-defined]
        return view

    return marked


def polled(view: View) -> View:
    """Mark a route that open pages ask by themselves: it keeps no session alive."""
    view.polled = True  # type: ignore[attr-defined]
    return view


def attended() -> bool:
    """Whether a person stands behind the request; a page that polls says so while it is used."""
    view = current_app.view_functions.get(request.endpoint or "")
    return not getattr(view, "polled", False) or ATTENDED in request.headers


def current_actor() -> Actor:
    """The signed-in actor of this request."""
    actor = _signed_in()
    if actor is None:
        raise Missing
    return actor


def may(permission: Permission, path: str | None = None) -> bool:
    """Whether the signed-in actor may; for templates and for parts of a page."""
    actor = _signed_in()
    return actor is not None and actor.may(permission, path)


def demand(permission: Permission, path: str) -> None:
    """Refuse with 403 what is in scope but not permitted for that organisation."""
    if not may(permission, path):
        raise Forbidden(_("您的角色不能做这一步。"))


def fetch(statement: Select[T]) -> T:
    """The one row of a scoped select; absent and out of scope look alike.

    A unit that may write holds the row until its end, so that two people who decide about it at
    once do not both decide on what they read (PostgreSQL; on SQLite units write one by one).

    Raises:
        Missing: no row.

    """
    if database.may_write():
        [what] = statement.column_descriptions
        statement = statement.with_for_update(of=what["entity"], key_share=True)
    found = database.session().scalars(statement).unique().first()
    if found is None:
        raise Missing
    return found


def _signed_in() -> Actor | None:
    actor: Actor | None = g.get("actor")
    return actor


def wants_json() -> bool:
    """Whether the caller asked for JSON rather than a page."""
    accepted = request.accept_mimetypes
    return request.is_json or accepted.best_match(["text/html", "application/json"]) == (
        "application/json"
    )


def _to_sign_in() -> ResponseReturnValue:
    if wants_json():
        return {"error": "signed-out"}, 401
    return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")), 302)
