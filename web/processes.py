"""A family of child processes: started by fork, replaced when one dies, ended together."""

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

SECONDS_TO_END = 9.0
# A child that cannot live must not keep the machine busy with dying.
SHORTEST_LIFE_S = 2.0
POLL_S = 0.05
END = (signal.SIGTERM, signal.SIGINT)
WAITED_FOR = (signal.SIGCHLD, *END)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Duty:
    """What one child does until SIGTERM; it calls the function it is given once it can do it."""

    name: str
    run: Callable[[Callable[[], None]], None]


@dataclass
class _Child:
    duty: Duty
    process: int = 0
    born: float = 0.0


class Family:
    """Keeps one child per duty alive; this process itself has neither threads nor connections."""

    def __init__(self, duties: Sequence[Duty]) -> None:
        """Keep the duties; run() starts the children."""
        self._children = [_Child(duty) for duty in duties]
        # Children write a byte when they are ready, and read the end of this process.
        self._ready = os.pipe()
        self._lifeline = os.pipe()

    def run(self, when_ready: Callable[[], None]) -> int:
        """Work until SIGTERM or SIGINT; the exit code: 1 if a child ended before all were ready."""
        os.set_blocking(self._ready[0], False)
        gc.freeze()  # What the children share must not be written to by their collectors.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, WAITED_FOR)
        try:
            for child in self._children:
                self._start(child)
            began = self._all_ready()
            if began:
                when_ready()
                self._keep_alive()
            return 0 if began is not False else 1
        finally:
            self._end()
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _all_ready(self) -> bool | None:
        """True when they are, False when one has ended first, None when all are to end."""
        missing = len(self._children)
        while missing:
            received = signal.sigtimedwait(WAITED_FOR, POLL_S)
            if received is not None and received.si_signo in END:
                return None
            if any(True for _dead in self._dead()):
                return False
            missing -= self._heard()
        return True

    def _heard(self) -> int:
        try:
            return len(os.read(self._ready[0], 1024))
        except BlockingIOError:
            return 0

    def _keep_alive(self) -> None:
        while True:
            received = signal.sigtimedwait(WAITED_FOR, SHORTEST_LIFE_S)
            if received is not None and received.si_signo in END:
                return
            for child, status in self._dead():
                log.error("%s ended (%s) and is replaced", child.duty.name, status)
            self._heard()
            for child in self._children:
                if not child.process and time.monotonic() - child.born >= SHORTEST_LIFE_S:
                    self._start(child)

    def _dead(self) -> list[tuple[_Child, int]]:
        found = []
        for child in self._children:
            if child.process:
                process, status = os.waitpid(child.process, os.WNOHANG)
                if process:
                    child.process = 0
                    found.append((child, os.waitstatus_to_exitcode(status)))
        return found

    def _end(self) -> None:
        """SIGTERM to all; whoever still hangs at the deadline is killed."""
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + SECONDS_TO_END
        while any(child.process for child in self._children) and time.monotonic() < deadline:
            signal.sigtimedwait((signal.SIGCHLD,), POLL_S)
            self._dead()
        # Nothing acknowledged is lost with them: the next start picks up what they were at.
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        for child in self._children:
            if child.process:
                os.kill(child.process, number)

    def _start(self, child: _Child) -> None:
        child.born = time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        child.process = os.fork()
        if child.process == 0:
            os._exit(self._live(child.duty))

    def _live(self, duty: Duty) -> int:
        """The whole life of a child; its exit code."""
        try:
            for number in WAITED_FOR:
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent decides.
            signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITED_FOR)
            os.close(self._lifeline[1])
            threading.Thread(target=self._end_with_parent, daemon=True).start()
            duty.run(lambda: _say(self._ready[1]))
        except SystemExit:
            return 0
        except BaseException:
            log.exception("%s failed", duty.name)
            return 1
        return 0

    def _end_with_parent(self) -> None:
        """A parent that was killed must not leave children behind that hold its port."""
        os.read(self._lifeline[0], 1)
        os.kill(os.getpid(), signal.SIGTERM)


def _say(pipe: int) -> None:
    os.write(pipe, b".")


def at_end(call: Callable[[], None]) -> None:
    """In a child: call this once, in the main thread, when the process is to end."""

    def handle(_number: int, _frame: FrameType | None) -> None:
        call()

    signal.signal(signal.SIGTERM, handle)
