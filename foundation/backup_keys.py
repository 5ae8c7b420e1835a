"""Foreign keys while a backup is read in: rows come in any order, all keys hold at the end."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, inspect

from foundation import database
from foundation.backup_file import BackupRefused


@contextmanager
def unchecked() -> Iterator[Connection]:
    """Open a transaction in which rows may come in any order; check_keys() ends that."""
    with database.engine().connect() as connection:
        _sqlite_keys(connection, "OFF")
        try:
            with connection.begin():
                yield connection
        finally:
            _sqlite_keys(connection, "ON")


def _sqlite_keys(connection: Connection, mode: str) -> None:
    # SQLite ignores this inside a transaction, so it goes past SQLAlchemy, which would open one.
    raw = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite" and raw is not None:
        raw.cursor().execute(f"PRAGMA foreign_keys={mode}")


def check_keys(connection: Connection) -> None:
    """Refuse rows that point to missing ones, and make the keys strict again."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        alter_keys(connection, "NOT DEFERRABLE")
    elif broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise BackupRefused(f"a row of {broken[0]} points to a missing one; nothing was changed")


def alter_keys(connection: Connection, mode: str) -> None:
    """Say on PostgreSQL when foreign keys are checked: a DEFERRABLE clause."""
    if connection.dialect.name == "sqlite":
        return
    quote = connection.dialect.identifier_preparer.quote
    for (_schema, table), keys in inspect(connection).get_multi_foreign_keys().items():
        for key in keys:
            change = f"ALTER CONSTRAINT {quote(str(key['name']))} {mode}"
            connection.exec_driver_sql(f"ALTER TABLE {quote(table)} {change}")
