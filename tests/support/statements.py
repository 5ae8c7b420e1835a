"""The statements that the databases of this process run while a block is open."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


@contextmanager
def counted() -> Iterator[list[str]]:
    """The SQL of every statement, reads and writes alike, in order."""
    seen: list[str] = []

    def heard(*what: Any) -> None:
        seen.append(str(what[2]))

    event.listen(Engine, "before_cursor_execute", heard)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", heard)
