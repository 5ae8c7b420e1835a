"""Migrating and checking the database through Alembic."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from foundation import database

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


def drift() -> list[str]:
    """What the models have that the migrated database has not, or the other way round."""
    with database.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        return [
            repr(difference) for difference in compare_metadata(context, database.Model.metadata)
        ]
