"""Starts the web process, kills it, starts it again."""

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

SECONDS_TO_START = 60
POLL_S = 0.02
# Long enough for every client to have something under way, short enough for many kills.
BETWEEN_KILLS_S = (0.15, 0.7)


class WebProcess:
    """One server of tests.faults.server on a port and a home of its own."""

    def __init__(self, home: Path, url: str | None, *, control: bool) -> None:
        """Choose a free port; start() begins."""
        self.marks = home / "open-writes"
        self.marks.write_bytes(bytes(8))
        self.log = home / "server.log"
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "XINQIAO_HOME": str(home),
            "XINQIAO_PORT": str(self.port),
            "XINQIAO_CONTROL": "1" if control else "",
        }
        self.environment.pop("XINQIAO_DATABASE_URL", None)
        if url:
            self.environment["XINQIAO_DATABASE_URL"] = url
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        command = [sys.executable, "-m", "tests.faults.server", str(self.port), str(self.marks)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text(errors="replace")[-3000:]
            try:
                with urllib.request.urlopen(f"{self.address}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(POLL_S)
        raise TimeoutError(self.log.read_text(errors="replace")[-3000:])

    def kill(self) -> bool:
        """Send SIGKILL; whether a write was open at that moment."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return int.from_bytes(self.marks.read_bytes(), "little", signed=True) > 0


@contextmanager
def running(home: Path, url: str | None, *, control: bool) -> Iterator[WebProcess]:
    """A started server that is gone afterwards."""
    server = WebProcess(home, url, control=control)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def wait_a_moment(chance: random.Random) -> None:
    """Let the clients work for a random while."""
    time.sleep(chance.uniform(*BETWEEN_KILLS_S))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port
