"""The one fair queue for SQLite writers: first come first served, shared with other processes."""

import fcntl
import os
import threading
import time
from collections import deque
from pathlib import Path

from foundation.i18n import _
from foundation.problems import Busy

# Between two looks at a lock of another process: soon at first, then rarely.
POLL, LONGEST_POLL = 0.0001, 0.002


class Gate:
    """A FIFO lock inside the process plus two file locks between processes.

    SQLite's own busy handler is unfair: with 16 writers some wait for seconds. The second file is
    a turnstile: who waits for the write lock holds it, so a busy process cannot pass a waiting one.
    """

    def __init__(self, home: Path, patience: float = 20.0) -> None:
        """Keep the lock files in `home`; `patience` is in seconds."""
        self._home = home
        self._patience = patience
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._busy = False
        self._files: tuple[int, int] | None = None
        self._pid = 0

    def acquire(self) -> None:
        """Wait for the turn.

        Raises:
            Busy: the turn did not come within the patience of the gate.

        """
        deadline = time.monotonic() + self._patience
        self._enter_queue()
        try:
            self._lock_files(deadline)
        except BaseException:
            self._next()
            raise

    def release(self) -> None:
        """Let the next writer in."""
        if self._files is not None:
            fcntl.flock(self._files[1], fcntl.LOCK_UN)
        self._next()

    def waiting(self) -> int:
        """Return how many writers of this process are in the queue."""
        with self._mutex:
            return len(self._waiting)

    def close(self) -> None:
        """Close the lock files."""
        if self._files is not None and self._pid == os.getpid():
            for descriptor in self._files:
                os.close(descriptor)
        self._files = None

    def _enter_queue(self) -> None:
        with self._mutex:
            if not self._busy:
                self._busy = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if not turn.acquire(timeout=self._patience):
            self._leave_queue(turn)

    def _leave_queue(self, turn: threading.Lock) -> None:
        with self._mutex:
            if turn in self._waiting:
                self._waiting.remove(turn)
                raise _busy()
        # The turn came between the time-out and the lock: it is ours.

    def _next(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._busy = False

    def _lock_files(self, deadline: float) -> None:
        turnstile, writer = self._descriptors()
        _flock(turnstile, deadline)
        try:
            _flock(writer, deadline)
        finally:
            fcntl.flock(turnstile, fcntl.LOCK_UN)

    def _descriptors(self) -> tuple[int, int]:
        # A lock belongs to the open file, which a forked child would share with its parent.
        if self._files is None or self._pid != os.getpid():
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            names = ("write.turnstile", "write.lock")
            first, second = (os.open(self._home / name, flags, 0o600) for name in names)
            self._files, self._pid = (first, second), os.getpid()
        return self._files


def _flock(descriptor: int, deadline: float) -> None:
    pause = POLL
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise _busy() from None
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL)
        else:
            return


def _busy() -> Busy:
    return Busy(_("系统正忙，刚才的内容没有保存。请稍等几秒再试一次。"), retry_after=5)
