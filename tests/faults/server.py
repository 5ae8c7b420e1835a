"""What is killed: the program behind ./run, with a mark of every write that is open.

Each web process keeps its number and a counter in a file that is mapped into memory, so they
survive kill -9. As the control it answers before it commits, which must lose answers: a test that
never fails proves nothing.
"""

import mmap
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import event
from sqlalchemy.orm import Session

from foundation import database
from foundation.gate import Gate
from web import config, create_app
from web import serve as program

LATE_BY_S = 0.02
SLOT = struct.Struct("<qq")  # process id, open writes


class OpenWrites:
    """How many write transactions of a process are open, readable by whoever kills it."""

    def __init__(self, path: Path, number: int) -> None:
        """Map the file that the killer made."""
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)
        self.lock, self.at, self.count = threading.Lock(), number * SLOT.size, 0
        self.add(0)

    def add(self, change: int) -> None:
        """One more, or one less."""
        with self.lock:
            self.count += change
            SLOT.pack_into(self.memory, self.at, os.getpid(), self.count)


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


class LateUnits(threading.local):
    """The control: commit() returns at once and happens a little later, in turn."""

    pool, commit, close = ThreadPoolExecutor(8), Session.commit, Session.close
    pending = False  # by thread: whether its unit is still to be committed

    def __init__(self, gate: Gate | None) -> None:
        """Keep the write gate of SQLite, which PostgreSQL does not need."""
        self.gate = gate

    @contextmanager
    def gated(self) -> Iterator[None]:
        """Hold the gate until the commit has really happened."""
        if self.gate is not None:
            self.gate.acquire()
        self.pending = False
        try:
            yield
        finally:
            if not self.pending:
                self.release()

    def release(self) -> None:
        """Let the next writer in."""
        if self.gate is not None:
            self.gate.release()

    def soon(self, session: Session) -> None:
        """Instead of commit()."""
        session.info["late"] = self.pending = True
        self.pool.submit(self.late, session)

    def late(self, session: Session) -> None:
        """What commit() should have done."""
        time.sleep(LATE_BY_S)
        LateUnits.commit(session)
        LateUnits.close(session)
        self.release()

    def unless_late(self, session: Session) -> None:
        """Instead of close()."""
        if not session.info.get("late"):
            LateUnits.close(session)


def answer_before_commit() -> None:
    """Put the control in the place of the real units."""
    setup: Any = database._current()
    units, replaced, changed = LateUnits(setup.gate), cast(Any, database), cast(Any, Session)

    def commit(session: Session) -> None:
        units.soon(session)

    def close(session: Session) -> None:
        units.unless_late(session)

    replaced.gated, changed.commit, changed.close = units.gated, commit, close


def serve(port: int, writes: Path) -> None:
    """Serve until killed, as a group of processes of its own."""
    os.setsid()
    settings = config.from_environment()

    def prepare(number: int) -> None:
        if number < settings.web_processes:
            mark(OpenWrites(writes, number))
        if os.environ.get("XINQIAO_CONTROL"):
            answer_before_commit()

    bound = program.bind("127.0.0.1", port)
    program.serve(create_app(), settings, bound, lambda: None, prepare)


def main(port: int, writes: Path) -> None:
    """Fork a program for every line that comes in and print its process id.

    Only the imports are shared, which leaves more of the time for killing.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve(port, writes)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
