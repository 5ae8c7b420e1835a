"""Refusals that a person may read; web/errors.py turns each into its status and page."""

from collections.abc import Iterable


class Problem(Exception):
    """A refusal with a sentence for the person who asked.

    `status` is the HTTP status the web layer answers with.
    """

    status = 500

    def __init__(self, message: str = "") -> None:
        """Keep the sentence as `message`."""
        super().__init__(message)
        self.message = message


class Refused(Problem):
    """The values do not make sense together (422); `field` names the form field, if one."""

    status = 422

    def __init__(self, message: str, field: str | None = None) -> None:
        """Keep the sentence and the name of the form field it belongs to."""
        super().__init__(message)
        self.field = field


class WrongState(Problem):
    """The record is not in a state that allows this (409); `allowed` lists what it does allow."""

    status = 409

    def __init__(self, message: str, allowed: Iterable[str] = ()) -> None:
        """Keep the sentence and the names of the allowed events, in order."""
        super().__init__(message)
        self.allowed = tuple(str(event) for event in allowed)


class Forbidden(Problem):
    """In scope, but this event is not permitted to this person (403)."""

    status = 403


class Missing(Problem):
    """Absent or out of scope: the two must look alike (404)."""

    status = 404


class Busy(Problem):
    """The write queue did not move in time (503); nothing was written, try again."""

    status = 503

    def __init__(self, message: str = "", retry_after: int = 2) -> None:
        """Keep the sentence and after how many seconds to try again."""
        super().__init__(message)
        self.retry_after = retry_after
