"""Forms of what a region agrees and decides: hospital agreements, days off and make-up workdays."""

from datetime import datetime, time, timedelta
from typing import Any

from wtforms import BooleanField, DateField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from foundation import clock
from foundation.forms import Form, options
from foundation.i18n import _l
from referrals.actions.agreements import Agreement
from referrals.forms.referrals import SHORT


class AgreementForm(Form):
    """A green-channel agreement with a hospital."""

    region = SelectField(_l("以哪个地区的名义"), coerce=int)
    hospital = SelectField(_l("医院"), coerce=int)
    number = StringField(_l("协议编号"), validators=[InputRequired(), Length(max=60)])
    starts_on = DateField(_l("开始日期"), validators=[InputRequired()])
    until = DateField(_l("到期日期（含当天）"), validators=[InputRequired()])
    departments = StringField(
        _l("科室"),
        description=_l("几个科室用顿号分开，例如：儿童青少年精神科、睡眠门诊。"),
        validators=[InputRequired(), SHORT],
    )
    green_phone = StringField(_l("绿色通道电话"), validators=[InputRequired(), Length(max=40)])
    hours = StringField(
        _l("接诊时间"),
        description=_l("例如：周一至周五 8:00-17:00，急诊全天。"),
        validators=[Optional(), Length(max=120)],
    )
    child_psychiatry = BooleanField(_l("有儿童青少年精神科"))

    def agreement(self) -> Agreement:
        """What was agreed, as the action takes it."""
        return Agreement(
            number=(self.number.data or "").strip(),
            starts_at=_midnight(self.starts_on.data),
            until=_midnight(self.until.data) + timedelta(days=1),
            departments=_parts(self.departments.data or ""),
            green_phone=(self.green_phone.data or "").strip(),
            hours=(self.hours.data or "").strip(),
            child_psychiatry=bool(self.child_psychiatry.data),
        )


def _midnight(day: Any) -> datetime:
    return datetime.combine(day, time.min, clock.SHANGHAI)


def _parts(words: str) -> tuple[str, ...]:
    unified = words.replace("，", "、").replace(",", "、")
    return tuple(part.strip() for part in unified.split("、") if part.strip())


class EndForm(Form):
    """Why an agreement ends before its time."""

    reason = StringField(_l("为什么结束"), validators=[InputRequired(), SHORT])


class DayForm(Form):
    """One day that is not as the calendar says."""

    day = DateField(_l("日期"), validators=[InputRequired()])
    works = RadioField(
        _l("这一天"),
        choices=options([("off", _l("放假")), ("on", _l("补班，要上班"))]),
        validators=[InputRequired()],
    )
    reason = StringField(
        _l("依据"),
        description=_l("例如：国务院办公厅关于节假日安排的通知。"),
        validators=[InputRequired(), Length(max=120)],
    )
