"""Append-only event rows, written in the caller's transaction: no row, no change and no page."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Index, Integer, String, Table, event
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock, crypto
from foundation.classification import INTERNAL
from foundation.database import Json, Model, UtcDateTime, insert_now, writing

MAC_PURPOSE = "audit-row"


class AuditRow(Model):
    """Who did what to which record, when. No foreign keys: rows outlive what they speak of."""

    __tablename__ = "audit_row"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, info=INTERNAL
    )
    at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    event: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    by: Mapped[str] = mapped_column(String(60), info=INTERNAL)
    organisation_id: Mapped[int | None] = mapped_column(Integer, info=INTERNAL)
    subject: Mapped[str] = mapped_column(String(120), info=INTERNAL)
    details: Mapped[dict[str, Any] | None] = mapped_column(Json, info=INTERNAL)
    token: Mapped[str] = mapped_column(String(32), unique=True, info=INTERNAL)
    mac: Mapped[str] = mapped_column(String(64), info=INTERNAL)

    __table_args__ = (
        Index("ix_audit_row_organisation_id_id", "organisation_id", "id"),
        Index("ix_audit_row_subject", "subject", "id"),
        {"sqlite_autoincrement": True},
    )

    def digest(self) -> bytes:
        """Return the SHA-256 of the row with its id, for the seals."""
        return hashlib.sha256(f"{self.id}:{self.mac}".encode()).digest()

    def is_genuine(self) -> bool:
        """Say whether this installation wrote exactly this row."""
        return secrets.compare_digest(self.mac, _mac(self))


def record(
    session: Session,
    event: str,
    *,
    by: str,
    organisation_id: int | None,
    subject: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write one event into the caller's transaction.

    `details` holds ids, states and reasons in codes: never a name, an answer or free text.
    """
    row = AuditRow(
        at=clock.now(),
        event=event,
        by=by,
        organisation_id=organisation_id,
        subject=subject,
        details=None if details is None else json.loads(_canonical(dict(details))),
        token=secrets.token_hex(16),
    )
    row.mac = _mac(row)
    insert_now(session, row)


def record_read(
    event: str, *, by: str, organisation_id: int | None, subjects: Sequence[str]
) -> None:
    """Write one event per record a page is about to show, and commit, before it is rendered."""
    with writing() as session:
        for subject in subjects:
            record(session, event, by=by, organisation_id=organisation_id, subject=subject)
        session.flush()
        reads_of(session).append((event, by, organisation_id, tuple(subjects)))


def reads_of(session: Session) -> list[tuple[str, str, int | None, tuple[str, ...]]]:
    """What the pages of this unit let somebody read: it stays written when the unit is undone."""
    found: list[tuple[str, str, int | None, tuple[str, ...]]] = session.info.setdefault("reads", [])
    return found


def guard_statements(dialect: str) -> list[str]:
    """Return the SQL that makes audit rows and seals unchangeable, for "sqlite" or "postgresql"."""
    tables = ("audit_row", "audit_seal")
    statements = [line for table in tables for line in table_guards(dialect, table)]
    return statements if dialect == "sqlite" else [POSTGRESQL_FUNCTION, *statements]


def table_guards(dialect: str, table: str) -> list[str]:
    """Return the triggers of one table; on PostgreSQL they need POSTGRESQL_FUNCTION first."""
    template = SQLITE_TRIGGERS if dialect == "sqlite" else POSTGRESQL_TRIGGERS
    return [statement.format(table=table) for statement in template]


SQLITE_TRIGGERS = (
    """CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END""",
    """CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END""",
)
POSTGRESQL_TRIGGERS = (
    """CREATE TRIGGER {table}_unchanged BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION audit_unchanged()""",
    """CREATE TRIGGER {table}_not_truncated BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION audit_unchanged()""",
)
POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION audit_unchanged() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit rows are never changed'; END $$
"""


def install_guards(table: Table, connection: Connection, **_: Any) -> None:
    """Add the triggers when tables are created from the metadata."""
    dialect = connection.dialect.name
    if dialect == "postgresql":
        connection.exec_driver_sql(POSTGRESQL_FUNCTION)
    for statement in table_guards(dialect, table.name):
        connection.exec_driver_sql(statement)


event.listen(Model.metadata.tables["audit_row"], "after_create", install_guards)


def _mac(row: AuditRow) -> str:
    fields = [row.token, row.at.isoformat(), row.event, row.by, row.organisation_id, row.subject]
    return crypto.blind_index(MAC_PURPOSE, _canonical([*fields, row.details]))


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
