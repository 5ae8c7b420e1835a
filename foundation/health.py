"""What the health routes report."""

from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from foundation import jobs, outbox
from foundation.database import reading

MIGRATIONS = Path(__file__).parent.parent / "migrations"
OK = "ok"


def readiness() -> dict[str, Any]:
    """Return `{"database", "migrations", "outbox_oldest_s", "worker_seen_s"}`.

    The first two are "ok" or a word for what is wrong; the others are seconds, or None when
    unknown. A worker that is silent does not make the web process unready: it shows as a banner.
    """
    unknown = {"migrations": "unknown", "outbox_oldest_s": None, "worker_seen_s": None}
    try:
        with reading() as session:
            session.execute(select(1))
            migrations = _migrations(session)
            if migrations != OK:
                return {"database": OK, **unknown, "migrations": migrations}
            oldest, seen = outbox.oldest_seconds(session), worker_seen_seconds(session)
    except SQLAlchemyError:
        return {"database": "unreachable", **unknown}
    return {
        "database": OK,
        "migrations": OK,
        "outbox_oldest_s": round(oldest, 3),
        "worker_seen_s": None if seen is None else round(seen, 3),
    }


def is_ready(state: dict[str, Any]) -> bool:
    """Say whether the process may be sent requests."""
    return bool(state["database"] == OK and state["migrations"] == OK)


def worker_seen_seconds(session: Session) -> float | None:
    """Return how long ago a worker was last alive; None if there never was one."""
    return jobs.seen_seconds(session)


def _migrations(session: Session) -> str:
    context = MigrationContext.configure(session.connection())
    present = context.get_current_heads()
    wanted = ScriptDirectory(str(MIGRATIONS)).get_heads()
    if not present:
        return "missing"
    return OK if set(present) == set(wanted) else "behind"
