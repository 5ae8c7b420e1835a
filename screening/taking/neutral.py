"""The quiet sheet of a student who has nothing to answer today: from across the room it looks alike.

Nothing of it is sent or kept.
"""

from dataclasses import dataclass
from typing import Any

from foundation.i18n import _l

FEWEST = 5


@dataclass(frozen=True)
class Quiet:
    """One harmless question about everyday habits."""

    text: Any
    options: tuple[Any, ...]


QUIET = (
    Quiet(
        _l("你觉得一天里什么时候最适合安静地读书？"),
        (_l("清晨"), _l("中午"), _l("傍晚"), _l("晚上")),
    ),
    Quiet(
        _l("如果学校图书角添一类新书，你最想看到哪一类？"),
        (_l("科学"), _l("历史"), _l("小说"), _l("旅行")),
    ),
    Quiet(
        _l("课间十分钟，你更喜欢做什么？"),
        (_l("走一走"), _l("和同学聊天"), _l("喝水休息"), _l("准备下节课")),
    ),
    Quiet(
        _l("你喜欢什么样的天气？"),
        (_l("晴天"), _l("多云"), _l("小雨"), _l("下雪")),
    ),
    Quiet(
        _l("记笔记的时候，你最常用哪种方法？"),
        (_l("分条写"), _l("画图"), _l("写关键词"), _l("抄重点句")),
    ),
    Quiet(
        _l("如果班里养一盆植物，你会选哪一种？"),
        (_l("绿萝"), _l("多肉"), _l("向日葵"), _l("薄荷")),
    ),
    Quiet(
        _l("放学路上，你最常留意到什么？"),
        (_l("树和花"), _l("天空的颜色"), _l("路边的小店"), _l("来往的人")),
    ),
    Quiet(
        _l("下面哪一种运动，你最想多学一点？"),
        (_l("跑步"), _l("球类"), _l("游泳"), _l("跳绳")),
    ),
    Quiet(
        _l("周末早餐，你更想吃什么？"),
        (_l("面条"), _l("粥和小菜"), _l("包子"), _l("面包和牛奶")),
    ),
    Quiet(
        _l("如果可以选一门选修课，你会选哪一门？"),
        (_l("摄影"), _l("手工"), _l("合唱"), _l("编程")),
    ),
    Quiet(
        _l("复习的时候，哪种环境让你更专心？"),
        (_l("安静的房间"), _l("有轻音乐"), _l("图书馆"), _l("和同学一起")),
    ),
    Quiet(
        _l("你更喜欢用什么颜色的笔做标记？"),
        (_l("红色"), _l("蓝色"), _l("绿色"), _l("黄色")),
    ),
    Quiet(
        _l("如果去郊游，你最想去哪里？"),
        (_l("山里"), _l("湖边"), _l("博物馆"), _l("植物园")),
    ),
    Quiet(
        _l("下面哪一种声音让你觉得舒服？"),
        (_l("雨声"), _l("风吹树叶"), _l("海浪"), _l("鸟叫")),
    ),
    Quiet(
        _l("你平时怎样安排要做的事？"),
        (_l("写在本子上"), _l("记在心里"), _l("贴便签"), _l("请家人提醒")),
    ),
    Quiet(
        _l("如果写一封信给一年后的自己，你会先写什么？"),
        (_l("最近学会的事"), _l("身边的朋友"), _l("想去的地方"), _l("喜欢的书")),
    ),
)


def quiet_sheet(items: int) -> tuple[Quiet, ...]:
    """As many questions as the real sheet has, as far as there are."""
    return QUIET[: max(FEWEST, items)]
