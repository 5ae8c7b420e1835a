"""Counted tries of a name or a code that somebody outside types: slowed down, never locked."""

from contextlib import suppress
from math import ceil

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts import throttle
from accounts.models import SignInThrottle
from foundation import clock, database
from foundation.crypto import blind_index


def of(session: Session, purpose: str, name: str) -> SignInThrottle:
    """The counter of a name; known and unknown names have one alike.

    It is held until the unit ends: guesses that a program sends all at once count one by one.
    """
    key = blind_index(purpose, name.strip().lower())
    if session.get(SignInThrottle, key) is None:
        with suppress(IntegrityError), session.begin_nested():
            session.add(SignInThrottle(name_index=key, failures=0))
    return database.hold(session, SignInThrottle, key)


def wait_s(tries: SignInThrottle) -> int:
    """Seconds that are still to be waited."""
    if tries.blocked_until is None:
        return 0
    return max(0, ceil((tries.blocked_until - clock.now()).total_seconds()))


def failed(tries: SignInThrottle) -> int:
    """Count a failure; return the seconds to wait now."""
    tries.failures += 1
    delay = throttle.wait_after(tries.failures)
    tries.blocked_until = clock.now() + delay if delay else None
    return wait_s(tries)


def passed(tries: SignInThrottle) -> None:
    """Forget the failures."""
    tries.failures, tries.blocked_until = 0, None
