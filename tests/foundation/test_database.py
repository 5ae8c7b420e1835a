"""Units of work: one fair queue for writers, snapshots for readers, no weak settings."""

import subprocess
import sys
import threading
import time
import traceback
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from foundation import clock, database, outbox
from foundation.database import UtcDateTime, WeakDatabase, reading, session, writing
from foundation.gate import Gate
from foundation.outbox import OutboxMessage
from foundation.problems import Busy

WRITERS = 500


def enqueue(key: str) -> None:
    with writing() as opened:
        read_before_writing = opened.scalar(select(func.count()).select_from(OutboxMessage))
        outbox.enqueue(opened, "none", key=key, payload={"seen": read_before_writing})


def count() -> int:
    with reading() as opened:
        return opened.scalar(select(func.count()).select_from(OutboxMessage)) or 0


def test_five_hundred_writers_at_once_and_none_is_locked_out(db: object) -> None:
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            enqueue(f"k{number}")
        except BaseException as error:  # noqa: BLE001  counted below
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert count() == WRITERS


def write_then_fail() -> None:
    with writing() as outer:
        with writing() as inner:
            assert inner is outer
            outbox.enqueue(inner, "none", key="k", payload={})
        with reading() as seen:
            assert seen is outer
            assert seen.scalar(select(func.count()).select_from(OutboxMessage)) == 1
        raise LookupError


def test_nested_units_are_one_and_an_exception_leaves_nothing_behind(db: object) -> None:
    with pytest.raises(LookupError):
        write_then_fail()
    assert count() == 0


def test_a_reading_unit_cannot_write(db: object) -> None:
    with pytest.raises(DBAPIError), reading() as opened:
        outbox.enqueue(opened, "none", key="k", payload={})
    assert count() == 0


def test_a_reading_unit_sees_one_moment(db: object) -> None:
    with reading() as opened:
        query = select(func.count()).select_from(OutboxMessage)
        assert opened.scalar(query) == 0
        with writing() as written:
            outbox.enqueue(written, "none", key="k", payload={})
        assert opened.scalar(query) == 0
        assert session() is opened
    assert count() == 1


def test_outside_a_unit_there_is_no_session(db: object) -> None:
    with pytest.raises(RuntimeError, match="no unit"):
        session()


def test_moments_are_stored_in_utc_and_naive_ones_refused(db: object) -> None:
    east = timezone(timedelta(hours=8))
    with writing() as opened:
        due = datetime(2026, 11, 23, 9, 0, tzinfo=east)
        outbox.enqueue(opened, "none", key="k", payload={}, due_at=due)
    with reading() as opened:
        found = opened.scalars(select(OutboxMessage.due_at)).one()
    assert found == due
    assert found.tzinfo == UTC
    with pytest.raises(ValueError, match="naive"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), database.engine().dialect)  # noqa: DTZ001


def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "OLDEST_SQLITE", (99, 0, 0))
    with pytest.raises(WeakDatabase, match="99"):
        database.configure(None, tmp_path)


@pytest.mark.parametrize("weak", ["synchronous=NORMAL", "journal_mode=DELETE", "foreign_keys=OFF"])
def test_weak_sqlite_settings_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weak: str
) -> None:
    name = weak.partition("=")[0]
    pragmas = [weak if line.startswith(name) else line for line in database.PRAGMAS]
    monkeypatch.setattr(database, "PRAGMAS", pragmas)
    with pytest.raises(WeakDatabase, match=name):
        database.configure(None, tmp_path)


def test_writers_are_served_in_the_order_they_came(tmp_path: Path) -> None:
    gate, served = Gate(tmp_path), list[int]()
    gate.acquire()

    def wait(number: int) -> None:
        gate.acquire()
        served.append(number)
        gate.release()

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(20)]
    for number, thread in enumerate(threads, start=1):
        thread.start()
        while gate.waiting() < number:
            time.sleep(0.001)
    gate.release()
    for thread in threads:
        thread.join()
    assert served == list(range(20))
    gate.close()


def test_a_queue_that_does_not_move_says_so_and_recovers(tmp_path: Path) -> None:
    gate = Gate(tmp_path, patience=0.05)
    gate.acquire()
    with pytest.raises(Busy):
        gate.acquire()
    gate.release()
    gate.acquire()
    gate.release()
    gate.close()


HOLD = """
import sys, time
from pathlib import Path
from foundation.gate import Gate
gate = Gate(Path(sys.argv[1])); gate.acquire(); print("held", flush=True); time.sleep(60)
"""


def test_the_gate_is_shared_with_other_processes_and_opens_when_they_die(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"held\n"
    gate = Gate(tmp_path, patience=0.1)
    with pytest.raises(Busy):
        gate.acquire()
    other.kill()
    other.wait()
    other.stdout.close()
    gate.acquire()
    gate.release()
    gate.close()


def insert_broken(state: str) -> None:
    now = clock.now()
    with writing() as opened:
        row = {"kind": "x", "payload": {}, "urgent": False, "created_at": now, "due_at": now}
        opened.add(OutboxMessage(key=state, state=state, fence=0, tries=0, **row))


def test_an_error_of_the_database_quotes_no_value(db: object) -> None:
    secret = "林小禾"
    with pytest.raises(DBAPIError) as caught:
        insert_broken(secret)
    assert secret not in "".join(traceback.format_exception(caught.value))
