"""Forms of the 12355 desk: one for each event of the ticket table."""

from wtforms import (
    BooleanField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from foundation.forms import Form
from foundation.i18n import _, _l
from referrals import wording
from referrals.forms.options import options, worded
from referrals.forms.referrals import SHORT, TEXT, Plain, Worded


class CallForm(Form):
    """F8: a call, written down while the caller is on the line."""

    desk = SelectField(_l("服务台"), coerce=int)
    kind = RadioField(_l("事项"), choices=worded(wording.KINDS), validators=[InputRequired()])
    risk = RadioField(_l("风险"), choices=worded(wording.RISKS), default="0")
    summary = TextAreaField(_l("来电内容"), validators=[InputRequired(), TEXT])
    channel = SelectField(_l("渠道"), choices=worded(wording.CHANNELS), default="phone")
    caller_type = SelectField(_l("来电人"), choices=worded(wording.CALLERS))
    anonymous = BooleanField(_l("来电人希望匿名"))
    caller_name = StringField(_l("称呼"), validators=[Optional(), Length(max=60)])
    call_back = TelField(
        _l("回拨号码"),
        description=_l("来电人自己的号码；转接来的电话请当面问，不要抄总机号。"),
        validators=[Optional(), Length(max=40)],
    )
    location = StringField(_l("现在在哪里"), validators=[Optional(), SHORT])
    wish = TextAreaField(_l("来电人的愿望"), validators=[Optional(), TEXT])
    foreign_number = StringField(_l("对方工单号"), validators=[Optional(), Length(max=40)])
    consent_to_hand_on = BooleanField(_l("来电人同意在需要时转交其他单位"))


class SchoolCallForm(Form):
    """A school asks the 12355 desk to help with a case."""

    desk = SelectField(_l("服务台"), coerce=int)
    kind = RadioField(_l("事项"), choices=worded(wording.KINDS), validators=[InputRequired()])
    summary = TextAreaField(
        _l("需要服务台做什么"),
        description=_l("只写办理需要的内容；不写分数，不写逐题回答。"),
        validators=[InputRequired(), TEXT],
    )
    call_back = TelField(_l("学校回拨号码"), validators=[InputRequired(), Length(max=40)])
    consent_to_hand_on = BooleanField(_l("当事人同意在需要时转交其他单位"))


class TriageForm(Form):
    """Kind, category and risk."""

    kind = RadioField(_l("事项"), choices=worded(wording.KINDS), validators=[InputRequired()])
    category = SelectField(_l("类别"), choices=worded(wording.CATEGORIES))
    risk = RadioField(_l("风险"), choices=worded(wording.RISKS), validators=[InputRequired()])


class DeskForm(Form):
    """Where to send the ticket."""

    desk = SelectField(_l("派到"), coerce=int)
    text = StringField(_l("理由"), validators=[Optional(), SHORT])


class ReturnForm(Form):
    """Why it is not ours, and whose it is."""

    text = TextAreaField(_l("为什么不属于本台"), validators=[InputRequired(), TEXT])
    desk = SelectField(_l("建议由哪个服务台办理"), coerce=int, default=0)


class ContactForm(Form):
    """Whom one spoke with."""

    whom = RadioField(
        _l("联系到了谁"), choices=worded(wording.CONTACTS), validators=[InputRequired()]
    )
    text = TextAreaField(_l("情况"), validators=[Optional(), TEXT])


class PauseForm(Form):
    """Why and how long to wait."""

    code = RadioField(_l("等待什么"), choices=worded(wording.PAUSES), validators=[InputRequired()])
    hours = IntegerField(
        _l("最多等几小时"), default=4, validators=[InputRequired(), NumberRange(1)]
    )

    def limit(self, hours: int) -> None:
        """The longest pause that the desk's rules allow."""
        self.hours.validators = [InputRequired(), NumberRange(1, hours)]
        self.hours.description = _("最多 %(n)s 小时，到时自动继续。", n=hours)


class ReplyForm(Form):
    """What the caller is told."""

    text = TextAreaField(_l("答复内容"), validators=[InputRequired(), TEXT])
    result = RadioField(
        _l("办理结果"), choices=worded(wording.RESULTS), validators=[InputRequired()]
    )


class RateForm(Form):
    """What the caller said in the call-back."""

    rating = RadioField(
        _l("满意度"),
        choices=options((str(n), str(n)) for n in range(1, 6)),
        validators=[InputRequired()],
    )
    solved = BooleanField(_l("当事人认为问题已经解决"))
    text = TextAreaField(_l("当事人的话"), validators=[Optional(), TEXT])


class TransferForm(Form):
    """To whom the matter is offered."""

    receiver = RadioField(
        _l("接收方"), choices=worded(wording.RECEIVERS), validators=[InputRequired()]
    )
    text = TextAreaField(
        _l("转交的内容"),
        description=_l("转 110 只写地址和危险情况。"),
        validators=[InputRequired(), TEXT],
    )


class ReceiptForm(Form):
    """The receiver's number."""

    receipt = StringField(_l("接收方回执编号"), validators=[InputRequired(), Length(max=60)])


class StandDownForm(Form):
    """Who is with the child now."""

    safe_adult = StringField(_l("现在陪着学生的成年人"), validators=[InputRequired(), SHORT])
    text = TextAreaField(_l("为什么可以解除"), validators=[InputRequired(), TEXT])


class EmergencyForm(Form):
    """That a person dialled 110 or 120."""

    number = RadioField(
        _l("拨打了"),
        choices=options([("110", "110"), ("120", "120")]),
        validators=[InputRequired()],
    )
    receipt = StringField(_l("接警员或回执编号"), validators=[Optional(), SHORT])
    text = TextAreaField(_l("告诉对方的地址和情况"), validators=[InputRequired(), TEXT])


FORMS: dict[str, type[Form]] = {
    "triage": TriageForm,
    "dispatch": DeskForm,
    "assign": DeskForm,
    "accept": Plain,
    "return": ReturnForm,
    "return_again": ReturnForm,
    "contact": ContactForm,
    "wait": PauseForm,
    "resume": Plain,
    "handle": Plain,
    "reply": ReplyForm,
    "invite": Plain,
    "rate": RateForm,
    "redo": Worded,
    "close": Plain,
    "close_unrated": Plain,
    "offer_transfer": TransferForm,
    "transfer_receipt": ReceiptForm,
    "take_back": Worded,
    "ask_stand_down": StandDownForm,
    "stand_down": Plain,
    "follow_up": Worded,
    "escalate": Worded,
    "reopen": Worded,
    "emergency_report": EmergencyForm,
}
