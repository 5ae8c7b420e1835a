"""Readiness tells apart: no database, a schema that is missing or old, and all well."""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from foundation import clock, database, health, jobs, outbox


@pytest.fixture
def migrated(db: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A database stamped "0002", and a migration folder whose head that is."""
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    for number, before in (("0001", None), ("0002", "0001")):
        words = f"revision = {number!r}\ndown_revision = {before!r}\n"
        (versions / f"{number}.py").write_text(words)
    monkeypatch.setattr(health, "MIGRATIONS", versions.parent)
    stamp("0002")
    return versions


def stamp(revision: str | None) -> None:
    with database.engine().begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
        if revision is not None:
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
            connection.execute(text(f"INSERT INTO alembic_version VALUES ('{revision}')"))


def test_all_is_well(migrated: object, frozen: datetime) -> None:
    jobs.beat("worker")
    with database.writing() as session:
        outbox.enqueue(session, "none", key="k", payload={})
    with clock.frozen(frozen + timedelta(seconds=4)):
        state = health.readiness()
    assert state == {
        "database": "ok",
        "migrations": "ok",
        "outbox_oldest_s": 4,
        "worker_seen_s": 4,
    }
    assert health.is_ready(state)


@pytest.mark.parametrize(("revision", "word"), [(None, "missing"), ("0001", "behind")])
def test_a_schema_that_does_not_fit_is_not_ready(
    migrated: object, revision: str | None, word: str
) -> None:
    stamp(revision)
    state = health.readiness()
    assert state["migrations"] == word
    assert not health.is_ready(state)


def unreachable() -> AbstractContextManager[Session]:
    raise OperationalError("", {}, OSError())


def test_a_database_out_of_reach_is_not_ready(db: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "reading", unreachable)
    state = health.readiness()
    assert state["database"] == "unreachable"
    assert not health.is_ready(state)
