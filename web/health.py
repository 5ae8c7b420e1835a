"""/healthz, /readyz and the red banner of a dead worker."""

from flask import Blueprint, Flask, jsonify
from flask.typing import ResponseReturnValue

from accounts.guard import public
from foundation import database, outbox, push
from foundation import health as checks
from foundation.i18n import _

bp = Blueprint("health", __name__)
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
    state = checks.readiness()
    return jsonify(state), 200 if checks.is_ready(state) else 503


def worker_warning() -> str | None:
    """The sentence of the red banner when nobody drains the outbox, or nothing gets through."""
    with database.reading() as session:
        seen, unheard = checks.worker_seen_seconds(session), outbox.unheard(session)
    if f"push.{push.EMAIL}" in unheard:
        return _(
            "紧急通知送不出去：邮件服务器没有设置好，或者连不上。请马上电话联系值班人员，"
            "并告诉系统管理员。"
        )
    if seen is not None and seen <= DEAD_AFTER_S:
        return None
    return _("后台程序没有在运行：通知可能没有送出。请马上电话联系值班人员，并告诉系统管理员。")
