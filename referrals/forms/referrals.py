"""Forms of the school side and of the hospital side of a referral."""

from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from foundation.forms import Form
from foundation.i18n import _l
from referrals import wording
from referrals.forms.options import options, worded

TEXT = Length(max=2000)
SHORT = Length(max=200)


class CheckboxesField(SelectMultipleField):
    """Several choices, each with its own box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class Plain(Form):
    """A step that needs nothing but the button."""


class Worded(Form):
    """A step that needs a reason in words."""

    text = TextAreaField(_l("说明"), validators=[InputRequired(), TEXT])


class LetterForm(Form):
    """F2, the referral form: what the school saw and did; totals and bands are ticked."""

    hospital = RadioField(_l("转介到哪家医院"), coerce=int)
    urgency = RadioField(
        _l("紧急程度"), choices=worded(wording.URGENCIES), validators=[InputRequired()]
    )
    reasons = CheckboxesField(
        _l("转介原因"),
        choices=worded(wording.REFERRAL_REASONS),
        validators=[DataRequired(_l("请至少选择一个原因。"))],
    )
    facts = TextAreaField(
        _l("观察到的事实"),
        description=_l("写看到和听到的，不写诊断。"),
        validators=[InputRequired(), TEXT],
    )
    scores = CheckboxesField(
        _l("附上的测评结果"),
        description=_l("只附总分和区间，不附逐题回答。"),
        validators=[Optional()],
    )
    risk_plan = RadioField(
        _l("有没有具体计划"), choices=worded(wording.RISK_ANSWERS), default="unknown"
    )
    risk_means = RadioField(
        _l("有没有工具或途径"), choices=worded(wording.RISK_ANSWERS), default="unknown"
    )
    risk_attempt = RadioField(
        _l("以前有没有尝试过"), choices=worded(wording.RISK_ANSWERS), default="unknown"
    )
    measures = TextAreaField(_l("已采取的措施"), validators=[Optional(), TEXT])
    protective = TextAreaField(_l("支持与保护因素"), validators=[Optional(), TEXT])
    medication = StringField(_l("已知用药或过敏"), validators=[Optional(), SHORT])
    abuse_report = StringField(_l("强制报告情况和回执编号"), validators=[Optional(), SHORT])
    help = TextAreaField(_l("希望医院协助"), validators=[Optional(), TEXT])
    feedback = RadioField(_l("希望的反馈范围"), choices=worded(wording.FEEDBACK), default="advice")
    escort = StringField(_l("陪同人和授权书编号"), validators=[Optional(), SHORT])
    counselor = StringField(_l("学校联系人"), validators=[InputRequired(), SHORT])

    def letter(self) -> dict[str, Any]:
        """What the form says, without the hospital and the token."""
        skip = {"hospital", "csrf_token"}
        return {f.name: f.data for f in self if f.name not in skip}


class ConsentForm(Form):
    """What the family said; one field per guardian is added by `consent_form`."""

    student = SelectField(_l("学生本人"), choices=worded(wording.ANSWERS))
    attempts = SelectField(
        _l("联系监护人的次数"),
        choices=options((str(n), str(n)) for n in range(10)),
        validators=[Optional()],
    )
    basis = TextAreaField(
        _l("有生命危险时：事实依据"),
        description=_l("写明时间、看到或听到的话和事。依据《精神卫生法》第二十八条，可以先送诊。"),
        validators=[Optional(), TEXT],
    )


def consent_form(guardians: list[tuple[int, str]], **values: Any) -> tuple[ConsentForm, list[str]]:
    """The form with one answer for each guardian (id, words), and the names of those fields."""
    fields = {
        f"guardian_{number}": SelectField(words, choices=worded(wording.ANSWERS))
        for number, words in guardians
    }
    form = type("ConsentFormOfFamily", (ConsentForm,), fields)(prefix="consent-", **values)
    return form, list(fields)


class HospitalForm(Form):
    """Which other hospital."""

    hospital = RadioField(_l("改转到哪家医院"), coerce=int)


class ReturnForm(Form):
    """How the student comes back to class after the hospital's reply."""

    back_on = DateField(
        _l("哪天回到课堂"),
        description=_l("随访从这一天算起；今天已经在校就留空。"),
        validators=[Optional()],
    )
    goals = TextAreaField(
        _l("安全回到课堂的计划"),
        description=_l("怎样开始、谁陪伴、复诊怎样安排、不放心时找谁。"),
        validators=[InputRequired(), TEXT],
    )
    advice = TextAreaField(
        _l("班主任怎样做"),
        description=_l("班主任只看到这一段：写做法，不写病情和分数。"),
        validators=[InputRequired(), TEXT],
    )


class NoteForm(Form):
    """A word for the school while the child is being looked after."""

    text = TextAreaField(_l("给学校的简短说明"), validators=[Optional(), TEXT])


class QuestionForm(Form):
    """What the hospital wants to know."""

    text = TextAreaField(_l("需要学校补充什么"), validators=[InputRequired(), TEXT])


class AnswerForm(Form):
    """What the school answers."""

    text = TextAreaField(_l("回答"), validators=[InputRequired(), TEXT])


class DeclineForm(Form):
    """Why the hospital cannot take the child."""

    reason = RadioField(
        _l("原因"),
        choices=worded(wording.DECLINE_REASONS),
        validators=[InputRequired()],
    )
    note = TextAreaField(_l("补充说明"), validators=[Optional(), TEXT])


class SlotForm(Form):
    """Date and place of the appointment."""

    at = DateTimeLocalField(_l("预约时间"), validators=[InputRequired()])
    department = StringField(_l("科室"), validators=[InputRequired(), SHORT])


class MoveForm(SlotForm):
    """Another date than the one that was given."""

    reason = StringField(_l("改约原因"), validators=[InputRequired(), SHORT])


class SlipForm(Form):
    """F3, the reply slip: advice for the school; a diagnosis only with the guardian's agreement."""

    department = StringField(_l("接诊科室"), validators=[InputRequired(), SHORT])
    outcome = RadioField(
        _l("处理结果"), choices=worded(wording.OUTCOMES), validators=[InputRequired()]
    )
    advice = RadioField(
        _l("给学校的建议"), choices=worded(wording.ADVICE), validators=[InputRequired()]
    )
    risk_today = RadioField(
        _l("目前风险"),
        choices=options([("low", _l("低")), ("medium", _l("中")), ("high", _l("高"))]),
        validators=[InputRequired()],
    )
    next_visit = DateField(_l("复诊日期"), validators=[Optional()])
    fee_relief = StringField(_l("费用减免结果"), validators=[Optional(), SHORT])
    text = TextAreaField(_l("对在校支持的建议"), validators=[Optional(), TEXT])
    share_diagnosis = BooleanField(_l("监护人同意把诊断告诉学校"))
    diagnosis = StringField(
        _l("诊断"),
        description=_l("只有勾选上一项时才会保存。"),
        validators=[Optional(), SHORT],
    )
    signed_by = StringField(_l("填写人"), validators=[InputRequired(), SHORT])

    def slip(self) -> dict[str, Any]:
        """What the slip says, as plain values."""
        values = {f.short_name: f.data for f in self if f.short_name != "csrf_token"}
        visit = values["next_visit"]
        return {**values, "next_visit": visit.isoformat() if visit else None}


class CapacityForm(Form):
    """How much room there is today."""

    capacity = RadioField(
        _l("今天的接诊能力"),
        choices=worded(wording.CAPACITIES),
        validators=[InputRequired()],
    )


class HolderForm(Form):
    """Proof of holding the paper letter."""

    number = StringField(_l("转介函编号"), validators=[InputRequired(), Length(max=30)])
    birth_date = DateField(_l("学生出生日期"), validators=[InputRequired()])
