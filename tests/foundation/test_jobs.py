"""The worker delivers, runs what is due once, says that it lives, and stops when told."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from foundation import clock, database, health, jobs, outbox
from foundation.jobs import Worker


@pytest.fixture
def registry(db: object, monkeypatch: pytest.MonkeyPatch) -> dict[str, jobs.Job]:
    fresh: dict[str, jobs.Job] = {}
    monkeypatch.setattr(jobs, "JOBS", fresh)
    return fresh


@contextmanager
def working() -> Iterator[Worker]:
    made = Worker()
    thread = threading.Thread(target=made.run)
    thread.start()
    try:
        yield made
    finally:
        made.stop()
        thread.join(60)
    assert not thread.is_alive()


@pytest.fixture
def worker(registry: object) -> Iterator[Worker]:
    with working() as made:
        yield made


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def enqueue(kind: str, *keys: str, urgent: bool = False) -> None:
    with database.writing() as session:
        for key in keys:
            outbox.enqueue(session, kind, key=key, payload={}, urgent=urgent)


def test_a_job_runs_when_due_and_not_before(registry: object, frozen: datetime) -> None:
    runs: list[datetime] = []
    jobs.periodic("count", timedelta(minutes=5))(lambda: runs.append(clock.now()))
    assert jobs.run_due() == ["count"]
    assert jobs.run_due() == []
    with clock.frozen(frozen + timedelta(minutes=5)):
        assert jobs.run_due() == ["count"]
    assert len(runs) == 2


def test_jobs_go_on_at_once_after_the_clock_was_set_back(
    registry: object, frozen: datetime
) -> None:
    runs: list[datetime] = []
    jobs.periodic("ladder", timedelta(seconds=15))(lambda: runs.append(clock.now()))
    with clock.frozen(frozen + timedelta(hours=8)):  # a machine whose clock ran in local time
        assert jobs.run_due() == ["ladder"]
    assert jobs.run_due() == ["ladder"]
    assert jobs.run_due() == []


def test_a_worker_goes_on_at_once_after_the_clock_was_set_back(
    registry: object, frozen: datetime
) -> None:
    runs: list[datetime] = []
    jobs.periodic("ladder", timedelta(seconds=0.1))(lambda: runs.append(clock.now()))
    made = Worker()
    with ThreadPoolExecutor(1) as pool, jobs._served() as served:
        with clock.frozen(frozen + timedelta(hours=8)):
            made._turn(pool, served)
        until(lambda: len(runs) == 1)
        for _second in range(100):
            made._turn(pool, served)
            time.sleep(0.02)
    assert len(runs) > 1


def test_a_beat_of_before_the_clock_was_set_back_hides_no_dead_worker(
    db: object, frozen: datetime
) -> None:
    with clock.frozen(frozen + timedelta(hours=8)):
        jobs.beat("dead")
    with database.reading() as session:
        assert (health.worker_seen_seconds(session) or 0) > 60
    jobs.beat("alive")
    with database.reading() as session:
        assert health.worker_seen_seconds(session) == 0


def test_two_machines_run_a_job_once(registry: object) -> None:
    runs: list[int] = []
    jobs.periodic("count", timedelta(minutes=5))(lambda: runs.append(1))
    threads = [threading.Thread(target=jobs.run_due) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert runs == [1]


def test_a_reconciler_that_finds_something_is_an_alarm(
    registry: object, caplog: pytest.LogCaptureFixture
) -> None:
    jobs.reconciler("missed")(lambda: 2)
    jobs.reconciler("fine")(lambda: 0)
    jobs.periodic("counts its work", timedelta(minutes=1))(lambda: 7)
    jobs.run_due()
    assert "missed had to repair 2" in caplog.text
    with database.reading() as session:
        assert [(run.name, run.found) for run in jobs.alarms(session)] == [("missed", 2)]


def test_a_job_that_fails_is_an_alarm_and_the_others_run(registry: object) -> None:
    def broken() -> int:
        raise LookupError("with a name in it")

    jobs.reconciler("broken")(broken)
    jobs.reconciler("fine")(lambda: 0)
    assert jobs.run_due() == ["broken", "fine"]
    with database.reading() as session:
        assert [run.last_error for run in jobs.alarms(session)] == ["LookupError"]


def test_the_worker_delivers_what_is_committed(
    registry: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[str] = []
    monkeypatch.setitem(outbox.HANDLERS, "test", lambda _payload, key: got.append(key))
    with working():
        enqueue("test", *(f"k{number}" for number in range(50)))
        until(lambda: outbox.status()["done"] == {"test": 50})
    assert sorted(got) == sorted(f"k{number}" for number in range(50))


def test_a_receiver_that_hangs_does_not_stop_the_others(
    registry: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, got = threading.Event(), list[str]()

    def hang(_payload: dict[str, Any], _key: str) -> None:
        release.wait(30)

    monkeypatch.setitem(outbox.HANDLERS, "hangs", hang)
    monkeypatch.setitem(outbox.HANDLERS, "works", lambda _payload, key: got.append(key))
    with working():
        enqueue("hangs", *(f"h{number}" for number in range(20)), urgent=True)
        enqueue("works", "alarm")
        try:
            until(lambda: got == ["alarm"])
        finally:
            release.set()


def test_a_worker_says_that_it_lives(worker: Worker) -> None:
    def seen() -> float | None:
        with database.reading() as session:
            return health.worker_seen_seconds(session)

    until(lambda: seen() is not None)
    assert (seen() or 0) < 10


def test_nobody_is_reported_alive_without_a_worker(db: object) -> None:
    with database.reading() as session:
        assert health.worker_seen_seconds(session) is None


def test_a_second_worker_of_a_sqlite_home_waits(worker: Worker) -> None:
    if not database.is_sqlite():
        pytest.skip("PostgreSQL workers share the work")
    until(lambda: worker._beaten is not None)
    second = Worker()
    thread = threading.Thread(target=second.run)
    thread.start()
    time.sleep(0.2)
    assert second._beaten is None
    worker.stop()
    until(lambda: second._beaten is not None)
    second.stop()
    thread.join(60)
