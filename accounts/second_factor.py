"""Time-based one-time codes (RFC 6238), each usable once."""

import hmac

import pyotp

from foundation import clock

STEP_S = 30
DRIFT_STEPS = 1


def new_secret() -> str:
    """Return a fresh secret for an authenticator app."""
    return pyotp.random_base32()


def address(secret: str, username: str) -> str:
    """Return the otpauth address that an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name="Xinqiao")


def step_of(secret: str, code: str, last_step: int) -> int | None:
    """Return the time step that the code belongs to, None when wrong or already used.

    A code is good one step early or late; a step at or before `last_step` was used (ASVS 6.5.1).
    """
    totp = pyotp.TOTP(secret)
    current = int(clock.now().timestamp()) // STEP_S
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        expected = totp.generate_otp(step)
        if step > last_step and hmac.compare_digest(expected, code.strip()):
            return step
    return None
