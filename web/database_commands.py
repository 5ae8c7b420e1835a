"""Migrating and checking the database through Alembic."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from foundation import database, engine

ROOT = Path(__file__).parent.parent


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["metadata"] = database.Model.metadata
    return config


def upgrade(revision: str = "head") -> None:
    """Run the migrations up to a revision, one migrator at a time."""
    _run(command.upgrade, revision)


def downgrade(revision: str) -> None:
    """Run the migrations down to a revision."""
    _run(command.downgrade, revision)


def _run(step: Any, revision: str) -> None:
    config = _config()
    with database.gated(), database.engine().begin() as connection:
        config.attributes["connection"] = connection
        step(config, revision)


def has_tables() -> bool:
    """Whether the database was ever migrated."""
    return inspect(database.engine()).has_table("audit_row")


def drift() -> list[str]:
    """What the models have that the migrated database has not, or the other way round."""
    with database.engine().connect() as connection:
        options = {"compare_type": False, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=options)
        return [
            repr(difference) for difference in compare_metadata(context, database.Model.metadata)
        ]


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or not (name or "").startswith(engine.TABLES)
