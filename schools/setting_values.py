"""Settings as people read and write them: names, shown values, and what a value may be (pure)."""

import re
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
    "ticket.return_share": 0.01,
}
MOST: Mapping[str, float] = {"noshow.latest_hour": 23, "ticket.return_share": 1}
HIGHEST = 100_000
SPAN = re.compile(r"(\d{2}):([0-5]\d)-(\d{2}):([0-5]\d)")
# every step of the ladder keeps its minute
AS_MANY = ("ladder.minutes",)


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
        "office.hours": _("上班时间"),
        "clock.referral_draft_h": _("转介单起草后多久内征求同意（小时）"),
        "clock.referral_answer_routine_h": _("普通转介：医院要补充信息时学校多久内回答（小时）"),
        "clock.referral_answer_urgent_h": _("紧急转介：医院要补充信息时学校多久内回答（小时）"),
        "clock.referral_info_pause_d": _("等学校补充信息时医院时限最多停几个工作日"),
        "clock.referral_school_routine_h": _("普通转介：轮到学校时多久内处理（小时）"),
        "clock.referral_school_urgent_h": _("紧急转介：轮到学校时多久内处理（小时）"),
        "clock.referral_red_min": _("有生命危险的转介：每一步多久内处理（分钟）"),
        "clock.referral_visit_h": _("学生到院后多久内就诊（小时）"),
        "clock.referral_reply_high_min": _("医院回执提示高风险：学校多久内确认安全（分钟）"),
        "clock.referral_remind_h": _("医院没有回应：每隔多久再提醒（小时）"),
        "clock.referral_call_min": _("医院没有回应：学校多久内打电话（分钟）"),
        "clock.referral_replan_h": _("转介取消后多久内另作安排（小时）"),
        "clock.referral_incident_h": _("误发后多久内处理（小时）"),
        "clock.appointment_told_h": _("预约后多久内告知监护人（小时）"),
        "clock.noshow_check_h": _("没有按约就诊：多久内确认安全（小时）"),
        "noshow.latest_hour": _("没有按约就诊：当天最晚几点前确认安全（时）"),
        "followup.after_return_h": _("回到课堂后第几小时随访"),
        "referral.letter_d": _("转介函几天内有效（天）"),
        "referral.capacity_stale_h": _("接诊能力多久没更新就算不详（小时）"),
        "referral.reschedules": _("改约几次以后通知校领导（次）"),
        "consent.second_person_h": _("紧急送诊：第二人多久内补签（小时）"),
        "consent.refusal_review_h": _("不同意转介：多久内再谈一次（小时）"),
        "consent.unreachable_h": _("联系不上监护人：多久后校领导决定（小时）"),
        "consent.attempts": _("联系监护人至少几次（次）"),
        "consent.basis_min": _("紧急送诊：多久内写明依据（分钟）"),
        "clock.crisis_triage_min": _("危机工单：多久内分类（分钟）"),
        "clock.ticket_on_workdays": _("个案和咨询的答复时限只算工作日"),
        "clock.ticket_look_h": _("工单没有其他时限时多久再看一次（小时）"),
        "clock.stand_down_follow_h": _("解除危机后多久内随访（小时）"),
        "ticket.return_share": _("退单要在答复时限的前多少以内（0.25 是四分之一）"),
        "ticket.rating_invites": _("未评价办结前回访几天（次）"),
        "ticket.low_rating": _("几分及以下算不满意（分）"),
        "ticket.reopen_d": _("办结后几天内可以重新打开（天）"),
        "ladder.contact_after_ack_min": _("响应后几分钟还没联系上就继续呼叫（分钟）"),
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
        return _listed(key, text, example)
    return _number(key, text, example)


def _listed(key: str, text: str, example: list[Any]) -> list[Any]:
    if isinstance(example[0], dict):
        return list(_lines(text))
    if isinstance(example[0], str):
        return _hours(text)
    values = _rising(text)
    if key in AS_MANY and len(values) != len(example):
        raise Refused(_("要填 %(n)s 个数，一步也不能少。", n=len(example)), "value")
    return values


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
    least, most = LEAST.get(key, 1), MOST.get(key, HIGHEST)
    if value < least:
        raise Refused(_("不能小于 %(least)s。", least=least), "value")
    if value > most:
        raise Refused(_("不能大于 %(most)s。", most=most), "value")
    return value


def _rising(text: str) -> list[int]:
    try:
        values = [int(part) for part in text.replace("，", "、").replace(",", "、").split("、")]
    except ValueError as problem:
        raise Refused(_("请填写用顿号分开的整数，例如 5、10、20。"), "value") from problem
    if values != sorted(set(values)) or values[0] < 0:
        raise Refused(_("数字要从小到大，不能重复。"), "value")
    return values


def _hours(text: str) -> list[str]:
    """Spans of a day, each after the one before: 08:30-12:00、14:00-17:30; 24:00 is midnight."""
    spans = [part.strip() for part in text.replace("，", "、").replace(",", "、").split("、")]
    minutes: list[int] = []
    for span in spans:
        found = SPAN.fullmatch(span)
        if found is None:
            raise Refused(_("请这样填写：08:30-12:00、14:00-17:30。"), "value")
        opens_h, opens_m, closes_h, closes_m = map(int, found.groups())
        minutes += [opens_h * 60 + opens_m, closes_h * 60 + closes_m]
    if minutes != sorted(set(minutes)) or minutes[-1] > 24 * 60:
        raise Refused(_("上班时间要从早到晚，不能重叠。"), "value")
    return spans


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
