"""Users, sessions and invitations, by what the visitor presents."""

import hashlib
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import Invitation, Recovery, SignInSession, User
from foundation import clock, database

IDLE = timedelta(minutes=30)


def token_hash(token: str) -> str:
    """Return what is stored of a session's or an invitation's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def session_of(session: Session, token: str | None) -> SignInSession | None:
    """The live session of a cookie's token; None when absent, idle too long or expired."""
    if not token:
        return None
    found = session.scalars(
        select(SignInSession).where(SignInSession.token_hash == token_hash(token))
    ).first()
    now = clock.now()
    if found is None or found.expires_at <= now or found.seen_at + IDLE <= now:
        return None
    return found


def user_named(session: Session, username: str) -> User | None:
    """The active user of that name."""
    return session.scalars(
        select(User).where(User.username == username.strip().lower(), User.active)
    ).first()


def open_invitation(session: Session, token: str) -> Invitation | None:
    """The invitation of a link, while it can still be used; held by a unit that may use it."""
    query = select(Invitation).where(Invitation.token_hash == token_hash(token))
    if database.may_write():
        query = query.with_for_update(key_share=True)
    found = session.scalars(query).first()
    if found is None or found.used_at or found.withdrawn_at or found.expires_at <= clock.now():
        return None
    return found


def open_recovery(session: Session, token: str) -> tuple[Recovery, User] | None:
    """The way back in of a link and whose it is; the newest link of a person is the only one."""
    query = select(Recovery).where(Recovery.token_hash == token_hash(token))
    if database.may_write():
        query = query.with_for_update(key_share=True)
    found = session.scalars(query).first()
    if found is None or found.used_at or found.expires_at <= clock.now():
        return None
    newest = select(func.max(Recovery.id)).where(Recovery.user_id == found.user_id)
    user = session.get_one(User, found.user_id)
    return (found, user) if user.active and session.scalar(newest) == found.id else None
