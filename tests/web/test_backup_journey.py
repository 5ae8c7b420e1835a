"""A backup taken while a class answers, brought into an empty home: everything works there."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts import passwords
from accounts.models import User
from foundation import backup, crypto, database, seals
from foundation.backup_file import BackupRefused, reading_file
from foundation.database import Model
from schools.models import Student
from screening.models import Draft, Ticket
from tests import make
from tests.screening.taking_room import Browser, Room, browser, room
from tests.support.databases import Fresh
from web import database_commands as migrations

PASSWORD = "一个很长的口令 2026"
WRITERS = 3
PATIENCE_S = 20
# They go on after the backup: the restore itself writes there.
GROWS = {"audit_row", "audit_seal"}


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The key file that every backup needs."""
    file = tmp_path / "backup.key"
    file.write_text("4f" * 32)
    file.chmod(0o600)
    monkeypatch.setenv("XINQIAO_BACKUP_KEY_FILE", str(file))
    return file


@dataclass
class Load:
    """What the class saved, and was told that it is saved."""

    stop: threading.Event = field(default_factory=threading.Event)
    saved: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def answer(self, student: Browser) -> None:
        """Change the first answer again and again."""
        while not self.stop.is_set():
            answer = student.save(q1=student.seq % 4)
            if answer.status_code != 200:
                self.faults.append(answer.get_data(as_text=True))
                return
            self.saved.append(student.seq)

    def wait_for(self, count: int) -> None:
        """Until so many more answers are acknowledged."""
        goal, pause = len(self.saved) + count, threading.Event()
        for _turn in range(PATIENCE_S * 100):
            if len(self.saved) >= goal or self.faults:
                return
            pause.wait(0.01)
        pytest.fail("nobody answers")


@contextmanager
def a_class_at_work(app: Flask, here: Room) -> Iterator[Load]:
    """The students save while the block runs."""
    students = [browser(app).first(here, number) for number in range(WRITERS)]
    load = Load()
    threads = [threading.Thread(target=load.answer, args=(each,)) for each in students]
    for thread in threads:
        thread.start()
    try:
        load.wait_for(10)
        yield load
    finally:
        load.stop.set()
        for thread in threads:
            thread.join(PATIENCE_S)
    assert load.faults == []


def migrated() -> None:
    """The schema as an installation has it, not as the tests make it."""
    Model.metadata.drop_all(database.engine())
    migrations.upgrade()


@contextmanager
def another_home(databases: Fresh, folder: Path) -> Iterator[None]:
    """An installation without data, with keys of its own."""
    database.dispose()
    url = databases.address(str(folder))
    database.configure(url, folder)
    crypto.configure(folder)
    migrated()
    try:
        yield
    finally:
        database.dispose()
        databases.drop(url)


def manifest(file: Path) -> dict[str, Any]:
    """Row count and digest by table, read from the file itself."""
    with reading_file(file) as opened:
        *_rows, last = opened
    found: dict[str, Any] = json.loads(last)["manifest"]
    return found


def counted() -> dict[str, int]:
    """Rows by table, counted in the database."""
    tables = Model.metadata.tables
    with database.reading() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in tables.items()
        }


def test_a_backup_under_load_comes_back_whole(
    app: Flask, fresh_databases: Fresh, key: Path, tmp_path: Path
) -> None:
    migrated()
    here = room(WRITERS)
    with database.writing() as session:
        person = make.user(session, name="陈老师", username="chen")
        person.password_hash = passwords.hashed(PASSWORD)
    file, again = tmp_path / "one.backup", tmp_path / "two.backup"
    with a_class_at_work(app, here) as load:
        before = len(load.saved)
        assert backup.create(file).startswith("ok ")
        load.wait_for(5)
    assert before
    made = manifest(file)

    with another_home(fresh_databases, tmp_path / "elsewhere"):
        assert backup.restore(file).startswith("ok ")
        rows = counted()
        assert {name: rows[name] for name in rows.keys() - GROWS} == {
            name: made[name]["rows"] for name in rows.keys() - GROWS
        }
        backup.create(again)
        came = manifest(again)
        assert {name: came[name] for name in came.keys() - GROWS} == {
            name: made[name] for name in made.keys() - GROWS
        }
        assert seals.verify().ok
        _readable(here)
        signed_in = app.test_client().post(
            "/sign-in", data={"username": "chen", "password": PASSWORD}
        )
        assert signed_in.status_code == 303
        assert migrations.drift() == []


def _readable(here: Room) -> None:
    with database.reading() as session:
        codes = session.scalars(select(Ticket.code).order_by(Ticket.id)).all()
        assert codes == [ticket.code for ticket in here.tickets]
        drafts = {draft.value for draft in session.scalars(select(Draft))}
        assert drafts
        assert drafts <= {"0", "1", "2", "3"}
        assert all(session.scalars(select(Student.name)))
        assert session.scalars(select(User.name)).all() == ["陈老师"]


def test_without_its_key_a_backup_is_worthless(
    app: Flask, fresh_databases: Fresh, key: Path, tmp_path: Path
) -> None:
    migrated()
    room(1)
    backup.create(tmp_path / "one.backup")
    key.write_text("5e" * 32)
    with another_home(fresh_databases, tmp_path / "elsewhere"):
        with pytest.raises(BackupRefused, match="key"):
            backup.restore(tmp_path / "one.backup")
        assert counted()["student"] == 0
