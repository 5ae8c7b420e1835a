"""Starts the program behind ./run, kills all of it or one of its processes, starts it again."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.server import SLOT

SECONDS_TO_START = 120
WEB_PROCESSES = 3
OFFSETS = range(0, SLOT.size * WEB_PROCESSES, SLOT.size)
POLL_S = 0.002


class Program:
    """The program of tests.faults.server on a port and a home of its own."""

    def __init__(self, home: Path, url: str | None, *, control: bool) -> None:
        """Choose a free port; start() begins."""
        self.marks = home / "open-writes"
        self.marks.write_bytes(bytes(SLOT.size * WEB_PROCESSES))
        self.log = home / "server.log"
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "XINQIAO_HOME": str(home),
            "XINQIAO_PORT": str(self.port),
            "XINQIAO_WEB_PROCESSES": str(WEB_PROCESSES),
            "XINQIAO_CONTROL": "1" if control else "",
        }
        self.environment.pop("XINQIAO_DATABASE_URL", None)
        if url:
            self.environment["XINQIAO_DATABASE_URL"] = url
        self.child = 0
        command = [sys.executable, "-m", "tests.faults.server", str(self.port), str(self.marks)]
        with self.log.open("ab") as log:
            self.parent = subprocess.Popen(
                command,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def start(self) -> None:
        """Start and wait until it answers."""
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write("start\n")
        self.parent.stdin.flush()
        self.child = int(self.parent.stdout.readline())
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            assert alive(self.child), self.log.read_text(errors="replace")[-3000:]
            try:
                with urllib.request.urlopen(f"{self.address}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(POLL_S)
        raise TimeoutError(self.log.read_text(errors="replace")[-3000:])

    def kill(self) -> bool:
        """Send SIGKILL to all of it at once; whether a write was open at that moment."""
        members = [self.child, *self._children()]
        os.killpg(self.child, signal.SIGKILL)
        while any(alive(process) for process in members):
            time.sleep(POLL_S)
        return any(count for _process, count in self._open_writes())

    def kill_one(self, chance: random.Random) -> bool:
        """Send SIGKILL to one web process and wait for its successor; whether it was writing."""
        number = chance.randrange(WEB_PROCESSES)
        victim = self._standing(number)
        os.kill(victim, signal.SIGKILL)
        while alive(victim):
            time.sleep(POLL_S)
        inside = self._open_writes()[number][1] > 0
        self._standing(number, after=victim)
        return inside

    def _standing(self, number: int, after: int = 0) -> int:
        """The web process of that number, once it runs: until then its mark is its predecessor's."""
        deadline = time.monotonic() + SECONDS_TO_START
        while (process := self._open_writes()[number][0]) not in {*self._children()} - {after}:
            assert time.monotonic() < deadline, self.log.read_text(errors="replace")[-3000:]
            time.sleep(POLL_S)
        return int(process)

    def _open_writes(self) -> list[tuple[int, int]]:
        """Process id and open writes of each web process."""
        return [SLOT.unpack_from(self.marks.read_bytes(), at) for at in OFFSETS]

    def _children(self) -> list[int]:
        listed = Path(f"/proc/{self.child}/task/{self.child}/children")
        return [int(each) for each in listed.read_text(encoding="ascii").split()]

    def close(self) -> None:
        """End both processes."""
        if alive(self.child):
            self.kill()
        self.parent.communicate("")


def alive(process: int) -> bool:
    """Whether a process still runs; one that only waits to be reaped has no thread left."""
    folder = Path(f"/proc/{process}")
    try:
        state = (folder / "stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        return state not in "ZX" or len(list((folder / "task").iterdir())) > 1
    except (FileNotFoundError, ProcessLookupError):
        return False


@contextmanager
def running(home: Path, url: str | None, *, control: bool) -> Iterator[Program]:
    """A started server that is gone afterwards."""
    server = Program(home, url, control=control)
    try:
        server.start()
        yield server
    finally:
        server.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port
