"""The one-time code that the page of the first administrator asks for."""

import hashlib
import hmac
import secrets
from pathlib import Path

# Without look-alikes: it is read from a terminal and typed into a browser.
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LENGTH = 12
NAME = "setup-code"


def issue(home: Path) -> str:
    """Make a new code and forget the one before; only its hash is kept."""
    code = "".join(secrets.choice(LETTERS) for _letter in range(LENGTH))
    path = home / NAME
    path.touch(mode=0o600)
    path.write_text(_hash(code), encoding="ascii")
    return code


def pending(home: Path) -> bool:
    """Whether the installation still waits for its first administrator."""
    return (home / NAME).exists()


def matches(home: Path, code: str) -> bool:
    """Whether this is the code that was printed last; False when none is pending."""
    if not pending(home):
        return False
    stored = (home / NAME).read_text(encoding="ascii")
    return hmac.compare_digest(stored, _hash(code.strip().upper()))


def spend(home: Path) -> None:
    """The first administrator exists: the code opens nothing any more."""
    (home / NAME).unlink(missing_ok=True)


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
