"""The web process that is killed: the application, its worker, and a mark of every open write.

The mark is a counter in a file that is mapped into memory, so it survives kill -9. As the control
it answers before it commits, which must lose answers: a test that never fails proves nothing.
"""

import mmap
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session
from waitress import create_server

from foundation import database
from web import create_app, worker

LATE_BY_S = 0.05
COUNTER_BYTES = 8


class OpenWrites:
    """How many write transactions are open, readable by the process that kills this one."""

    def __init__(self, path: Path) -> None:
        """Map the file that the killer made."""
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), COUNTER_BYTES)
        self.lock = threading.Lock()
        self.add(-self.count)

    @property
    def count(self) -> int:
        """The number now."""
        return int.from_bytes(self.memory[:COUNTER_BYTES], "little", signed=True)

    def add(self, change: int) -> None:
        """One more, or one less."""
        with self.lock:
            value = self.count + change
            self.memory[:COUNTER_BYTES] = value.to_bytes(COUNTER_BYTES, "little", signed=True)


def mark(writes: OpenWrites) -> None:
    """Counts a unit from its BEGIN until its COMMIT or ROLLBACK has returned."""

    def begun(session: Session, _transaction: Any, connection: Any) -> None:
        if connection.engine is database.engine():
            session.info["open"] = True
            writes.add(1)

    def ended(session: Session) -> None:
        if session.info.pop("open", False):
            writes.add(-1)

    event.listen(Session, "after_begin", begun)
    event.listen(Session, "after_commit", ended)
    event.listen(Session, "after_rollback", ended)


def answer_before_commit() -> None:
    """The control: commit() returns at once and happens a little later."""
    later = ThreadPoolExecutor(8)
    commit, close = Session.commit, Session.close

    def soon(session: Session) -> None:
        session.info["late"] = True
        later.submit(late, session)

    def late(session: Session) -> None:
        time.sleep(LATE_BY_S)
        commit(session)
        close(session)

    def unless_late(session: Session) -> None:
        if not session.info.get("late"):
            close(session)

    # The gate would let the next writer in while this one still holds the database.
    hold: Any = _no_gate
    database.gated = hold
    changed: Any = Session
    changed.commit, changed.close = soon, unless_late


@contextmanager
def _no_gate() -> Iterator[None]:
    yield


def main(port: int, writes: Path, *, control: bool) -> None:
    """Serve until killed."""
    app = create_app()
    mark(OpenWrites(writes))
    if control:
        answer_before_commit()
    worker.start(app)
    create_server(app, host="127.0.0.1", port=port, threads=12).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), control=bool(os.environ.get("XINQIAO_CONTROL")))
