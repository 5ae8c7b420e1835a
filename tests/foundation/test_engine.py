"""On PostgreSQL each message has a job in its own transaction; the row decides, not the job."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from foundation import clock, database, deliveries, engine, health, outbox
from foundation.jobs import Worker
from foundation.outbox import OutboxMessage

LATER = timedelta(minutes=1)


class Receiver:
    """What arrived, and whether it is up."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.down = False

    def deliver(self, _payload: dict[str, Any], key: str) -> None:
        if self.down:
            raise ConnectionError
        self.keys.append(key)


@pytest.fixture
def receiver(db: str | None, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    if database.is_sqlite():
        pytest.skip("on SQLite a thread drains the outbox")
    made = Receiver()
    monkeypatch.setitem(outbox.HANDLERS, "test", made.deliver)
    return made


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


def enqueue(*keys: str, urgent: bool = False, due_at: datetime | None = None) -> None:
    with database.writing() as session:
        for key in keys:
            outbox.enqueue(session, "test", key=key, payload={}, urgent=urgent, due_at=due_at)


def jobs() -> list[Any]:
    with database.reading() as session:
        return list(session.execute(text("SELECT * FROM procrastinate_jobs ORDER BY id")))


def message(key: str) -> OutboxMessage:
    with database.reading() as session:
        return session.scalars(select(OutboxMessage).where(OutboxMessage.key == key)).one()


def change(statement: str) -> None:
    with database.engine().begin() as connection:
        connection.execute(text(statement))


def run_job(number: int = 0) -> None:
    """What a worker of Procrastinate does with a job."""
    job = jobs()[number]
    change(f"DELETE FROM procrastinate_jobs WHERE id = {job.id}")
    deliveries.deliver(**job.args)


def seen() -> float | None:
    with database.reading() as session:
        return health.worker_seen_seconds(session)


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def test_message_and_job_are_kept_or_given_up_together(receiver: Receiver) -> None:
    with pytest.raises(LookupError), database.writing() as session:  # noqa: PT012
        outbox.enqueue(session, "test", key="a", payload={})
        raise LookupError
    assert jobs() == []
    enqueue("a")
    enqueue("a")
    assert [(job.queue_name, job.args, job.scheduled_at) for job in jobs()] == [
        ("test", {"message_id": message("a").id}, None)
    ]


def test_an_urgent_job_is_taken_first_and_a_later_one_waits(
    receiver: Receiver, frozen: datetime
) -> None:
    enqueue("a")
    enqueue("b", urgent=True)
    enqueue("c", due_at=frozen + LATER)
    ordinary, urgent, later = jobs()
    assert urgent.priority > ordinary.priority
    assert later.scheduled_at == frozen + LATER


def test_a_failure_leaves_a_job_for_the_next_try(receiver: Receiver, frozen: datetime) -> None:
    enqueue("a", urgent=True)
    receiver.down = True
    for wait in (5, 30, 120, 300, 300):
        run_job()
        assert [job.scheduled_at for job in jobs()] == [clock.now() + timedelta(seconds=wait)]
        assert message("a").due_at == clock.now() + timedelta(seconds=wait)
    receiver.down = False
    run_job()
    assert (receiver.keys, jobs(), message("a").state) == (["a"], [], outbox.DONE)


def test_a_message_set_aside_has_no_job_until_a_person_releases_it(receiver: Receiver) -> None:
    enqueue("a")
    receiver.down = True
    for _time in range(outbox.TRIES):
        run_job()
    assert (message("a").state, jobs()) == (outbox.QUARANTINED, [])
    receiver.down = False
    with database.writing() as session:
        assert outbox.release(session, "a")
    run_job()
    assert receiver.keys == ["a"]


def test_one_job_too_many_delivers_nothing_twice(receiver: Receiver) -> None:
    enqueue("a")
    with database.writing() as session:
        engine.defer(session, message("a").id, kind="test", urgent=False)
    with working():
        until(lambda: not jobs())
    assert receiver.keys == ["a"]


def test_a_message_without_a_job_gets_one_and_is_an_alarm(receiver: Receiver) -> None:
    enqueue("a", "b")
    assert engine.mend() == 0
    change("DELETE FROM procrastinate_jobs")
    assert engine.mend() == 2
    assert engine.mend() == 0
    run_job()
    run_job()
    assert receiver.keys == ["a", "b"]


def test_what_a_dead_worker_held_is_delivered_by_another(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue("a")
    change("UPDATE procrastinate_jobs SET status = 'doing'")
    held = outbox.claim(message("a").id)
    assert held is not None
    assert engine.mend() == 0, "the lease still runs"
    with clock.frozen(clock.now() + outbox.LEASE + timedelta(seconds=1)):
        assert engine.mend() == 0, "it was fetched a moment ago"
        monkeypatch.setattr(engine, "SECONDS_TO_CLAIM", 0.0)
        assert engine.mend() == 1
        assert len(jobs()) == 1
        run_job()
    assert receiver.keys == ["a"]


def test_a_long_delivery_keeps_its_lease(receiver: Receiver, frozen: datetime) -> None:
    enqueue("a")
    claim = outbox.claim(message("a").id)
    assert claim is not None

    def slow(_payload: dict[str, Any], _key: str) -> None:
        with clock.frozen(frozen + LATER):
            outbox.keep_leases()
            assert message("a").lease_until == frozen + LATER + outbox.LEASE

    outbox.HANDLERS["test"] = slow
    assert outbox.attempt(claim)
    outbox.keep_leases()
    assert message("a").lease_until is None


def test_the_worker_goes_on_when_its_connections_are_cut(receiver: Receiver) -> None:
    cut = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()"""
    with working():
        enqueue("a")
        until(lambda: outbox.status()["done"] == {"test": 1})
        change(cut)
        enqueue("b")
        until(lambda: receiver.keys == ["a", "b"])
        until(lambda: outbox.status()["done"] == {"test": 2})


def test_a_worker_whose_engine_fails_is_not_reported_alive(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    change("ALTER TABLE procrastinate_workers RENAME TO gone")
    with working():
        until(lambda: "Procrastinate ended" in caplog.text)
        assert seen() is None
        change("ALTER TABLE gone RENAME TO procrastinate_workers")
        until(lambda: seen() is not None)
