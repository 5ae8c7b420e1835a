"""Forms of campaigns, sittings and recorded consent."""

from collections.abc import Mapping

from wtforms import (
    DateTimeLocalField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from foundation.forms import Form, options
from foundation.i18n import _l

WHEN = "%Y-%m-%dT%H:%M"


class CampaignForm(Form):
    school_id = SelectField(_l("学校"), coerce=int)
    name = StringField(_l("名称"), [InputRequired(_l("请给这次测评起个名称。")), Length(max=80)])
    opens_at = DateTimeLocalField(
        _l("开始时间"), [InputRequired(_l("请填写开始时间。"))], format=WHEN
    )
    closes_at = DateTimeLocalField(
        _l("结束时间"), [InputRequired(_l("请填写结束时间。"))], format=WHEN
    )
    instruments = SelectMultipleField(
        _l("量表"),
        [InputRequired(_l("至少选择一个量表。"))],
        description=_l("每个量表后面是界值方案；达到界值的答卷会提醒心理老师，从不显示给学生。"),
    )
    origin = SelectField(
        _l("怎样作答"),
        choices=options(
            [("online", _l("学生在手机或电脑上作答")), ("paper", _l("纸质答卷，由心理老师录入"))]
        ),
        default="online",
        description=_l("列在“只能录入纸质答卷”下面的量表只能用纸质答卷。"),
    )
    klasses = SelectMultipleField(
        _l("参加的班级"), [InputRequired(_l("至少选择一个班级。"))], coerce=int
    )
    note = TextAreaField(_l("备注"), [Optional(), Length(max=400)])
    grades: Mapping[int, str] = {}  # grade of each class, under whose name the page lists it


class ReasonForm(Form):
    reason = TextAreaField(_l("理由"), [InputRequired(_l("请写明理由。")), Length(max=400)])


class ReopenForm(ReasonForm):
    closes_at = DateTimeLocalField(
        _l("新的结束时间"), [InputRequired(_l("请填写新的结束时间。"))], format=WHEN
    )


class SittingForm(Form):
    klass_id = SelectField(_l("班级"), coerce=int)
    starts_at = DateTimeLocalField(_l("开始"), [InputRequired(_l("请填写开始时间。"))], format=WHEN)
    ends_at = DateTimeLocalField(_l("结束"), [InputRequired(_l("请填写结束时间。"))], format=WHEN)
    room = StringField(_l("地点"), [Optional(), Length(max=60)])
    invigilator_id = SelectField(_l("主持人"), coerce=int)
    deputy_id = SelectField(_l("代理人"), coerce=int, description=_l("主持人不在时由谁代替。"))


class GuardianForm(Form):
    check = StringField(
        _l("核对：孩子的出生月日，或学号最后四位"),
        [InputRequired(_l("请填写，用来核对是哪一位学生。")), Length(max=40)],
        description=_l("例如 5 月 8 日填 0508。"),
    )
    signed_name = StringField(
        _l("您的姓名"), [InputRequired(_l("请填写您的姓名。")), Length(max=60)]
    )
    guardian = SelectField(_l("您是孩子的"), choices=[])
    decision = SelectField(
        _l("您的决定"),
        choices=options(
            [
                ("", _l("请选择")),
                ("granted", _l("同意孩子参加")),
                ("declined", _l("不同意孩子参加")),
                ("withdrawn", _l("撤回以前的同意")),
            ]
        ),
        validators=[InputRequired(_l("请选择同意或不同意。"))],
    )
    reason = TextAreaField(_l("想说明的话"), [Optional(), Length(max=400)])


class ClassGuardianForm(Form):
    student_number = StringField(
        _l("孩子的学号"), [InputRequired(_l("请填写学号。")), Length(max=40)]
    )
    birth_date = StringField(
        _l("孩子的出生日期"),
        [InputRequired(_l("请填写出生日期。")), Length(max=20)],
        description=_l("例如 2012-05-08。"),
    )
    next = HiddenField()
