"""Alembic's entry: one connection that foundation.database gives, or a URL for offline SQL."""

from alembic import context
from sqlalchemy import Connection, DateTime
from sqlalchemy.types import TypeDecorator

from foundation import database


def render_item(kind: str, item: object, _autogen: object) -> str | bool:
    """Spell our column types as plain SQLAlchemy, so that a migration knows nothing of the app."""
    if kind == "type" and isinstance(item, TypeDecorator):
        plain = item.impl
        if isinstance(plain, DateTime):
            return "sa.DateTime(timezone=True)"
        return f"sa.{plain!r}"
    return False


def run(connection: Connection) -> None:
    """Migrate over an open connection, in one transaction where the database allows it."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET lock_timeout = '3s'")
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7042)")
    context.configure(
        connection=connection,
        target_metadata=context.config.attributes["metadata"],
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        compare_type=False,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with database.engine().begin() as opened:
        run(opened)
