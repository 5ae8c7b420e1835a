"""Counted tries of a name or a code that somebody outside types: slowed down, never locked."""

from math import ceil

from sqlalchemy.orm import Session

from accounts import throttle
from accounts.models import SignInThrottle
from foundation import clock
from foundation.crypto import blind_index


def of(session: Session, purpose: str, name: str) -> SignInThrottle:
    """The counter of a name; known and unknown names have one alike."""
    key = blind_index(purpose, name.strip().lower())
    found = session.get(SignInThrottle, key)
    if found is None:
        found = SignInThrottle(name_index=key, failures=0)
        session.add(found)
    return found


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
