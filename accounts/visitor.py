"""Who the visitor of this request is, read once from the session cookie."""

from dataclasses import dataclass
from datetime import timedelta

from flask import g

from accounts import cookies
from accounts.models import SignInSession, User
from accounts.policy import NEEDS_SECOND_FACTOR, Actor
from accounts.queries import session_of
from foundation import clock, database

TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Visitor:
    """A user with a live session; `settled` once the second factor he needs was shown."""

    user: User
    signed_in: SignInSession
    token: str


def visitor(*, attended: bool) -> Visitor | None:
    """The user of the request's cookie, None when signed out.

    The idle limit starts again only if somebody was there, not when an open page asked by itself.
    """
    token = cookies.token()
    with database.reading() as session:
        found = session_of(session, token)
        if found is None or token is None:
            return None
        user = session.get(User, found.user_id)
        if user is None or not user.active:
            return None
    if attended:
        _touch(found)
    return Visitor(user, found, token)


def _touch(signed_in: SignInSession) -> None:
    # once a minute is enough for the idle limit and keeps reads from queueing for the write gate
    if clock.now() - signed_in.seen_at < TOUCH_EVERY:
        return
    with database.writing() as session:
        fresh = session.get(SignInSession, signed_in.id)
        if fresh is not None:
            fresh.seen_at = clock.now()


def needs_second_factor(found: Visitor, actor: Actor) -> bool:
    """Whether this session must still show a one-time code; demo accounts never do."""
    if found.user.demo or found.signed_in.second_factor_at is not None:
        return False
    held = any(held.role in NEEDS_SECOND_FACTOR for held in actor.held)
    return held or found.user.totp_secret is not None


def current_visitor() -> Visitor | None:
    """The visitor that web loaded for this request."""
    found: Visitor | None = g.get("visitor")
    return found
