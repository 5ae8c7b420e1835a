"""Forms of rosters, staff, terms and organisations."""

from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    DateField,
    Field,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from foundation.forms import Form, options
from foundation.i18n import _l
from foundation.problems import Refused

SUPPLEMENT, WHOLE = "supplement", "whole"


def blame(form: Form, problem: Refused, otherwise: Field) -> None:
    """Show the sentence of a refused action at the field it names, else at another one."""
    field = next((one for one in form if one.name == problem.field), otherwise)
    field.errors = [problem.message]


class UploadForm(Form):
    """A spreadsheet for a school or a county."""

    organisation = SelectField(_l("给哪个机构"), coerce=int)
    file = FileField(
        _l("名单文件"),
        [FileRequired(_l("请选择一个文件。"))],
        description=_l("xlsx、xls、ods 或 csv。先预览，确认后才会改动学生信息。"),
        render_kw={"accept": ".xlsx,.xls,.ods,.csv"},
    )


class CommitForm(Form):
    """The confirmation of a previewed roster, and what becomes of those whom it does not name."""

    scope = RadioField(
        _l("系统里在这些班、名单里没有的学生"),
        choices=options(
            (
                (SUPPLEMENT, _l("保持不变：这是补充名单，例如只列了新来的学生")),
                (WHOLE, _l("标为离校：这是这些班级的完整名单，没有列出的已经不在")),
            )
        ),
        default=SUPPLEMENT,
    )
    confirmed = BooleanField(_l("我已核对上面的变动，确认无误"))


class InviteForm(Form):
    """Who is to hold which role."""

    name = StringField(_l("姓名"), [InputRequired(_l("请输入姓名。")), Length(max=60)])
    organisation = SelectField(_l("机构"), coerce=int)
    role = SelectField(_l("角色"))
    place = SelectField(
        _l("只负责"),
        [Optional()],
        description=_l("班主任请选班级，团支部指导老师和联系人请选团支部；其他角色不用选。"),
    )
    student_number = StringField(
        _l("学号"),
        [Optional(), Length(max=40)],
        description=_l("只有团支部联系人（学生）要填。"),
    )


class TermForm(Form):
    """One term of a school year."""

    organisation = SelectField(_l("机构"), coerce=int)
    school_year = StringField(
        _l("学年"),
        [
            InputRequired(_l("请填写学年。")),
            Regexp(r"^20\d{2}-20\d{2}$", message=_l("请写成 2026-2027 这样。")),
        ],
        render_kw={"inputmode": "numeric", "placeholder": "2026-2027"},
    )
    number = IntegerField(_l("第几学期"), [InputRequired(_l("请填写 1 到 3。")), NumberRange(1, 3)])
    starts_on = DateField(_l("开始日期"), [InputRequired(_l("请填写开始日期。"))])
    ends_on = DateField(_l("结束日期"), [InputRequired(_l("请填写结束日期。"))])


class OrganisationForm(Form):
    """A new organisation below another one."""

    parent = SelectField(_l("上级机构"), coerce=int)
    kind = SelectField(_l("类型"))
    name = StringField(_l("名称"), [InputRequired(_l("请输入名称。")), Length(max=80)])
    code = StringField(
        _l("代码"),
        [InputRequired(_l("请输入代码。")), Length(max=20)],
        description=_l("学校填 10 位学校标识码，地区填行政区划代码。"),
    )
    stage = SelectField(_l("学段"), [Optional()], description=_l("只有学校要选。"))
    phone = StringField(_l("电话"), [Optional(), Length(max=40)])


class DutyForm(Form):
    """Weekly hours of one person."""

    user = SelectField(_l("谁"), coerce=int)
    position = IntegerField(
        _l("第几个呼叫"), [InputRequired(_l("请填写 1 到 9。")), NumberRange(1, 9)]
    )
    weekdays = SelectMultipleField(_l("哪几天"), [InputRequired(_l("请至少选一天。"))], coerce=int)
    starts_at = TimeField(_l("从"), [InputRequired(_l("请填写时间。"))])
    ends_at = TimeField(
        _l("到"),
        [InputRequired(_l("请填写时间。"))],
        description=_l("与开始时间相同表示全天，早于开始时间表示到第二天。"),
    )


class DutyEndForm(Form):
    """Taking a person off duty."""

    accepted = BooleanField(_l("我知道这些时段没有人值班，仍然移出"))


class SettingForm(Form):
    """A new value and why."""

    value = TextAreaField(_l("新的值"), [InputRequired(_l("请填写新的值。")), Length(max=2000)])
    source = StringField(
        _l("依据"),
        [InputRequired(_l("请写明依据，例如文件名称和文号。")), Length(max=200)],
        description=_l("例如：市教育局 2026 年第 12 号通知。"),
    )
