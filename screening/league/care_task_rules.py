"""What a care task may say, when it may be released, and its states (pure)."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from accounts.policy import Permission
from foundation.state_machine import Table, Transition
from screening.league import keywords

# words that would tell a fellow student a score, a level, an instrument or a reason
TELLING = (
    "分数", "得分", "总分", "量表", "问卷", "测评", "测试", "筛查", "普查", "预警", "警报", "一级", "二级",
    "三级", "等级", "重点关注", "高危", "高风险", "危机", "阳性", "结果", "诊断", "抑郁", "焦虑", "双相",
    "精神", "心理问题", "心理疾病", "病", "症", "吃药", "服药", "医院", "转介", "个案", "档案",
    "score", "level", "screening", "alert", "depress", "anxi", "risk",
)  # fmt: skip
SCORE = re.compile(r"\d+\s*分(?!钟)")


class State(StrEnum):
    RELEASED = "released"
    ACCEPTED = "accepted"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    ACCEPT = "accept"
    DONE = "done"
    WITHDRAW = "withdraw"


S, E, P = State, Event, Permission
TRANSITIONS: Table[State, Event, Permission] = {
    (S.RELEASED, E.ACCEPT): Transition(S.ACCEPTED, P.CARE_TASK_DO),
    (S.RELEASED, E.DONE): Transition(S.DONE, P.CARE_TASK_DO),
    (S.ACCEPTED, E.DONE): Transition(S.DONE, P.CARE_TASK_DO),
    (S.RELEASED, E.WITHDRAW): Transition(S.WITHDRAWN, P.CARE_TASK_RELEASE),
    (S.ACCEPTED, E.WITHDRAW): Transition(S.WITHDRAWN, P.CARE_TASK_RELEASE),
}


def telling_words(advice: str, names: Iterable[str]) -> list[str]:
    """The words of an advice that would give something away; `names` are those of instruments."""
    plain = keywords.normalised(advice)
    words = (*TELLING, *names)
    found = [word for word in words if keywords.normalised(word) in plain]
    scores = [match.group() for match in SCORE.finditer(advice)]
    spoken = [advice[hit.start : hit.end] for hit in keywords.watch(advice)]
    return list(dict.fromkeys([*scores, *found, *spoken]))


def too_close(sittings: Iterable[datetime], now: datetime, days: int) -> bool:
    """Whether the class sat (or will sit) within so many days of now."""
    return any(abs(now - moment) < timedelta(days=days) for moment in sittings)
