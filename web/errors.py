"""Every refusal as a page or as JSON, in the visitor's language."""

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException

from accounts.guard import wants_json
from foundation.i18n import _
from foundation.problems import Busy, Problem, WrongState
from referrals import wording

log = logging.getLogger(__name__)
WORDS: Mapping[str, Mapping[str, Any]] = {
    "hospital": wording.REFERRAL_EVENTS,
    "referrals": wording.REFERRAL_EVENTS,
    "letters": wording.REFERRAL_EVENTS,
    "hotline": wording.TICKET_EVENTS,
}


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(Problem, problem)
    app.register_error_handler(CSRFError, csrf)
    app.register_error_handler(HTTPException, http)
    for beyond in (DataError, OverflowError, UnicodeEncodeError):
        app.register_error_handler(beyond, unfit)
    app.register_error_handler(Exception, unexpected)


def problem(error: Problem) -> ResponseReturnValue:
    """A refusal of ours: its own sentence, for a wrong state what is allowed now."""
    allowed = list(error.allowed) if isinstance(error, WrongState) else []
    message = "" if error.status == 404 else error.message
    answer = _answer(error.status, message, allowed)
    if isinstance(error, Busy):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def csrf(_error: CSRFError) -> ResponseReturnValue:
    """A form that was open too long, or not ours."""
    return _answer(400, _("页面已过期，请返回上一页，刷新后再提交。"), [])


def http(error: HTTPException) -> ResponseReturnValue:
    """Werkzeug's own errors; a redirect stays one."""
    if error.code is None or error.code < 400:
        return error.get_response()
    return _answer(error.code, "", [])


def unfit(error: Exception) -> ResponseReturnValue:
    """What no column can hold: a number of thirty digits, a NUL, a day before all calendars."""
    log.warning("refused: %s", type(error).__name__)
    return _answer(422, "", [])


def unexpected(error: Exception) -> ResponseReturnValue:
    """A fault of ours: a number for the person, the traceback for the log only."""
    reference = secrets.token_hex(4)
    log.error("unexpected %s (%s)", type(error).__name__, reference, exc_info=error)
    return _answer(500, "", [], reference)


def _answer(
    status: int, message: str, allowed: list[str], reference: str | None = None
) -> Response:
    if wants_json():
        body = {"error": message or _title(status), "allowed": allowed, "reference": reference}
        return make_response(jsonify({k: value for k, value in body.items() if value}), status)
    page = render_template(
        "errors/page.html",
        status=status,
        title=_title(status),
        message=message or _advice(status),
        allowed=_in_words(allowed),
        reference=reference,
    )
    return make_response(page, status)


def _in_words(events: list[str]) -> list[tuple[str, str]]:
    """What is possible now with the words of its buttons; what only a clock causes is left out."""
    words = WORDS.get(request.blueprint or "", {})
    return [(event, str(words.get(event, event))) for event in events if event != "overdue"]


def _title(status: int) -> str:
    titles = {
        400: _("请求有误"),
        403: _("没有权限"),
        404: _("没有找到"),
        405: _("不能这样打开"),
        409: _("现在不能这样做"),
        410: _("已经结束"),
        413: _("文件太大"),
        422: _("内容有误"),
        429: _("请稍等"),
        503: _("请稍后再试"),
    }
    return titles.get(status, _("出了点问题"))


def _advice(status: int) -> str:
    advice = {
        404: _("没有这个页面，或者不在您的范围内。请核对链接，或从首页进入。"),
        405: _("请从页面上的按钮进入。"),
        409: _(
            "这件事的状态已经变了，可能别人刚处理过；刚才的操作没有保存。请返回上一页，刷新后再看。"
        ),
        413: _("请把文件分成几个再上传。"),
        422: _(
            "有的内容系统存不下（数字太大、日期太远，或有看不见的字符），没有保存。请返回上一页修改。"
        ),
        429: _("请求太多，请等一会儿再试。"),
        503: _("系统正忙，刚才的内容没有保存，请稍后再试。"),
    }
    return advice.get(status, _("请返回上一页再试；如果还不行，请把问题编号告诉管理员。"))
