"""Signing in and out, passwords, the second factor, invitations."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accounts import passwords, second_factor, tries
from accounts.models import Invitation, Recovery, SignInSession, User
from accounts.policy import Actor, Role
from accounts.queries import token_hash, user_named
from foundation import audit, clock, push
from foundation.i18n import _
from foundation.problems import Refused

LONGEST_SESSION = timedelta(hours=8)
INVITATION_LIFE = timedelta(hours=72)
RECOVERY_LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class SignedIn:
    """The outcome of a try: a session token, or a wait in seconds, or neither (wrong)."""

    user: User | None = None
    token: str | None = None
    wait_s: int = 0


def sign_in(session: Session, *, by: Actor, username: str, password: str) -> SignedIn:
    """Check name and password; unknown names cost the same time and are slowed down the same way."""
    counter = tries.of(session, "sign-in", username)
    wait = tries.wait_s(counter)
    if wait:
        return SignedIn(wait_s=wait)
    user = user_named(session, username)
    if not passwords.matches(user.password_hash if user else None, password) or user is None:
        audit.record(session, "sign_in.failed", by=by.ref, organisation_id=None, subject="sign-in")
        return SignedIn(wait_s=tries.failed(counter))
    tries.passed(counter)
    return SignedIn(user=user, token=start_session(session, by=by, user=user))


def start_session(session: Session, *, by: Actor, user: User) -> str:
    """Begin a server-side session and return its token; only the token's hash is kept."""
    now, token = clock.now(), secrets.token_urlsafe(32)
    session.add(
        SignInSession(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=now,
            seen_at=now,
            expires_at=now + LONGEST_SESSION,
        )
    )
    audit.record(
        session,
        "sign_in.succeeded",
        by=f"user:{user.id}",
        organisation_id=None,
        subject=f"user:{user.id}",
        details={"through": by.ref},
    )
    return token


def confirm_second_factor(
    session: Session, *, by: Actor, user: User, signed_in: SignInSession, code: str
) -> int | None:
    """Mark the session as confirmed when the code is right and fresh; guesses are slowed down.

    Return None when confirmed, else for how many seconds no further try counts.
    """
    counter = tries.of(session, "second-factor", user.username)
    if wait := tries.wait_s(counter):
        return wait
    # a code is good once: another session may have used it while this one waited for the counter
    session.refresh(user, ["totp_secret", "totp_last_step"])
    secret, used = user.totp_secret, user.totp_last_step
    step = second_factor.step_of(secret, code, used) if secret else None
    if step is None:
        audit.record(
            session,
            "second_factor.failed",
            by=by.ref,
            organisation_id=None,
            subject=f"user:{user.id}",
        )
        return tries.failed(counter)
    tries.passed(counter)
    user.totp_last_step = step
    signed_in.second_factor_at = clock.now()
    return None


def enrol_second_factor(
    session: Session, *, by: Actor, user: User, signed_in: SignInSession, secret: str, code: str
) -> None:
    """Keep the secret once the person has shown a right code from it."""
    step = second_factor.step_of(secret, code, 0)
    if step is None:
        raise Refused(_("验证码不对。请核对手机时间，输入现在显示的 6 位数字。"), "code")
    user.totp_secret, user.totp_last_step = secret, step
    signed_in.second_factor_at = clock.now()
    audit.record(
        session,
        "second_factor.enrolled",
        by=by.ref,
        organisation_id=None,
        subject=f"user:{user.id}",
    )


def sign_out(session: Session, *, by: Actor, token: str) -> None:
    """End the session of this token."""
    session.execute(delete(SignInSession).where(SignInSession.token_hash == token_hash(token)))
    audit.record(session, "signed_out", by=by.ref, organisation_id=None, subject=by.ref)


def end_sessions(session: Session, *, by: Actor, user_id: int) -> None:
    """End every session of a person: on a changed role or password, or when he asks."""
    session.execute(delete(SignInSession).where(SignInSession.user_id == user_id))
    audit.record(
        session, "sessions.ended", by=by.ref, organisation_id=None, subject=f"user:{user_id}"
    )


def add_user(
    session: Session,
    *,
    by: Actor,
    username: str,
    name: str,
    password: str | None,
    demo: bool = False,
) -> User:
    """Make an account; what it may do is granted apart."""
    username = username.strip().lower()
    if session.scalar(select(User.id).where(User.username == username)):
        raise Refused(_("这个用户名已经有人用了，请换一个。"), "username")
    if password is not None and not demo:
        passwords.check_strength(password, username)
    user = User(
        username=username,
        name=name,
        password_hash=passwords.hashed(password) if password is not None else None,
        demo=demo,
        created_at=clock.now(),
    )
    session.add(user)
    session.flush()
    audit.record(session, "user.added", by=by.ref, organisation_id=None, subject=f"user:{user.id}")
    return user


def change_password(session: Session, *, by: Actor, user: User, old: str, new: str) -> None:
    """Change one's own password; every session ends."""
    if not passwords.matches(user.password_hash, old):
        raise Refused(_("现在的密码不对。"), "old")
    passwords.check_strength(new, user.username)
    user.password_hash = passwords.hashed(new)
    end_sessions(session, by=by, user_id=user.id)


def set_phone(session: Session, *, by: Actor, user: User, phone: str | None) -> None:
    """Keep the number that a person on duty rings when a student is in danger."""
    user.phone = phone
    audit.record(
        session, "phone.changed", by=by.ref, organisation_id=None, subject=f"user:{user.id}"
    )


def offer_recovery(session: Session, *, by: Actor, user: User) -> str:
    """Make the one-time way back in; the token is returned once. Nothing changes until it is used.

    The person is told, so that nobody lets himself in behind his back.
    """
    now, token = clock.now(), secrets.token_urlsafe(24)
    made = Recovery(
        token_hash=token_hash(token),
        user_id=user.id,
        made_by=by.ref,
        created_at=now,
        expires_at=now + RECOVERY_LIFE,
    )
    session.add(made)
    session.flush()
    _recovery_noted(session, by, user, "offered", made.id)
    return token


def recover(session: Session, *, by: Actor, recovery: Recovery, user: User, password: str) -> None:
    """Set a new password by the one-time way; the authenticator is enrolled anew, sessions end."""
    passwords.check_strength(password, user.username)
    user.password_hash, recovery.used_at = passwords.hashed(password), clock.now()
    user.totp_secret = None
    tries.passed(tries.of(session, "sign-in", user.username))
    end_sessions(session, by=by, user_id=user.id)
    _recovery_noted(session, by, user, "used", recovery.id)


def _recovery_noted(session: Session, by: Actor, user: User, event: str, number: int) -> None:
    audit.record(
        session,
        f"recovery.{event}",
        by=by.ref,
        organisation_id=None,
        subject=f"user:{user.id}",
        details={"recovery": number},
    )
    key = f"recovery:{number}:{event}"
    push.notify(session, user_ids=[user.id], key=key, path="/account")


def invite(
    session: Session,
    *,
    by: Actor,
    organisation_id: int,
    role: Role,
    name: str,
    klass_id: int | None = None,
    branch_id: int | None = None,
    student_id: int | None = None,
) -> tuple[Invitation, str]:
    """Make a one-time way in, valid 72 hours; the token is returned once and never stored."""
    now, token = clock.now(), secrets.token_urlsafe(24)
    invitation = Invitation(
        token_hash=token_hash(token),
        organisation_id=organisation_id,
        role=role.value,
        klass_id=klass_id,
        branch_id=branch_id,
        student_id=student_id,
        name=name,
        invited_by=by.user_id,
        created_at=now,
        expires_at=now + INVITATION_LIFE,
    )
    session.add(invitation)
    session.flush()
    audit.record(
        session,
        "invitation.made",
        by=by.ref,
        organisation_id=organisation_id,
        subject=f"invitation:{invitation.id}",
        details={"role": role.value},
    )
    return invitation, token


def accept_invitation(
    session: Session, *, by: Actor, invitation: Invitation, username: str, password: str
) -> User:
    """Make the account of an invitation, once; granting its role is schools.actions.grant_role."""
    user = add_user(session, by=by, username=username, name=invitation.name, password=password)
    invitation.used_at = clock.now()
    return user


def withdraw_invitation(session: Session, *, by: Actor, invitation: Invitation) -> None:
    """Make an unused invitation worthless."""
    invitation.withdrawn_at = clock.now()
    audit.record(
        session,
        "invitation.withdrawn",
        by=by.ref,
        organisation_id=invitation.organisation_id,
        subject=f"invitation:{invitation.id}",
    )
