"""One encrypted file that holds the whole installation, from either database to either."""

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import JSON, Connection, MetaData, Table, func, inspect, select, text

from foundation import audit, clock, crypto, database, engine, keyring, seals
from foundation.backup_file import BackupRefused, reading_file, writing_file
from foundation.backup_keys import alter_keys, check_keys, unchecked
from foundation.backup_values import decoded, encoded
from foundation.database import Model, home
from foundation.health import MIGRATIONS

FORMAT = 1
VERSION_TABLE = "alembic_version"
BATCH = 500


@dataclass
class Contents:
    """What a backup holds: its head line, and per table the row count and SHA-256 of its rows."""

    head: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return one line for the person at the terminal."""
        rows = sum(table["rows"] for table in self.tables.values())
        return f"{len(self.tables)} tables, {rows} rows, made {self.head['made_at']}"


def create(path: Path) -> str:
    """Write a consistent snapshot while others go on working; return a line about it.

    The file holds every table, the key ring (under the backup key only), and a manifest with row
    counts, digests and the heads of the audit chains.

    Raises:
        BackupRefused: no proper key file.

    """
    seals.seal()
    with database.reading() as session, writing_file(path) as file:
        connection = session.connection()
        contents = Contents(_head(connection))
        contents.head["audit"] = seals.head(session)
        _line(file, {"head": contents.head, "ring": _ring().decode()})
        for table in _tables(connection):
            contents.tables[table.name] = _write_table(file, connection, table)
        _line(file, {"manifest": contents.tables})
    _audited("backup.created", contents)
    return f"ok {path}: {contents}"


def verify(path: Path) -> str:
    """Decrypt the whole file and compare every count and digest; return a line about it.

    Raises:
        BackupRefused: wrong key, damaged, cut off, or not what its manifest says.

    """
    with reading_file(path) as file:
        return f"ok {path}: {_check(file)}"


def restore(path: Path, *, replace: bool = False) -> str:
    """Put a backup into this installation, in one transaction; return a line about it.

    Other processes of this home must be restarted afterwards: they hold the old keys.

    Raises:
        BackupRefused: there is data here and `replace` is False, or verify() would refuse.

    """
    verify(path)
    if not replace and _holds_data():
        raise BackupRefused("this installation holds data; --replace overwrites it")
    with reading_file(path) as file, database.gated(), unchecked() as connection:
        first = json.loads(file.readline())
        _rebuild(connection, first["head"]["revision"])
        contents = _read_tables(file, connection, first["head"])
        _check_restored(connection, contents)
    (home() / seals.ANCHOR).unlink(missing_ok=True)
    keyring.replace_file(keyring.ring_path(home()), keyring.KeyRing.loads(first["ring"].encode()))
    crypto.configure(home())
    _audited("backup.restored", contents)
    return f"ok {path}: {contents}"


def _head(connection: Connection) -> dict[str, Any]:
    revisions = MigrationContext.configure(connection).get_current_heads()
    return {
        "format": FORMAT,
        "made_at": clock.now().isoformat(),
        "database": connection.dialect.name,
        "revision": revisions[0] if revisions else None,
    }


def _ring() -> bytes:
    return keyring.ring_path(home()).read_bytes()


def _tables(connection: Connection) -> list[Table]:
    # Reflected, not our models: encrypted columns stay encrypted, and an older schema is read as
    # it is.
    metadata = MetaData()
    metadata.reflect(connection, resolve_fks=False)
    tables = sorted(metadata.tables.values(), key=lambda table: table.name)
    for column in (column for table in tables for column in table.columns):
        if isinstance(column.type, JSON):
            column.type = JSON(none_as_null=True)
    return [table for table in tables if table.name != VERSION_TABLE and _is_ours(table.name)]


def _is_ours(name: str) -> bool:
    # The jobs of PostgreSQL's engine are made again from the outbox.
    return not name.startswith(engine.TABLES)


def _rows(connection: Connection, table: Table) -> Iterator[list[Any]]:
    order = list(table.primary_key.columns) or list(table.columns)
    query = select(*_columns(table)).order_by(*order)
    for row in connection.execution_options(yield_per=1_000).execute(query):
        yield [encoded(value) for value in row]


def _columns(table: Table) -> list[Any]:
    return sorted(table.columns, key=lambda column: column.name)


def _write_table(file: IO[bytes], connection: Connection, table: Table) -> dict[str, Any]:
    _line(file, {"table": table.name, "columns": [column.name for column in _columns(table)]})
    return _digest(_line(file, row) for row in _rows(connection, table))


def _digest(lines: Iterable[bytes]) -> dict[str, Any]:
    digest, count = hashlib.sha256(), 0
    for line in lines:
        digest.update(line)
        count += 1
    return {"rows": count, "sha256": digest.hexdigest()}


def _line(file: IO[bytes] | None, value: Any) -> bytes:
    line = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    data = line.encode() + b"\n"
    if file is not None:
        file.write(data)
    return data


def _sections(file: IO[bytes]) -> Iterator[tuple[dict[str, Any], Iterator[bytes]]]:
    """Yield every table's line with its row lines, then the manifest with none."""
    line = file.readline()
    while line:
        following: list[bytes] = []
        rows = _until_object(file, following)
        yield json.loads(line), rows
        deque(rows, maxlen=0)
        line = following[0]


def _until_object(file: IO[bytes], following: list[bytes]) -> Iterator[bytes]:
    for line in file:
        if line.startswith(b"{"):
            following.append(line)
            return
        yield line
    following.append(b"")


def _check(file: IO[bytes]) -> Contents:
    first = json.loads(file.readline())
    contents, manifest = Contents(first["head"]), None
    if contents.head["format"] != FORMAT:
        raise BackupRefused("the backup was made by a newer program")
    for section, lines in _sections(file):
        found = _digest(lines)
        if "table" in section:
            contents.tables[section["table"]] = found
        else:
            manifest = section["manifest"]
    if manifest != contents.tables:
        raise BackupRefused("the backup does not hold what its manifest says")
    return contents


def _holds_data() -> bool:
    with database.engine().connect() as connection:
        counts = (
            connection.scalar(select(func.count()).select_from(table))
            for table in _tables(connection)
        )
        return any(counts)


def _rebuild(connection: Connection, revision: str | None) -> None:
    """Leave an empty schema of the backup's revision."""
    cascade = " CASCADE" if connection.dialect.name == "postgresql" else ""
    quote = connection.dialect.identifier_preparer.quote
    for name in filter(_is_ours, inspect(connection).get_table_names()):
        connection.exec_driver_sql(f"DROP TABLE {quote(name)}{cascade}")
    if revision is None:
        Model.metadata.create_all(connection)
        return
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, metadata=Model.metadata)
    command.upgrade(config, revision)


def _read_tables(file: IO[bytes], connection: Connection, head: dict[str, Any]) -> Contents:
    alter_keys(connection, "DEFERRABLE INITIALLY DEFERRED")
    contents, tables = Contents(head), {table.name: table for table in _tables(connection)}
    for section, lines in _sections(file):
        if "table" not in section:
            contents.tables = section["manifest"]
        elif section["table"] in tables:
            _fill(connection, tables[section["table"]], section["columns"], lines)
        else:
            raise BackupRefused(f"the backup has a table this program lacks: {section['table']}")
    check_keys(connection)
    return contents


def _fill(connection: Connection, table: Table, names: list[str], lines: Iterator[bytes]) -> None:
    aware = connection.dialect.name == "postgresql"
    batch: list[dict[str, Any]] = []
    for line in lines:
        values = (decoded(value, aware=aware) for value in json.loads(line))
        batch.append(dict(zip(names, values, strict=True)))
        if len(batch) == BATCH:
            connection.execute(table.insert(), batch)
            batch.clear()
    if batch:
        connection.execute(table.insert(), batch)
    if aware:
        _advance_sequences(connection, table)


def _advance_sequences(connection: Connection, table: Table) -> None:
    for column in table.primary_key.columns:
        name = connection.scalar(
            text("SELECT pg_get_serial_sequence(:table, :column)"),
            {"table": table.name, "column": column.name},
        )
        last = connection.scalar(select(func.max(column))) if name else None
        if last is not None:
            connection.execute(select(func.setval(name, last)))


def _check_restored(connection: Connection, contents: Contents) -> None:
    for table in _tables(connection):
        found = _digest(_line(None, row) for row in _rows(connection, table))
        if found != contents.tables.get(table.name, _digest([])):
            raise BackupRefused(f"{table.name} did not come back as it was; nothing was changed")


def _audited(event: str, contents: Contents) -> None:
    details = {"made_at": contents.head["made_at"], "tables": len(contents.tables)}
    with database.writing() as session:
        audit.record(
            session,
            event,
            by="system:backup",
            organisation_id=None,
            subject="backup",
            details=details,
        )
