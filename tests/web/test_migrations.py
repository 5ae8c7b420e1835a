"""The migrations make what the models say, take it away again, and make it once more."""

from procrastinate.schema import SchemaManager
from sqlalchemy import inspect, text

from foundation import database, engine
from foundation.database import Model
from web import database_commands as migrations

VERSIONS = "alembic_version"


def tables() -> set[str]:
    return set(inspect(database.engine()).get_table_names())


def of_the_job_engine() -> set[str]:
    return {name for name in tables() if name.startswith(engine.TABLES)}


def emptied() -> None:
    Model.metadata.drop_all(database.engine())
    assert tables() == of_the_job_engine()


def test_up_down_and_up_again_leave_no_drift(db: str | None) -> None:
    emptied()
    migrations.upgrade()
    assert migrations.drift() == []
    assert tables() - of_the_job_engine() == set(Model.metadata.tables) | {VERSIONS}
    assert bool(of_the_job_engine()) is not database.is_sqlite()
    migrations.downgrade("base")
    assert tables() == {VERSIONS}
    migrations.upgrade()
    assert migrations.drift() == []


def test_the_job_engine_has_the_schema_that_its_release_expects() -> None:
    """When this fails, write a migration from the files in procrastinate/sql/migrations."""
    installed = (migrations.ROOT / "migrations" / "procrastinate.sql").read_text(encoding="utf-8")
    assert installed.endswith(SchemaManager.get_schema())


def test_drift_is_noticed(db: str | None) -> None:
    """Control: a column more in the database than in the models."""
    emptied()
    migrations.upgrade()
    with database.engine().begin() as connection:
        connection.execute(text("ALTER TABLE push_channel ADD COLUMN forgotten INTEGER"))
    assert any("forgotten" in each for each in migrations.drift())
