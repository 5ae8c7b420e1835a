"""Settings as people read and write them: names, shown values, and what a value may be (pure)."""

from collections.abc import Mapping
from typing import Any

from foundation.i18n import _
from foundation.problems import Refused

# A region may be stricter than the law or the design, never laxer.
LEAST: Mapping[str, float] = {
    "report.small_cell": 10,
    "consent.guardian_below": 14,
    "consent.student_alone_from": 14,
    "league.release_gap_d": 0,
    "forecast.positive_share": 0.01,
}
MOST = 100_000


def names() -> dict[str, str]:
    """What each setting is called; a key without a name is not offered on the page."""
    return {
        "clock.critical_contact_min": _("紧急预警：多久内联系到学生（分钟）"),
        "clock.high_interview_h": _("优先预警：多久内访谈（小时）"),
        "clock.attention_contact_h": _("一般预警：多久内联系（小时）"),
        "clock.crisis_contact_min": _("危机工单：多久内联系（分钟）"),
        "clock.crisis_accept_min": _("危机工单：多久内接单（分钟）"),
        "clock.case_accept_h": _("个案工单：多久内接单（小时）"),
        "clock.consult_accept_h": _("咨询工单：多久内接单（小时）"),
        "clock.case_reply_h": _("个案工单：多久内答复（小时）"),
        "clock.consult_reply_h": _("咨询工单：多久内答复（小时）"),
        "clock.referral_receipt_routine_min": _("普通转介：医院多久内签收（分钟）"),
        "clock.referral_receipt_urgent_min": _("紧急转介：医院多久内签收（分钟）"),
        "clock.referral_decide_routine_h": _("普通转介：医院多久内决定（小时）"),
        "clock.referral_decide_urgent_h": _("紧急转介：医院多久内决定（小时）"),
        "clock.referral_offer_routine_d": _("普通转介：多久内能就诊（天）"),
        "clock.referral_offer_urgent_h": _("紧急转介：多久内能就诊（小时）"),
        "clock.referral_feedback_d": _("就诊后多久内反馈（工作日）"),
        "clock.concern_review_h": _("担心：多久内查看（小时）"),
        "clock.urgent_concern_min": _("紧急担心：多久内联系（分钟）"),
        "clock.pause_cap_h": _("单次暂停最长（小时）"),
        "clock.pause_total_h": _("暂停合计最长（小时）"),
        "ladder.minutes": _("危机逐级呼叫：第几分钟呼叫下一级"),
        "alert.escalate_minutes": _("预警没人接：第几分钟上报"),
        "consent.guardian_below": _("几岁以下须监护人同意（岁）"),
        "consent.student_alone_from": _("几岁起由本人同意（岁）"),
        "taking.idle_lock_s": _("答题页多久不动就锁住（秒）"),
        "taking.grace_min": _("结束后还能提交多久（分钟）"),
        "retest.after_school_days": _("无效问卷几个上学日后重测（天）"),
        "level.words": _("等级叫什么"),
        "help.numbers": _("求助电话"),
        "report.small_cell": _("上报数据少于几人不显示（人）"),
        "league.contact_is_adult": _("团支部联系人是成年人"),
        "league.release_gap_d": _("测评后几天内不派陪伴任务（天）"),
        "forecast.interview_minutes": _("每次访谈大约多久（分钟）"),
        "forecast.positive_share": _("预计需要访谈的比例"),
    }


def shown(value: Any) -> str:
    """A value as the text that parsed() reads again."""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, dict):
        return "\n".join(f"{key} {word}" for key, word in value.items())
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "\n".join(f"{line['number']} {line['what']}" for line in value)
    if isinstance(value, list):
        return "、".join(str(each) for each in value)
    return str(value)


def parsed(key: str, text: str, example: Any) -> Any:
    """The value that a text means, of the same shape as `example` (the default).

    Raises Refused for what cannot be read or is laxer than the least allowed.
    """
    text = text.strip()
    if isinstance(example, bool):
        return _yes(text)
    if isinstance(example, dict):
        return _words(text, example)
    if isinstance(example, list):
        return _lines(text) if isinstance(example[0], dict) else _rising(text)
    return _number(key, text, example)


def _yes(text: str) -> bool:
    known = {_("是"): True, _("否"): False}
    if text not in known:
        raise Refused(_("请填“是”或“否”。"), "value")
    return known[text]


def _number(key: str, text: str, example: float) -> float:
    try:
        value = type(example)(text)
    except ValueError as problem:
        raise Refused(_("请填写数字。"), "value") from problem
    least = LEAST.get(key, 1)
    if not least <= value <= MOST:
        raise Refused(_("不能小于 %(least)s。", least=least), "value")
    return value


def _rising(text: str) -> list[int]:
    try:
        values = [int(part) for part in text.replace("，", "、").replace(",", "、").split("、")]
    except ValueError as problem:
        raise Refused(_("请填写用顿号分开的整数，例如 5、10、20。"), "value") from problem
    if values != sorted(set(values)) or values[0] < 0:
        raise Refused(_("数字要从小到大，不能重复。"), "value")
    return values


def _pairs(text: str) -> list[tuple[str, str]]:
    lines = [line.strip().partition(" ") for line in text.splitlines() if line.strip()]
    if not lines or any(not rest.strip() for _first, _blank, rest in lines):
        raise Refused(_("每行写一项：先写号码，空一格，再写说明。"), "value")
    return [(first, rest.strip()) for first, _blank, rest in lines]


def _words(text: str, example: Mapping[str, str]) -> dict[str, str]:
    found = dict(_pairs(text))
    if set(found) != set(example):
        raise Refused(_("每一级都要有一个说法，一级也不能少。"), "value")
    return found


def _lines(text: str) -> list[dict[str, str]]:
    """Telephone numbers for help; the page of a student in danger must never be empty."""
    pairs = _pairs(text)
    if any(not number.replace("-", "").isdigit() for number, _what in pairs):
        raise Refused(_("每行先写电话号码，再写是什么电话。"), "value")
    return [{"number": number, "what": what} for number, what in pairs]
