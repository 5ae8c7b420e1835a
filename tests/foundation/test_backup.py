"""A backup made under load comes back as it was; anything else is refused."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from foundation import audit, backup, crypto, database, outbox, push, seals
from foundation.audit import AuditRow
from foundation.backup_file import BackupRefused
from foundation.push import PushChannel


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "backup.key"
    file.write_text("4f" * 32)
    file.chmod(0o600)
    monkeypatch.setenv("XINQIAO_BACKUP_KEY_FILE", str(file))
    return file


def add_rows(first: int = 0, count: int = 5) -> None:
    for number in range(first, first + count):
        with database.writing() as session:
            push.add_channel(
                session,
                by="user:1",
                user_id=number,
                kind="email",
                address=f"p{number}@example.org",
            )
            outbox.enqueue(session, "none", key=f"k{number}", payload={"n": number})


def addresses() -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(PushChannel.address).order_by(PushChannel.id)))


def test_what_was_saved_comes_back_and_work_goes_on(db: object, key: Path, tmp_path: Path) -> None:
    add_rows()
    file = tmp_path / "one.backup"
    assert backup.create(file).startswith("ok ")
    assert backup.verify(file).startswith("ok ")
    add_rows(5)
    saved = crypto.ring().dumps()
    crypto.rotate()
    backup.restore(file, replace=True)
    assert addresses() == [f"p{number}@example.org" for number in range(5)]
    assert crypto.ring().dumps() == saved
    assert seals.verify().ok
    add_rows(5, 1)
    assert len(addresses()) == 6


def test_a_home_with_data_is_not_overwritten_unasked(db: object, key: Path, tmp_path: Path) -> None:
    add_rows()
    backup.create(tmp_path / "one.backup")
    with pytest.raises(BackupRefused, match="--replace"):
        backup.restore(tmp_path / "one.backup")
    assert len(addresses()) == 5


def test_another_key_is_refused(db: object, key: Path, tmp_path: Path) -> None:
    add_rows()
    backup.create(tmp_path / "one.backup")
    key.write_text("5e" * 32)
    with pytest.raises(BackupRefused, match="key"):
        backup.verify(tmp_path / "one.backup")


@pytest.mark.parametrize("harm", ["cut", "flip", "extend"])
def test_a_damaged_file_is_refused(db: object, key: Path, tmp_path: Path, harm: str) -> None:
    add_rows()
    file = tmp_path / "one.backup"
    backup.create(file)
    data = bytearray(file.read_bytes())
    if harm == "cut":
        del data[-20:]
    elif harm == "flip":
        data[len(data) // 2] ^= 1
    else:
        data += b"more"
    file.write_bytes(data)
    with pytest.raises(BackupRefused):
        backup.verify(file)
    with pytest.raises(BackupRefused):
        backup.restore(file, replace=True)
    assert len(addresses()) == 5


def test_the_file_shows_nothing_and_belongs_to_one_user(
    db: object, key: Path, tmp_path: Path
) -> None:
    add_rows()
    file = tmp_path / "one.backup"
    backup.create(file)
    assert b"example.org" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("trouble", ["missing", "open", "short"])
def test_a_poor_key_file_is_refused(db: object, key: Path, tmp_path: Path, trouble: str) -> None:
    if trouble == "missing":
        key.unlink()
    elif trouble == "open":
        key.chmod(0o644)
    else:
        key.write_text("too short")
    with pytest.raises(BackupRefused):
        backup.create(tmp_path / "one.backup")


def test_a_backup_under_load_is_one_moment(db: object, key: Path, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            with database.writing() as session:
                for half in ("a", "b"):
                    audit.record(
                        session, half, by="user:1", organisation_id=1, subject=f"pair:{number}"
                    )
            number += 1
            stop.wait(0.001)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    try:
        backup.create(tmp_path / "one.backup")
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    backup.restore(tmp_path / "one.backup", replace=True)
    with database.reading() as session:
        halves = session.scalars(
            select(func.count()).where(AuditRow.event.in_(["a", "b"])).group_by(AuditRow.event)
        ).all()
    assert len(set(halves)) <= 1
    assert seals.verify().ok


@pytest.mark.parametrize("towards_sqlite", [True, False])
def test_an_installation_moves_to_another_database(
    db: str | None,
    key: Path,
    tmp_path: Path,
    towards_sqlite: bool,  # noqa: FBT001
) -> None:
    places: list[tuple[str | None, Path]] = [(db, database.home()), (None, tmp_path / "other")]
    (old, here), (new, there) = places if towards_sqlite else places[::-1]
    go_to(old, here)
    add_rows()
    seals.seal()
    backup.create(tmp_path / "one.backup")
    go_to(new, there)
    backup.restore(tmp_path / "one.backup")
    assert addresses() == [f"p{number}@example.org" for number in range(5)]
    assert seals.verify().ok
    add_rows(5, 1)
    assert len(addresses()) == 6


def go_to(url: str | None, home: Path) -> None:
    database.configure(url, home)
    crypto.configure(home)
    database.Model.metadata.create_all(database.engine())
