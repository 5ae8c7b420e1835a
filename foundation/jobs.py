"""Periodic jobs, the heartbeat, and the worker that runs them beside the deliveries."""

import fcntl
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, String, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock, outbox
from foundation.classification import INTERNAL
from foundation.database import Model, UtcDateTime, home, is_sqlite, reading, writing
from foundation.deliveries import Deliveries, deliveries

BEAT = timedelta(seconds=15)
MINUTE = timedelta(minutes=1)
POLL = 1.0
CHORES = 4
log = logging.getLogger(__name__)


class JobRun(Model):
    """When a periodic job is next due and how it went; `found` is what a reconciler had to fix."""

    __tablename__ = "job_run"

    name: Mapped[str] = mapped_column(String(80), primary_key=True, info=INTERNAL)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    found: Mapped[int | None] = mapped_column(Integer, info=INTERNAL)
    last_error: Mapped[str | None] = mapped_column(String(80), info=INTERNAL)


class WorkerBeat(Model):
    """When a worker was last alive."""

    __tablename__ = "worker_beat"

    name: Mapped[str] = mapped_column(String(120), primary_key=True, info=INTERNAL)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


@dataclass(frozen=True)
class Job:
    """Something to do again and again; it opens its own units and returns what it found, if any."""

    name: str
    every: timedelta
    run: Callable[[], int | None]
    repairs: bool = False


JOBS: dict[str, Job] = {}
Run = Callable[[], int | None]


def periodic(name: str, every: timedelta, *, repairs: bool = False) -> Callable[[Run], Run]:
    """Register a job that runs every so often, on one machine at a time."""

    def register(run: Run) -> Run:
        JOBS[name] = Job(name, every, run, repairs)
        return run

    return register


def reconciler(name: str, every: timedelta = MINUTE) -> Callable[[Run], Run]:
    """Register a job that looks for what was missed; it returns how many it found.

    Anything above 0 is an alarm: the ordinary way should have done it.
    """
    return periodic(name, every, repairs=True)


def run_due() -> list[str]:
    """Run every job that is due and not taken by another machine; return their names."""
    return [job.name for job in list(JOBS.values()) if run_if_due(job)]


def run_if_due(job: Job) -> bool:
    """Run a job unless it is not due or another machine has it; return whether it ran."""
    return _claim(job) and _run(job)


def beat(name: str) -> None:
    """Write down that a worker is alive."""
    moment = clock.now()
    insert = (sqlite if is_sqlite() else postgresql).insert(WorkerBeat)
    with writing() as session:
        session.execute(
            insert.values(name=name, seen_at=moment).on_conflict_do_update(
                index_elements=["name"], set_={"seen_at": moment}
            )
        )
        # One from the future was written before the clock was set back; it would hide a death.
        wrong = (WorkerBeat.seen_at < moment - timedelta(days=1)) | (
            WorkerBeat.seen_at > moment + outbox.SKEW
        )
        session.execute(delete(WorkerBeat).where(wrong))


def seen_seconds(session: Session) -> float | None:
    """Return how long ago any worker was alive; None if there never was one."""
    last = session.scalar(select(func.max(WorkerBeat.seen_at)))
    return None if last is None else abs((clock.now() - last).total_seconds())


def alarms(session: Session) -> list[JobRun]:
    """Return the jobs whose last run failed, and the reconcilers that had to repair something."""
    reconcilers = [job.name for job in JOBS.values() if job.repairs]
    repaired = (JobRun.found > 0) & JobRun.name.in_(reconcilers)
    broken = repaired | JobRun.last_error.is_not(None)
    return list(session.scalars(select(JobRun).where(broken).order_by(JobRun.name)))


class Worker:
    """Runs periodic jobs and has the outbox delivered until stop(); one per process."""

    def __init__(self) -> None:
        """Prepare; run() does the work."""
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._stop = threading.Event()
        # Seconds of the machine's own running: the clock may be set back by hours.
        self._beaten: float | None = None
        self._chores: dict[str, Future[bool]] = {}
        self._asked: dict[str, float] = {}

    def run(self) -> None:
        """Work until stop() is called; on SQLite wait first for any other worker to end."""
        with _lease(self._stop), ThreadPoolExecutor(CHORES, "worker") as pool, _served() as served:
            while not self._stop.is_set():
                try:
                    self._turn(pool, served)
                except Exception:
                    log.exception("the worker could not reach its database; it goes on")
                outbox.wake.wait(POLL)
                outbox.wake.clear()

    def stop(self) -> None:
        """End the loop; what is being delivered is finished first."""
        self._stop.set()
        outbox.wake.set()

    def _turn(self, pool: ThreadPoolExecutor, served: Deliveries) -> None:
        if self._beaten is None or _since(self._beaten) >= BEAT:
            self._beat(served)
        for job in list(JOBS.values()):
            self._look_after(job, pool)
        if not self._stop.is_set():
            served.turn()

    def _beat(self, served: Deliveries) -> None:
        outbox.keep_leases()
        # A worker that does not deliver is a dead one, whatever else it does.
        if served.alive():
            beat(self.name)
            self._beaten = time.monotonic()

    def _look_after(self, job: Job, pool: ThreadPoolExecutor) -> None:
        """Ask ten times per period whether the job is due, in a thread: it may take long."""
        running, asked = self._chores.get(job.name), self._asked.get(job.name)
        if running is not None and not running.done():
            return
        if asked is None or _since(asked) >= min(job.every / 10, MINUTE):
            self._asked[job.name] = time.monotonic()
            self._chores[job.name] = pool.submit(run_if_due, job)


def _since(moment: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - moment)


@contextmanager
def _served() -> Iterator[Deliveries]:
    made = deliveries()
    made.start()
    try:
        yield made
    finally:
        made.stop()


class _lease:  # noqa: N801  used like a function
    """Hold the worker lock of this home; PostgreSQL workers share the work and need none."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._file: Any = None

    def __enter__(self) -> None:
        if not is_sqlite():
            return
        self._file = (home() / "worker.lock").open("w")
        while not self._stop.is_set():
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._stop.wait(POLL)
            else:
                return

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            self._file.close()


def _claim(job: Job) -> bool:
    moment = clock.now()
    with reading() as session:
        run = session.get(JobRun, job.name)
        # A time further away than a period was written before the clock was set back.
        if run is not None and moment < run.next_at <= moment + job.every + outbox.SKEW:
            return False
    insert = (sqlite if is_sqlite() else postgresql).insert(JobRun)
    mine = {"next_at": moment + job.every, "started_at": moment}
    with writing() as session:
        row = session.execute(
            insert.values(name=job.name, **mine)
            .on_conflict_do_update(
                index_elements=["name"],
                set_=mine,
                where=(JobRun.next_at <= moment)
                | (JobRun.next_at > moment + job.every + outbox.SKEW),
            )
            .returning(JobRun.name)
        ).first()
    return row is not None


def _run(job: Job) -> bool:
    found, failure = None, None
    try:
        found = job.run()
    except Exception as error:
        log.exception("periodic job %s failed", job.name)
        failure = type(error).__name__[:80]
    if found and job.repairs:
        log.warning("%s had to repair %d", job.name, found)
    with writing() as session:
        session.execute(
            update(JobRun)
            .where(JobRun.name == job.name)
            .values(finished_at=clock.now(), found=found, last_error=failure)
        )
    return True
