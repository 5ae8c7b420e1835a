"""Argon2id passwords, hashed a bounded number at a time so that a bell cannot exhaust memory."""

import os
import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from foundation.i18n import _
from foundation.problems import Refused

SHORTEST = 10
# OWASP's lighter setting for 4-digit pins of tickets, argon2-cffi's default for staff
# (reference/trust.md 2.1: 20 ms and 54 ms, 19 and 64 MiB each).
_staff = PasswordHasher()
_pin = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_turn = BoundedSemaphore(max(1, os.cpu_count() or 1))
_never = _staff.hash(secrets.token_hex(16))


def share_processors(processes: int) -> None:
    """Bound this process to its share when several of them serve on one machine."""
    global _turn
    _turn = BoundedSemaphore(max(1, (os.cpu_count() or 1) // processes))


def hashed(password: str) -> str:
    """Return the hash of a member of staff's password."""
    with _turn:
        return _staff.hash(password)


def hashed_pin(pin: str) -> str:
    """Return the hash of a ticket's 4-digit pin."""
    with _turn:
        return _pin.hash(pin)


def matches(password_hash: str | None, password: str) -> bool:
    """Say whether the password is right; an absent hash costs the same time and is never right."""
    with _turn:
        try:
            _staff.verify(password_hash or _never, password)
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def pin_matches(pin_hash: str, pin: str) -> bool:
    """Say whether the pin is right."""
    with _turn:
        try:
            return _pin.verify(pin_hash, pin)
        except (VerificationError, InvalidHashError):
            return False


def check_strength(password: str, username: str) -> None:
    """Refuse a password that is short, one character repeated, or the user name.

    Raises:
        Refused: with what to change.

    """
    if len(password) < SHORTEST:
        raise Refused(_("密码至少 %(n)s 个字符。", n=SHORTEST), "password")
    if username and username.lower() in password.lower():
        raise Refused(_("密码里不要包含用户名。"), "password")
    if len(set(password)) < 5:
        raise Refused(_("密码太简单，请换一个。"), "password")
