"""Forms of one student and of one guardian; what the fields mean is checked by the roster's rules."""

from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from foundation.forms import Form, options
from foundation.i18n import _l


class StudentForm(Form):
    """Who a student is."""

    version = HiddenField()
    name = StringField(_l("姓名"), [InputRequired(_l("请输入姓名。")), Length(max=60)])
    pinyin = StringField(
        _l("拼音"),
        [Optional(), Length(max=120)],
        description=_l("留空就自动生成。多音字可以自己写，每个字之间空一格，例如 zeng xiao yue。"),
    )
    klass = SelectField(_l("班级"), coerce=int)
    student_number = StringField(_l("学号"), [Optional(), Length(max=40)])
    sex = SelectField(
        _l("性别"),
        choices=options([("", _l("未填写")), ("男", _l("男")), ("女", _l("女"))]),
    )
    birth_date = StringField(
        _l("出生日期"), [Optional(), Length(max=20)], description=_l("例如 2012-05-08。")
    )
    boarding = SelectField(
        _l("住宿情况"),
        choices=options([("", _l("未填写")), ("住校", _l("住校")), ("走读", _l("走读"))]),
    )
    xueji = StringField(_l("学籍号"), [Optional(), Length(max=40)])
    id_card = StringField(_l("身份证号"), [Optional(), Length(max=40)])
    exam = StringField(_l("考号"), [Optional(), Length(max=40)])


class GuardianForm(Form):
    """Who looks after a student, and how to reach this person."""

    version = HiddenField()
    name = StringField(_l("姓名"), [InputRequired(_l("请输入姓名。")), Length(max=60)])
    relation = StringField(_l("与学生关系"), [Optional(), Length(max=20)])
    phone = StringField(
        _l("电话"), [Optional(), Length(max=40)], render_kw={"type": "tel", "inputmode": "tel"}
    )
    status = SelectField(
        _l("能否联系"),
        choices=options(
            [("present", _l("能联系")), ("absent", _l("不在身边")), ("deceased", _l("已故"))]
        ),
    )
