"""Two people who press their buttons at the same moment, each on a connection of his own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import Any, TypeVar

import pytest

from foundation import audit

T = TypeVar("T")
PATIENCE_S = 1.5


def at_once(patch: pytest.MonkeyPatch, *acts: Callable[[], T]) -> list[T]:
    """The results of all acts; each waits before its first audit row until the others are there.

    Whoever is kept apart by a lock does not come, and the one who waits goes on alone after a
    while. Without a lock both have read the same state by then, and both decide on it.
    """
    meeting = threading.Barrier(len(acts))
    record = audit.record

    def met(*args: Any, **kwargs: Any) -> None:
        with suppress(threading.BrokenBarrierError):
            meeting.wait(PATIENCE_S)
        record(*args, **kwargs)

    with patch.context() as inside:
        inside.setattr(audit, "record", met)
        with ThreadPoolExecutor(len(acts)) as people:
            # the frozen clock goes along
            begun = [people.submit(copy_context().run, act) for act in acts]
            return [each.result() for each in begun]
