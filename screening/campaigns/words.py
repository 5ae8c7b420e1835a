"""Words for a campaign's phases, events and obstacles."""

from foundation.i18n import _
from instruments.library import catalogue
from screening.campaigns.instrument_choices import named
from screening.campaigns.readiness import Obstacle
from screening.campaigns.workflow import Event, Phase


def phase_word(phase: Phase) -> str:
    """What a school calls the phase."""
    return {
        Phase.DRAFT: _("草稿"),
        Phase.AWAITING_APPROVAL: _("待批准"),
        Phase.SCHEDULED: _("未开始"),
        Phase.OPEN: _("进行中"),
        Phase.OVER: _("时间已过"),
        Phase.CLOSED: _("已结束"),
        Phase.CANCELLED: _("已取消"),
    }[phase]


def event_word(event: Event) -> str:
    """The verb on the event's button."""
    return {
        Event.SUBMIT: _("送审"),
        Event.APPROVE: _("批准"),
        Event.RETURN: _("退回修改"),
        Event.CLOSE: _("结束活动"),
        Event.REOPEN: _("重新开放"),
        Event.CANCEL: _("取消活动"),
    }[event]


def title_of(key: str) -> str:
    """The scale as people call it."""
    return named(catalogue.get(key).title)


def obstacle_words(obstacle: Obstacle) -> str:
    """What is missing and what to do about it."""
    scale, _blank, limit = obstacle.value.partition(" ")
    title = f"{title_of(scale)}{limit}" if scale else ""
    words = {
        "no_students": _("所选班级里没有在读学生：请先导入名单。"),
        "no_instruments": _("还没有选择量表。"),
        "window_over": _("结束时间已经过去：请修改时间。"),
        "too_young": _("量表 %(key)s 不适合本校最小的学生：请换一个量表或班级。", key=title),
        "no_wording": _(
            "量表 %(key)s 没有可以显示的中文题目：请导入本校有许可的题目，或只录入纸质答卷。",
            key=title,
        ),
        "licence_expired": _("量表 %(key)s 的许可在活动开始前到期：请先续期。", key=title),
        "cutset_unverified": _(
            "量表 %(key)s 的计分或界值未经核实：要由起草人以外的人批准后才能使用。", key=title
        ),
        "asked_by_a_person": _(
            "量表 %(key)s 只能由受过训练的人当面询问，不能让学生在手机上自己填：请换一个量表。",
            key=title,
        ),
        "duty_too_few_persons": _("值班表上不到两个人：请在“值班表”里补足。"),
        "duty_gap": _("开放期间有时段无人值班：请在“值班表”里补足。"),
        "sensitive_not_approved": _("量表含有关于自伤的题目：要由起草人以外的人批准。"),
    }
    return words[obstacle.code]
