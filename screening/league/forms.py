"""Forms of pairing, contact log, care tasks and training."""

from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional

from foundation.forms import Form
from foundation.i18n import _l

MODES = (
    ("talk", _l("聊了聊")),
    ("together", _l("一起做了件事")),
    ("message", _l("发了消息")),
    ("call", _l("打了电话")),
    ("other", _l("其他")),
)
ADVICE = (
    _l("这一周多陪陪他：一起吃饭、一起走路，听他说话。"),
    _l("课间叫他一起活动，小组活动时坐在一起。"),
    _l("每天问候一声，他愿意说就听，不愿意说也没关系。"),
    _l("帮他把落下的作业和通知补齐。"),
)


class PairForm(Form):
    student_id = SelectField(_l("和哪位同学结对？"), coerce=int)
    difficulties = SelectMultipleField(
        _l("主要帮助什么？"),
        choices=[
            SelectChoice("economy", _l("经济")),
            SelectChoice("study", _l("学习")),
            SelectChoice("belonging", _l("融入集体")),
            SelectChoice("social", _l("人际交往")),
        ],
        description=_l("只写帮助的方向，可以不选。"),
    )


class ContactForm(Form):
    on_date = DateField(_l("哪一天？"), [InputRequired(_l("请填写日期。"))])
    mode = RadioField(
        _l("怎么联系的？"),
        choices=[SelectChoice(code, words) for code, words in MODES],
        default="talk",
    )
    worried = RadioField(
        _l("你担心他吗？"),
        choices=[SelectChoice("no", _l("不担心")), SelectChoice("yes", _l("有些担心，请老师看看"))],
        default="no",
    )
    words = TextAreaField(
        _l("担心的话，可以写一句"),
        [Optional(), Length(max=400)],
        description=_l("写看到、听到的事。只有心理老师和校团委书记会看到。"),
    )

    def is_worried(self) -> bool:
        """Whether a concern is wanted."""
        return bool(self.worried.data == "yes")


class CareTaskForm(Form):
    alert_id = HiddenField()
    contact = SelectField(_l("发给谁？"), coerce=int)
    advice = TextAreaField(
        _l("请他做什么？"),
        [InputRequired(_l("请写明要做什么。")), Length(max=400)],
        description=_l("同学只看到这段话和姓名。不要写分数、等级、量表或原因。"),
    )
    until = DateField(_l("到哪一天为止？"), [InputRequired(_l("请填写日期。"))])
    confirmed = BooleanField(_l("我知道这个班刚测评过或即将测评，仍然需要现在发放"))


class TrainingForm(Form):
    trained_on = DateField(_l("培训日期"), [InputRequired(_l("请填写日期。"))])
