"""How long a name waits after failed sign-ins: a growing delay, never a lock-out."""

from datetime import timedelta

FREE_TRIES = 5
LONGEST_S = 300


def wait_after(failures: int) -> timedelta:
    """Return the delay after so many failures: none for five, then 2, 4, 8 s ... up to 5 minutes."""
    if failures < FREE_TRIES:
        return timedelta()
    return timedelta(seconds=min(2 ** (failures - FREE_TRIES + 1), LONGEST_S))
