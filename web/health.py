"""/healthz, /readyz and the red banner of a dead worker."""

import logging
from typing import Any

from flask import Blueprint, Flask, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from accounts.guard import public
from foundation import database, jobs, outbox
from foundation.i18n import _
from web import database_commands

bp = Blueprint("health", __name__)
log = logging.getLogger(__name__)
DEAD_AFTER_S = 60


def init_app(app: Flask) -> None:
    """Add the two routes."""
    app.register_blueprint(bp)


@bp.get("/healthz")
@public("says only that the process answers")
def healthz() -> ResponseReturnValue:
    """Answer as long as the process lives."""
    return jsonify(ok=True)


@bp.get("/readyz")
@public("says whether the process can do its work; no record is read")
def readyz() -> ResponseReturnValue:
    """200 or 503 with what is missing."""
    state = readiness()
    return jsonify(state), 200 if state["database"] and state["migrations"] else 503


def readiness() -> dict[str, Any]:
    """The four figures of /readyz; a database that does not answer makes the rest unknown."""
    state: dict[str, Any] = {
        "database": False,
        "migrations": False,
        "outbox_oldest_s": None,
        "worker_seen_s": None,
    }
    try:
        with database.reading() as session:
            state["migrations"] = database_commands.is_current(session)
            state["outbox_oldest_s"] = outbox.oldest_seconds(session)
            state["worker_seen_s"] = jobs.seen_seconds(session)
            state["database"] = True
    except SQLAlchemyError:
        log.exception("the database did not answer")
    return state


def worker_warning() -> str | None:
    """The sentence of the red banner when nobody drains the outbox."""
    with database.reading() as session:
        seen = jobs.seen_seconds(session)
    if seen is not None and seen <= DEAD_AFTER_S:
        return None
    return _("后台程序没有在运行：通知可能没有送出。请马上电话联系值班人员，并告诉系统管理员。")
