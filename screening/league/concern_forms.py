"""Forms of reporting a concern and of working on it."""

from collections.abc import Sequence

from wtforms import (
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from foundation import clock
from foundation.forms import Form
from foundation.i18n import _, _l
from screening.league import keywords
from screening.league.concern_workflow import LONGEST_WATCH_D

# code, sentence, whether this alone is urgent
SEEN = (
    ("death", _l("说过不想活、想死之类的话"), True),
    ("hurt", _l("身上有伤，或伤害自己"), True),
    ("harmed", _l("被人打、被欺负，或受到侵害"), True),
    ("gone", _l("联系不上，或突然不来学校"), False),
    ("mood", _l("情绪变化很大，哭，或发很大的火"), False),
    ("alone", _l("不和人说话，什么都不想做"), False),
    ("sleep", _l("睡不好、吃不下"), False),
    ("trouble", _l("家里、学习或经济上遇到难处"), False),
)
# what a keyword stands for, for those who are not to read the text itself
SIGNS = {
    "suicide": _l("说过不想活、想死之类的话"),
    "farewell": _l("说了告别的话"),
    "self_harm": _l("身上有伤，或伤害自己"),
    "danger_to_others": _l("可能伤害别人"),
    "abuse": _l("被人打、被欺负，或受到侵害"),
    "loss_of_reality": _l("说听到声音、有人要害他之类的话"),
    "despair": _l("说撑不下去，或联系不上"),
}
URGENT_SEEN = frozenset(code for code, _words, urgent in SEEN if urgent)


def kinds_of_sign(categories: Sequence[str]) -> list[str]:
    """The kinds of sign in words; without any, that the reporter called it urgent."""
    return [str(SIGNS[each]) for each in categories] or [_("报告人认为很急，现在就需要大人")]


class ConcernForm(Form):
    client_key = HiddenField(validators=[InputRequired(), Length(min=8, max=80)])
    school_id = SelectField(_l("学校"), coerce=int)
    who = StringField(
        _l("你担心谁？"),
        [Length(max=80)],
        description=_l("写姓名，从列表里选；不知道姓名，就写哪个班、什么样子。"),
    )
    seen = SelectMultipleField(
        _l("看到或听到了什么？"),
        choices=[SelectChoice(code, words) for code, words, _urgent in SEEN],
        description=_l("可以选几项，也可以都不选。"),
    )
    facts = TextAreaField(
        _l("用自己的话说一说"),
        [Length(max=2000)],
        description=_l("写事实：他做了什么、说了什么。不用判断原因。"),
    )
    seen_on = DateField(_l("哪一天？"), [Optional()])
    place = StringField(_l("在哪里？"), [Optional(), Length(max=80)])
    urgency = RadioField(
        _l("有多急？"),
        choices=[
            SelectChoice(keywords.WORRIED, _l("我有些担心")),
            SelectChoice(keywords.URGENT, _l("很急，现在就需要大人")),
        ],
        default=keywords.WORRIED,
    )
    danger = HiddenField()

    def validate_who(self, field: StringField) -> None:
        """The urgent button alone needs no name."""
        if not self.danger.data and not (field.data or "").strip():
            raise ValidationError(_("请写明担心的是谁；不知道姓名，就写哪个班、什么样子。"))

    def validate_facts(self, field: TextAreaField) -> None:
        """A tick or a few words; the urgent button alone needs neither."""
        if not (self.danger.data or self.seen.data or (field.data or "").strip()):
            raise ValidationError(_("请选一项，或写一句看到、听到的事。"))

    def validate_seen_on(self, field: DateField) -> None:
        """Nobody has seen tomorrow."""
        if field.data and field.data > clock.today():
            raise ValidationError(_("日期不能晚于今天。"))

    def told_urgency(self) -> str:
        """What the reporter's ticks and buttons say together."""
        ticked = URGENT_SEEN & set(self.seen.data or ())
        urgent = self.danger.data or ticked or self.urgency.data == keywords.URGENT
        return keywords.URGENT if urgent else keywords.WORRIED

    def told_facts(self) -> str:
        """The ticks as sentences, then his own words."""
        words = {code: str(sentence) for code, sentence, _urgent in SEEN}
        lines = [words[code] for code in self.seen.data or ()]
        own = (self.facts.data or "").strip()
        pressed = [_("按下了“有人正处于危险中”。")] if self.danger.data else []
        return "\n".join([*pressed, *lines, *([own] if own else [])])


class IdentifyForm(Form):
    who = StringField(
        _l("是哪位学生？"),
        [InputRequired(_l("请填写学生姓名。")), Length(max=80)],
        description=_l("写姓名；同名的，写成“姓名（年级班级）”。"),
    )


class CloseForm(Form):
    reason = TextAreaField(_l("理由"), [InputRequired(_l("请写明理由。")), Length(max=400)])


class WatchForm(CloseForm):
    days = IntegerField(
        _l("再观察几天"), [InputRequired(), NumberRange(min=1, max=LONGEST_WATCH_D)], default=3
    )
