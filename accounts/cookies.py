"""The session cookie: opaque, HttpOnly, and __Host- where the site is https."""

from flask import current_app, request
from werkzeug.wrappers import Response

from accounts.actions import LONGEST_SESSION


def name() -> str:
    """Return the cookie's name; the __Host- prefix needs https."""
    return "__Host-xq" if secure() else "xq"


def secure() -> bool:
    """Say whether the public address is https."""
    return bool(current_app.config["SECURE_COOKIES"])


def token() -> str | None:
    """Return the token that the visitor's cookie carries."""
    return request.cookies.get(name())


def put(response: Response, value: str) -> Response:
    """Give the visitor the token."""
    response.set_cookie(
        name(),
        value,
        max_age=int(LONGEST_SESSION.total_seconds()),
        httponly=True,
        secure=secure(),
        samesite="Lax",
        path="/",
    )
    return response


def drop(response: Response) -> Response:
    """Take the cookie back and clear what the browser kept of this site."""
    response.delete_cookie(name(), path="/", secure=secure(), httponly=True, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
