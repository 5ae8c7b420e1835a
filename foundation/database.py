"""Model, column types, and the two units of work: reading() and writing()."""

import enum
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Engine,
    Enum,
    ExceptionContext,
    Insert,
    MetaData,
    Update,
    bindparam,
    create_engine,
    event,
    insert,
    inspect,
    update,
)
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.types import TypeDecorator

from foundation.gate import Gate

# Older versions can corrupt a WAL that is reset while another connection writes.
OLDEST_SQLITE = (3, 51, 3)
SQLITE_MODULES = ("pysqlite3.dbapi2", "sqlcipher3.dbapi2", "sqlite3")
PRAGMAS = ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"]
BUSY_TIMEOUT_MS = 30_000
# The values of a statement are names and answers; an error that quotes them ends in a log.
QUIET: dict[str, Any] = {"hide_parameters": True}


class WeakDatabase(RuntimeError):
    """The database would not keep what it acknowledged; the application must not start."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment: any zone in, UTC out; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; SQLite keeps no zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A JSON document; None is SQL NULL."""

    impl = JSON(none_as_null=True)
    cache_ok = True
    coerce_to_is_types = (type(None),)


class Model(DeclarativeBase):
    """The declarative base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: Json,
        list[Any]: Json,
        enum.Enum: Enum(
            enum.Enum,
            native_enum=False,
            length=40,
            values_callable=lambda members: [str(member.value) for member in members],
        ),
    }


@dataclass(frozen=True)
class _Setup:
    home: Path
    reader: Engine
    writer: Engine
    gate: Gate | None


@dataclass(frozen=True)
class _Unit:
    session: Session
    writable: bool


M = TypeVar("M", bound=Model)
_setup: _Setup | None = None
_unit: ContextVar[_Unit | None] = ContextVar("xinqiao_unit", default=None)


def configure(url: str | None, home: Path | str) -> None:
    """Connect the process to its database, once; None means SQLite in `home`.

    Raises:
        WeakDatabase: SQLite is too old, or a setting would lose acknowledged writes.

    """
    global _setup
    dispose()
    folder = Path(home)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    address = _address(url, folder)
    connect = _sqlite if address.startswith("sqlite") else _postgresql
    _setup = connect(address, folder)


def dispose() -> None:
    """Close every connection of the process; configure() may follow."""
    global _setup
    if _setup is not None:
        _setup.reader.dispose()
        _setup.writer.dispose()
        if _setup.gate is not None:
            _setup.gate.close()
    _setup = None


def engine() -> Engine:
    """Return the engine that may write (migrations, table creation, backup)."""
    return _current().writer


def home() -> Path:
    """Return the folder of the installation."""
    return _current().home


def is_sqlite() -> bool:
    """Say whether this process runs on SQLite."""
    return _current().gate is not None


def session() -> Session:
    """Return the session of the unit that is open in this context."""
    unit = _unit.get()
    if unit is None:
        raise RuntimeError("no unit is open: use reading() or writing()")
    return unit.session


def may_write() -> bool:
    """Say whether the unit that is open in this context may write."""
    unit = _unit.get()
    return unit is not None and unit.writable


def hold(session: Session, model: type[M], key: int | str) -> M:
    """Return the row as it is now; until the unit ends nobody else changes it (PostgreSQL)."""
    held = {"key_share": True}
    return session.get_one(model, key, with_for_update=held, populate_existing=True)


@contextmanager
def reading() -> Iterator[Session]:
    """Open a unit that sees one snapshot and cannot write; joins a unit that is open."""
    unit = _unit.get()
    if unit is not None:
        yield unit.session
        return
    with _opened(_current().reader, writable=False) as opened:
        yield opened


@contextmanager
def writing() -> Iterator[Session]:
    """Open a unit that commits on normal exit and rolls back on any exception.

    Inside a writing unit it joins that unit. Inside a reading unit it is a transaction of its own.

    Raises:
        Busy: the write queue did not move in time (SQLite).

    """
    unit = _unit.get()
    if unit is not None and unit.writable:
        yield unit.session
        return
    with gated(), _opened(_current().writer, writable=True) as opened:
        yield opened
        opened.commit()


def insert_now(session: Session, row: Model) -> None:
    """Insert a new row at once; the unit of work would take several times as long.

    For the few rows that are written while everybody else waits. The row gets its key.
    """
    mapper = inspect(type(row))
    given = {
        each.key: row.__dict__[each.key] for each in mapper.column_attrs if each.key in row.__dict__
    }
    done = session.connection().execute(_insert_into(type(row)), given)
    for column, value in zip(mapper.primary_key, done.inserted_primary_key or (), strict=True):
        set_committed_value(row, mapper.get_property_by_column(column).key, value)


def update_now(session: Session, row: Model, **values: Any) -> None:
    """Change columns of one stored row at once, as insert_now()."""
    (key,) = inspect(row).identity or ()
    statement = _update_of(type(row), tuple(values))
    session.connection().execute(statement, values | {"this_row": key})
    for name, value in values.items():
        set_committed_value(row, name, value)


@cache
def _insert_into(model: type[Model]) -> Insert:
    return insert(model.metadata.tables[model.__tablename__])


@cache
def _update_of(model: type[Model], names: tuple[str, ...]) -> Update:
    table, key = model.metadata.tables[model.__tablename__], inspect(model).primary_key[0]
    changes: dict[str, Any] = {name: bindparam(name) for name in names}
    return update(table).where(key == bindparam("this_row")).values(**changes)


@contextmanager
def gated() -> Iterator[None]:
    """Hold the write gate (SQLite) without opening a unit: migrations and restore."""
    gate = _current().gate
    if gate is None:
        yield
        return
    gate.acquire()
    try:
        yield
    finally:
        gate.release()


@contextmanager
def _opened(target: Engine, *, writable: bool) -> Iterator[Session]:
    # Objects stay readable after the commit: a page may still show what an action returned.
    unit = _Unit(Session(target, expire_on_commit=False), writable)
    token = _unit.set(unit)
    try:
        yield unit.session
    finally:
        _unit.reset(token)
        unit.session.close()


def _current() -> _Setup:
    if _setup is None:
        raise RuntimeError("database.configure() was not called")
    return _setup


def _address(url: str | None, folder: Path) -> str:
    if not url:
        return f"sqlite:///{folder.absolute() / 'xinqiao.db'}"
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url.removeprefix(short)
    return url


def _sqlite_module() -> Any:
    found = []
    for name in SQLITE_MODULES:
        try:
            module = import_module(name)
        except ImportError:
            continue
        if module.sqlite_version_info >= OLDEST_SQLITE:
            return module
        found.append(module.sqlite_version)
    oldest = ".".join(map(str, OLDEST_SQLITE))
    raise WeakDatabase(f"SQLite {oldest} or newer is needed; found {found}")


def _sqlite(address: str, folder: Path) -> _Setup:
    os.umask(os.umask(0) | 0o077)  # The database, its WAL and its locks are for this user only.
    options: dict[str, Any] = {
        "module": _sqlite_module(),
        "connect_args": {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
        "pool_size": 8,
        "max_overflow": -1,
        **QUIET,
    }
    writer, reader = create_engine(address, **options), create_engine(address, **options)
    _prepare_sqlite(writer, "BEGIN IMMEDIATE", "OFF")
    _check_sqlite(writer)
    _prepare_sqlite(reader, "BEGIN", "ON")
    return _Setup(folder, reader, writer, Gate(folder))


def _prepare_sqlite(target: Engine, begin: str, query_only: str) -> None:
    @event.listens_for(target, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA query_only={query_only}")

    @event.listens_for(target, "begin")
    def begun(connection: Any) -> None:
        connection.exec_driver_sql(begin)


def _check_sqlite(target: Engine) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    with target.connect() as connection:
        for pragma, value in wanted.items():
            found = connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()
            if found != value:
                raise WeakDatabase(f"SQLite {pragma} is {found}, {value} is needed")


def _postgresql(address: str, folder: Path) -> _Setup:
    writer = create_engine(address, pool_size=8, max_overflow=32, pool_pre_ping=True, **QUIET)
    event.listen(writer, "handle_error", _without_row)
    _check_postgresql(writer)
    reader = writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return _Setup(folder, reader, writer, None)


def _without_row(context: ExceptionContext) -> None:
    """Keep PostgreSQL's sentence, not its detail: that quotes the row that was refused."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args:
            error.args = (str(error.args[0]).partition("\nDETAIL:")[0], *error.args[1:])


def _check_postgresql(target: Engine) -> None:
    wanted = {"synchronous_commit": ("on", "remote_apply"), "fsync": ("on",)}
    with target.connect() as connection:
        for setting, values in wanted.items():
            found = connection.exec_driver_sql(f"SHOW {setting}").scalar()
            if found not in values:
                raise WeakDatabase(f"PostgreSQL {setting} is {found}, {values[0]} is needed")
