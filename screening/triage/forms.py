"""Forms of working on alerts and cases."""

from wtforms import DateTimeLocalField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional

from foundation.forms import Form
from foundation.i18n import _l


class StepForm(Form):
    reason = TextAreaField(_l("理由"), [Optional(), Length(max=2000)])


class CallForm(Form):
    reason = TextAreaField(
        _l("怎样联系上的"), [InputRequired(_l("请写明怎样联系上的。")), Length(max=2000)]
    )


class InterviewForm(Form):
    held_at = DateTimeLocalField(_l("面谈时间"), [InputRequired()], format="%Y-%m-%dT%H:%M")
    record = TextAreaField(_l("面谈记录"), [InputRequired(), Length(max=20000)])
    level = RadioField(
        _l("等级"),
        [InputRequired()],
        choices=[
            SelectChoice("3", _l("一级（重大）")),
            SelectChoice("2", _l("二级（严重）")),
            SelectChoice("1", _l("三级（一般）")),
            SelectChoice("0", _l("暂不需要关注")),
        ],
    )


class PlanForm(Form):
    goals = TextAreaField(_l("目标和措施"), [Optional(), Length(max=4000)])
    advice = TextAreaField(
        _l("给班主任的建议"),
        [Optional(), Length(max=1000)],
        description=_l("班主任只看到这一段；不要写分数、等级和原因。"),
    )
    owner = SelectField(_l("负责人"), coerce=int)
    deputy = SelectField(_l("代理人"), coerce=int, description=_l("负责人不在时由谁顶上。"))


class FollowUpForm(Form):
    what = StringField(_l("要做什么"), [InputRequired(), Length(max=500)])
    due_at = DateTimeLocalField(_l("最晚时间"), [InputRequired()], format="%Y-%m-%dT%H:%M")


class HandoverForm(Form):
    to = SelectField(_l("交给谁"), coerce=int)
    note = TextAreaField(
        _l("交接说明"),
        [InputRequired(), Length(max=4000)],
        description=_l("哪些学生最要紧，约了什么，找谁。"),
    )
    until = DateTimeLocalField(_l("到什么时候"), [Optional()], format="%Y-%m-%dT%H:%M")
