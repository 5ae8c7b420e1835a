"""The worker as a thread of the web process, or as a process of its own (`flask worker`)."""

import signal
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from types import FrameType

from flask import Flask

from foundation import engine, jobs, push, seals
from referrals import jobs as referral_jobs
from schools import roster_actions, roster_commit
from screening import answers_import, concern_paging, quality_actions, taking_rescoring
from screening import jobs as screening_jobs

SECONDS_TO_STOP = 8.0
# Importing a module registers its jobs and handlers; named here so that every worker has them all.
BACKGROUND = (
    push,
    roster_actions,
    roster_commit,
    taking_rescoring,
    quality_actions,
    answers_import,
    concern_paging,
    screening_jobs,
    referral_jobs,
)
jobs.periodic("audit.seal", timedelta(seconds=5))(seals.seal)
jobs.reconciler("outbox.without_job", timedelta(seconds=15))(engine.mend)


@dataclass
class Drainer:
    """A worker in a thread of its own."""

    worker: jobs.Worker = field(default_factory=jobs.Worker)
    thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self.thread = threading.Thread(target=self.worker.run, name="worker", daemon=True)
        self.thread.start()

    def stop(self, seconds: float = SECONDS_TO_STOP) -> None:
        """End the thread; deliveries under way may finish within these seconds."""
        self.worker.stop()
        if self.thread is not None:
            self.thread.join(seconds)


_drainer: Drainer | None = None


def start(app: Flask) -> Drainer:
    """Start a worker beside the application and return it."""
    global _drainer
    _drainer = Drainer()
    _drainer.start()
    app.logger.info("worker started as %s", _drainer.worker.name)
    return _drainer


def stop() -> None:
    """End the worker that start() made, if any."""
    global _drainer
    if _drainer is not None:
        _drainer.stop()
    _drainer = None


def run() -> None:
    """Work in the foreground until SIGTERM or SIGINT."""
    worker = jobs.Worker()

    def end(_number: int, _frame: FrameType | None) -> None:
        # Not here: a handler may interrupt the very lock that stop() takes.
        threading.Thread(target=worker.stop).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    worker.run()
