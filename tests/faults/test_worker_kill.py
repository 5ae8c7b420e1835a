"""kill -9 of worker processes in the middle of their deliveries: no message is lost."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from foundation import database, outbox
from tests.faults.deliver import KINDS
from tests.faults.running import alive

ROOT = Path(__file__).parents[2]
MESSAGES = 600
KILLS = 8
PATIENCE_S = 600 if os.environ.get("XINQIAO_LONG") else 120
POLL_S = 0.02


class Workers:
    """Processes that share the work; on SQLite the second one waits for the first."""

    def __init__(self, url: str | None, home: Path) -> None:
        """Prepare; start() makes one more."""
        self.ledger = home / "delivered"
        self.ledger.touch()
        program = [sys.executable, "-m", "tests.faults.deliver", url or "", str(home)]
        self.parent = subprocess.Popen(
            [*program, str(self.ledger)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.running: list[int] = []

    def start(self) -> None:
        """One process more."""
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write("start\n")
        self.parent.stdin.flush()
        self.running.append(int(self.parent.stdout.readline()))

    def kill(self, number: int) -> None:
        """SIGKILL; it has no chance to say goodbye."""
        process = self.running.pop(number)
        os.kill(process, signal.SIGKILL)
        until(lambda: not alive(process))

    def close(self) -> None:
        """End them all."""
        while self.running:
            self.kill(0)
        self.parent.communicate("")

    def delivered(self) -> Counter[str]:
        """Keys and how often each arrived."""
        return Counter(self.ledger.read_text().split())


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, outbox.status()
        time.sleep(POLL_S)


def enqueue() -> list[str]:
    keys = [f"m{number}" for number in range(MESSAGES)]
    with database.writing() as session:
        for number, key in enumerate(keys):
            outbox.enqueue(session, f"fault.{number % KINDS}", key=key, payload={})
    return keys


def test_eight_killed_workers_lose_no_message(db: str | None, home: Path) -> None:
    keys, chance = enqueue(), random.Random(8)
    workers = Workers(db, home)
    try:
        workers.start()
        workers.start()
        for kill in range(KILLS):
            # Between two kills so much arrives that all of them strike at work.
            goal = MESSAGES * (kill + 1) // (KILLS + 2)
            until(lambda goal=goal: len(workers.delivered()) >= goal)
            time.sleep(chance.uniform(0, 0.05))
            workers.kill(chance.randrange(2) if not database.is_sqlite() else 0)
            workers.start()
        before = time.monotonic()
        until(lambda: sum(outbox.status()["done"].values()) == MESSAGES)
    finally:
        workers.close()
    arrived = workers.delivered()
    again = sum(arrived.values()) - len(arrived)
    print(
        f"{KILLS} kills in {MESSAGES} messages: {len(set(keys) - set(arrived))} lost, "
        f"{again} twice, the last {time.monotonic() - before:.0f} s after the last kill"
    )
    assert set(arrived) == set(keys)
    assert again <= KILLS * KINDS * 2, "a killed worker had at most two of each kind in hand"
