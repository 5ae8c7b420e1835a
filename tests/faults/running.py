"""Starts the web process, kills it, starts it again."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS_TO_START = 120
POLL_S = 0.01


class WebProcess:
    """The server of tests.faults.server on a port and a home of its own."""

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
        """Send SIGKILL; whether a write was open at that moment."""
        os.kill(self.child, signal.SIGKILL)
        while alive(self.child):
            time.sleep(POLL_S)
        return int.from_bytes(self.marks.read_bytes(), "little", signed=True) > 0

    def close(self) -> None:
        """End both processes."""
        if alive(self.child):
            self.kill()
        self.parent.communicate("")


def alive(process: int) -> bool:
    """Whether there is a process with this number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def running(home: Path, url: str | None, *, control: bool) -> Iterator[WebProcess]:
    """A started server that is gone afterwards."""
    server = WebProcess(home, url, control=control)
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
