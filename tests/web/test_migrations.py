"""The migrations make what the models say, take it away again, and make it once more."""

from sqlalchemy import inspect, text

from foundation import database
from foundation.database import Model
from web import database_commands as migrations

VERSIONS = "alembic_version"


def tables() -> set[str]:
    return set(inspect(database.engine()).get_table_names())


def emptied() -> None:
    Model.metadata.drop_all(database.engine())
    assert tables() == set()


def test_up_down_and_up_again_leave_no_drift(db: str | None) -> None:
    emptied()
    migrations.upgrade()
    assert migrations.drift() == []
    assert tables() == set(Model.metadata.tables) | {VERSIONS}
    migrations.downgrade("base")
    assert tables() == {VERSIONS}
    migrations.upgrade()
    assert migrations.drift() == []


def test_drift_is_noticed(db: str | None) -> None:
    """Control: a column more in the database than in the models."""
    emptied()
    migrations.upgrade()
    with database.engine().begin() as connection:
        connection.execute(text("ALTER TABLE push_channel ADD COLUMN forgotten INTEGER"))
    assert any("forgotten" in each for each in migrations.drift())
