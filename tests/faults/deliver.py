"""Worker processes whose only receiver is a file: one line for each delivery."""

import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from foundation import crypto, database, engine, jobs, outbox
from web import worker

SECONDS_PER_DELIVERY = 0.02
KINDS = 4


def hurry() -> None:
    """A dead worker is noticed within seconds instead of a minute."""
    outbox.LEASE = timedelta(seconds=3)
    jobs.BEAT = timedelta(seconds=0.5)
    engine.SECONDS_TO_CLAIM = 2.0
    jobs.periodic("outbox.without_job", timedelta(seconds=1))(engine.mend)


def work(url: str | None, home: Path, ledger: Path) -> None:
    """Work until killed."""
    file = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def deliver(_payload: dict[str, Any], key: str) -> None:
        time.sleep(SECONDS_PER_DELIVERY)
        os.write(file, f"{key}\n".encode())

    for number in range(KINDS):
        outbox.HANDLERS[f"fault.{number}"] = deliver
    if not os.environ.get("XINQIAO_LONG"):
        hurry()
    database.configure(url, home)
    crypto.configure(home)
    worker.run()


def main(url: str | None, home: Path, ledger: Path) -> None:
    """Fork a worker for every line that comes in and print its process id."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            work(url, home, ledger)
            return
        print(child, flush=True)


if __name__ == "__main__":
    main(sys.argv[1] or None, Path(sys.argv[2]), Path(sys.argv[3]))
