"""`flask worker` as a process of its own: it works, and ends quickly when told to."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from foundation import audit, database, health, outbox, seals

PROGRAM = """
import sys
from foundation import crypto, database
from web import worker
url, home = sys.argv[1] or None, sys.argv[2]
database.configure(url, home)
crypto.configure(home)
worker.run()
database.dispose()
"""
ROOT = Path(__file__).parents[2]


def working() -> bool:
    with database.reading() as session:
        sealed = bool(seals.head(session))
        return sealed and health.worker_seen_seconds(session) is not None


def test_a_worker_process_seals_and_stops_at_sigterm(db: str | None, home: Path) -> None:
    with database.writing() as session:
        audit.record(session, "x", by="user:1", organisation_id=1, subject="x:1")
        outbox.enqueue(session, "push.email", key="k", payload={"channel": 1, "path": "/todo"})
    command = [sys.executable, "-c", PROGRAM, db or "", str(home)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        end = time.monotonic() + 120
        while not (working() and outbox.status()["done"]):
            assert time.monotonic() < end, "the worker did nothing"
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
