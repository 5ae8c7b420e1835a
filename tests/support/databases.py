"""Fresh databases for tests: copied from one that was made once per process."""

import os
import shutil
from abc import ABC, abstractmethod
from importlib import import_module
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from foundation import crypto, database
from tests.support.project import PACKAGES, ROOT, modules

JOB_ENGINE = ROOT / "migrations" / "procrastinate.sql"


def all_models() -> None:
    """Registers every table of the project, whether the application is imported or not."""
    for path, name in modules(*PACKAGES):
        if "__tablename__" in path.read_text(encoding="utf-8"):
            import_module(name)


def add_job_engine() -> None:
    """Procrastinate's tables, which are no models."""
    if not database.is_sqlite():
        as_it_stands = database.engine().execution_options(no_parameters=True)
        with as_it_stands.begin() as connection:
            connection.exec_driver_sql(JOB_ENGINE.read_text(encoding="utf-8"))


class Fresh(ABC):
    """Makes a home folder and an address, both untouched, as often as asked."""

    def __init__(self, folder: Path) -> None:
        """Build the original once, with keys and all tables."""
        all_models()
        self.original = folder / "original"
        database.configure(self.address("original"), self.original)
        crypto.configure(self.original)
        try:
            database.Model.metadata.create_all(database.engine())
            add_job_engine()
        finally:
            database.dispose()

    @abstractmethod
    def address(self, name: str) -> str | None:
        """The URL of the database with that name; None is the one in the home folder."""

    def make(self, home: Path) -> str | None:
        """Fills the home folder and returns the URL."""
        shutil.copytree(self.original, home, dirs_exist_ok=True)
        return self.address(str(home))

    @abstractmethod
    def drop(self, url: str | None) -> None:
        """Ends a database that make() returned."""

    def close(self) -> None:  # noqa: B027  only a server has something to close
        """Ends the original."""


class FreshSqlite(Fresh):
    """The file of the home folder."""

    def address(self, name: str) -> str | None:
        """The application's own default."""
        return None

    def drop(self, url: str | None) -> None:
        """The folder goes with the test."""


class FreshPostgres(Fresh):
    """CREATE DATABASE ... TEMPLATE on the cluster of XINQIAO_TEST_POSTGRES."""

    def __init__(self, folder: Path) -> None:
        """Connect to the maintenance database."""
        self.cluster = sa.make_url(os.environ["XINQIAO_TEST_POSTGRES"])
        self.prefix = f"xq_{os.getpid()}"
        self.numbers = count(1)
        self.server = sa.create_engine(self.cluster, isolation_level="AUTOCOMMIT")
        self.run(f"CREATE DATABASE {self.prefix}")
        super().__init__(folder)

    def run(self, statement: str) -> None:
        """One statement outside a transaction."""
        with self.server.connect() as connection:
            connection.exec_driver_sql(statement)

    def address(self, name: str) -> str | None:
        """The original, or a new copy of it."""
        if name == "original":
            copy = self.prefix
        else:
            copy = f"{self.prefix}_{next(self.numbers)}"
            self.run(f"CREATE DATABASE {copy} TEMPLATE {self.prefix}")
        return self.cluster.set(database=copy).render_as_string(hide_password=False)

    def drop(self, url: str | None) -> None:
        """At once, with whoever is still connected."""
        self.run(f"DROP DATABASE {sa.make_url(url or '').database} WITH (FORCE)")

    def close(self) -> None:
        """Nothing stays on the server."""
        self.run(f"DROP DATABASE {self.prefix} WITH (FORCE)")
        self.server.dispose()


def fresh(folder: Path) -> Fresh:
    """The kind that XINQIAO_TEST_DB names; SQLite by default."""
    kind = os.environ.get("XINQIAO_TEST_DB", "sqlite")
    return {"sqlite": FreshSqlite, "postgresql": FreshPostgres}[kind](folder)
