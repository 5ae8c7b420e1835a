"""Whatever is done to the audit trail behind the program's back is found, and where."""

import json

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from foundation import audit, database, outbox, seals
from foundation.audit import AuditRow
from foundation.outbox import OutboxMessage


def record(count: int, organisation: int | None = 1) -> None:
    with database.writing() as session:
        for number in range(count):
            audit.record(
                session,
                "case.opened",
                by="user:1",
                organisation_id=organisation,
                subject=f"case:{number}",
                details={"to": "open", "of": [1, 2.5], "字": None},
            )


def tamper(statement: str, **values: object) -> None:
    """Change rows as somebody with the database's own password would: triggers off first."""
    with database.engine().begin() as connection:
        if database.is_sqlite():
            for table in ("audit_row", "audit_seal"):
                for verb in ("update", "delete"):
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_row DISABLE TRIGGER ALL")
            connection.exec_driver_sql("ALTER TABLE audit_seal DISABLE TRIGGER ALL")
        connection.execute(text(statement), values)


def ids() -> list[int]:
    with database.reading() as session:
        return list(session.scalars(select(AuditRow.id).order_by(AuditRow.id)))


def test_an_untouched_trail_is_ok(db: object) -> None:
    for organisation in (None, 1, 2, 1):
        record(3, organisation)
        seals.seal()
    assert str(seals.verify()) == "ok 12 rows, 4 seals"
    assert seals.seal() == 0


def test_an_empty_trail_is_ok(db: object) -> None:
    assert str(seals.verify()) == "ok 0 rows, 0 seals"


def test_sealing_in_small_batches_gives_one_chain(
    db: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "BATCH", 4)
    record(10)
    assert seals.seal() == 10
    assert str(seals.verify()) == "ok 10 rows, 3 seals"


@pytest.mark.parametrize("column", ["event", "by", "subject", "at", "details", "mac"])
@pytest.mark.parametrize("sealed", [True, False])
def test_an_edited_row_is_named(db: object, column: str, sealed: bool) -> None:  # noqa: FBT001
    record(5)
    if sealed:
        seals.seal()
    third = ids()[2]
    value = {"at": "2020-01-01 00:00:00.000000", "details": "{}"}.get(column, "z")
    tamper(f"UPDATE audit_row SET \"{column}\" = '{value}' WHERE id = :id", id=third)
    assert str(seals.verify()) == f"broken 1 row {third}"


@pytest.mark.parametrize("position", [0, 2, 4])
def test_a_deleted_row_is_named(db: object, position: int) -> None:
    record(5)
    seals.seal()
    gone = ids()[position]
    tamper("DELETE FROM audit_row WHERE id = :id", id=gone)
    assert str(seals.verify()) == f"broken 1 row {gone}"


@pytest.mark.parametrize("sealed", [True, False])
def test_an_inserted_row_is_named(db: object, sealed: bool) -> None:  # noqa: FBT001
    record(3)
    record(2, 2)
    if sealed:
        seals.seal()
    fresh = max(ids()) + 1
    tamper(
        'INSERT INTO audit_row (id, at, event, "by", organisation_id, subject, token, mac) '
        "SELECT :id, at, event, \"by\", organisation_id, subject, 'new', mac "
        "FROM audit_row WHERE id = :old",
        id=fresh,
        old=min(ids()),
    )
    assert str(seals.verify()) == f"broken 1 row {fresh}"


def test_two_swapped_rows_are_found(db: object) -> None:
    record(5)
    seals.seal()
    first, second = ids()[1:3]
    for old, new in ((first, 999_999), (second, first), (999_999, second)):
        tamper("UPDATE audit_row SET id = :new WHERE id = :old", old=old, new=new)
    assert str(seals.verify()) == f"broken 1 row {first}"


def test_an_end_that_was_cut_off_with_its_seal_is_found(db: object) -> None:
    record(3)
    seals.seal()
    record(2)
    seals.seal()
    last = ids()[-1]
    tamper("DELETE FROM audit_row WHERE id > :id", id=ids()[2])
    tamper("DELETE FROM audit_seal WHERE last_row = :id", id=last)
    assert str(seals.verify()) == f"broken 1 row {last}"


def test_an_organisation_that_was_wiped_out_is_found(db: object) -> None:
    record(3)
    record(2, 7)
    seals.seal()
    last = ids()[-1]
    tamper("DELETE FROM audit_row WHERE organisation_id = 7")
    tamper("DELETE FROM audit_seal WHERE organisation_id = 7")
    assert str(seals.verify()) == f"broken 7 row {last}"


def test_a_changed_seal_is_found(db: object) -> None:
    record(3)
    seals.seal()
    tamper("UPDATE audit_seal SET sealed_at = '2020-01-01 00:00:00.000000'")
    assert str(seals.verify()) == f"broken 1 row {ids()[0]}"


@pytest.mark.parametrize("table", ["audit_row", "audit_seal"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET organisation_id = 5", "DELETE FROM {}"])
def test_the_program_itself_cannot_change_a_row(db: object, table: str, verb: str) -> None:
    record(2)
    seals.seal()
    with database.writing() as session, pytest.raises(DBAPIError, match="never changed"):
        session.execute(text(verb.format(table)))
    assert seals.verify().ok


def change_with_broken_audit() -> None:
    with database.writing() as session:
        outbox.enqueue(session, "none", key="k", payload={})
        audit.record(session, "x" * 80, by="", organisation_id=1, subject=None)  # type: ignore[arg-type]


def test_without_an_audit_row_there_is_no_change(db: object) -> None:
    with pytest.raises(DBAPIError):
        change_with_broken_audit()
    with database.reading() as session:
        assert session.scalars(select(OutboxMessage)).all() == []


def test_a_read_is_on_record_before_the_page_is_made(db: object) -> None:
    with database.reading():
        audit.record_read(
            "student.read", by="user:1", organisation_id=1, subjects=["student:1", "student:2"]
        )
    with database.reading() as session:
        assert session.scalars(select(AuditRow.subject)).all() == ["student:1", "student:2"]


def test_the_anchor_outside_the_database_holds_the_head(db: object) -> None:
    record(1)
    seals.seal()
    with database.reading() as session:
        head = seals.head(session)
    anchor = json.loads((database.home() / seals.ANCHOR).read_text())
    assert {name: entry["hash"] for name, entry in anchor.items()} == head


def test_the_migration_installs_the_same_guards() -> None:
    assert len(audit.guard_statements("sqlite")) == 4
    assert audit.guard_statements("postgresql")[0] == audit.POSTGRESQL_FUNCTION
