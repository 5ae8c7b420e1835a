"""Several web processes on one port: one dies, all end, many browsers keep their connections."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROGRAM = """
import os, socket, time
from flask import Flask
from web.processes import Duty, Family
from web.serving import WebProcess

app = Flask("tried")
bound = socket.socket()
bound.bind(("127.0.0.1", 0))

@app.get("/who")
def who():
    return str(os.getpid())

@app.get("/slow")
def slow():
    time.sleep(1.5)
    return "answered"

def web(ready):
    WebProcess(app, bound).run(ready)

def say():
    print(bound.getsockname()[1], flush=True)

raise SystemExit(Family([Duty("one", web), Duty("two", web)]).run(say))
"""
ENDS_AT_ONCE = """
import time
from web.processes import Duty, Family

def broken(ready):
    raise RuntimeError("cannot start")

def fine(ready):
    ready()
    time.sleep(60)

raise SystemExit(Family([Duty("broken", broken), Duty("fine", fine)]).run(print))
"""
PATIENCE_S = 30
SECONDS_TO_STOP = 10


class Served:
    """The program with its port."""

    def __init__(self) -> None:
        """Wait until it accepts."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def ask(self, path: str) -> str:
        """One request over a connection of its own."""
        address = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(address, timeout=PATIENCE_S) as answer:
            return str(answer.read().decode())

    def children(self) -> set[int]:
        """The processes that live below it."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return {int(each) for each in listed.read_text(encoding="ascii").split()}


@pytest.fixture
def served() -> Iterator[Served]:
    """Two web processes; gone afterwards."""
    made = Served()
    with made.process:
        yield made
        made.process.kill()


def until(true: Callable[[], bool]) -> bool:
    """Whether it comes true in time."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


def test_a_killed_process_is_replaced_and_the_port_keeps_answering(served: Served) -> None:
    before = served.children()
    assert len(before) == 2
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    for _time in range(20):
        assert int(served.ask("/who")) in served.children() | before - {victim}
    assert until(lambda: len(served.children() - {victim}) == 2)
    assert victim not in served.children()


def test_when_all_are_killed_whoever_comes_waits_for_the_next(served: Served) -> None:
    before = served.children()
    for process in before:
        os.kill(process, signal.SIGKILL)
    assert int(served.ask("/who")) not in before


def test_what_was_asked_before_sigterm_is_answered(served: Served) -> None:
    said: list[str] = []
    asking = [
        threading.Thread(target=lambda: said.append(served.ask("/slow"))) for _number in range(6)
    ]
    for each in asking:
        each.start()
    time.sleep(0.7)
    began = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    for each in asking:
        each.join()
    assert said == ["answered"] * 6
    assert served.process.wait(SECONDS_TO_STOP) == 0
    assert time.monotonic() - began < SECONDS_TO_STOP


def test_children_end_when_their_parent_was_killed(served: Served) -> None:
    children = served.children()
    served.process.kill()
    served.process.wait()
    assert until(lambda: not any(Path(f"/proc/{each}").exists() for each in children))


def test_hundreds_of_idle_connections_keep_nobody_out(served: Served) -> None:
    idle = [socket.create_connection(("127.0.0.1", served.port)) for _number in range(500)]
    began = time.monotonic()
    assert served.ask("/who")
    assert time.monotonic() - began < 5
    for each in idle:
        each.close()


def test_a_child_that_cannot_start_ends_the_start() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDS_AT_ONCE], capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 1
    assert "cannot start" in ended.stderr
