"""Words for alerts and cases: states, steps, and a rule's inputs as a sentence."""

from collections.abc import Mapping
from typing import Any

from foundation.i18n import _
from screening.campaigns import rule_words
from screening.campaigns.rule_words import Spoken
from screening.triage.alert_workflow import CRITICAL, FOLLOWED, State
from screening.triage.raising import ASK


def state_word(state: str) -> str:
    """What a school calls the state of an alert or a case."""
    return {
        "open": _("待处理"),
        "acknowledged": _("已接手"),
        "in_review": _("评估中"),
        "watch": _("继续观察"),
        "intervene": _("干预中"),
        "refer": _("建议转介"),
        "false_alarm": _("误报"),
        "cleared": _("已解除"),
        "closed": _("已结束"),
        "in_care": _("关怀中"),
        "referred": _("已转介"),
        "returning": _("返校中"),
        "monitoring": _("随访中"),
    }.get(state, state)


def step_word(event: str) -> str:
    """The verb on a button, or what the history says happened."""
    return {
        "raised": _("产生预警"),
        "acknowledge": _("接手"),
        "review": _("开始评估"),
        "watch": _("继续观察"),
        "intervene": _("进入干预"),
        "refer": _("转介医院"),
        "false_alarm": _("记为误报"),
        "clear": _("解除全部标记"),
        "close": _("结束"),
        "assigned": _("分派"),
        "escalated": _("升级呼叫"),
        "contacted": _("已联系上学生"),
        "handed_over": _("工作交接"),
        "asked_again": _("再次求助"),
        "answer_changed": _("学生后来改了答案"),
        "opened": _("建立个案"),
        "start_care": _("开始关怀"),
        "return": _("准备返校"),
        "monitor": _("转为随访"),
        "interviewed": _("面谈并确定等级"),
        "ending_proposed": _("提出结束，等第二人确认"),
        "follow_up_added": _("安排随访"),
        "follow_up_done": _("完成随访"),
        "planned": _("更新计划"),
    }.get(event, event)


def reason_kind(rule: str) -> str:
    """The kind of reason in words, for worklists without scores."""
    return _("本人求助") if rule == ASK else _("测评提示需要关心")


def is_calm(severity: int, state: str, level: int | None) -> bool:
    """Whether a person has judged that nobody need stay at the student's side; never by default."""
    if state not in FOLLOWED or level == CRITICAL:
        return False
    return level is not None or severity < CRITICAL or state == State.WATCH


def what_to_do(severity: int, state: str, level: int | None) -> str:
    """What an adult of the branch does now: it follows what the counselor has found out."""
    if is_calm(severity, state, level):
        return _(
            "心理老师已经在跟进：请照常相处，自然地关心近况，不谈测评；有担心马上告诉心理老师。"
        )
    if state in FOLLOWED:
        return _("心理老师正在跟进，仍要有人陪伴：请不要让学生独处；有危险拨打 110 或 120。")
    if severity == CRITICAL:
        return _("请立即陪伴，不要让学生独处；联系心理老师，有危险拨打 110 或 120。")
    return _("请自然地关心近况，不谈测评；有担心马上告诉心理老师。")


def changed_answer(detail: Mapping[str, Any], spoken: Spoken | None = None) -> str:
    """Both values of an answer that was changed after its alert, which stands all the same."""
    before, after = (_answer(spoken, detail.get(key)) for key in ("from", "to"))
    return _("原来 %(before)s，后来 %(after)s；预警不因此撤回。", before=before, after=after)


def _answer(spoken: Spoken | None, value: object) -> str:
    if value is None:
        return _("不回答")
    return spoken.answer(value) if spoken else str(value)


def alert_facts(
    spoken: Spoken | None, inputs: Mapping[str, Any], rule: str
) -> list[tuple[str, str]]:
    """Why there is an alert, as (name, value): the question and the answer, the score and its cut.

    Inputs of a rule that the library does not know are shown as they are: never nothing.
    """
    found = rule_words.facts(spoken, inputs) if spoken else _as_they_are(inputs)
    if rule == ASK:
        found.insert(0, (_("原因"), reason_kind(rule)))
    if inputs.get("careless"):
        found.append((_("作答质量存疑"), _("是")))
    return found


def _as_they_are(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    names = {
        "instrument": _("量表"),
        "value": _("得分"),
        "item": _("题号"),
        "place": _("地点"),
        "tell_invigilator": _("告诉监考老师"),
        "error": _("错误"),
    }
    truth = {True: _("是"), False: _("否")}
    return [
        (names.get(key, key), truth[value] if isinstance(value, bool) else str(value))
        for key, value in inputs.items()
        if key != "careless" and value != ""
    ]
