"""The form base class: WTForms' own messages in our languages."""

from collections.abc import Iterable
from typing import Any

from flask_wtf import FlaskForm
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from foundation.i18n import _l

# WTForms' English message -> ours. What is missing here shows up in the test, not on a page.
MESSAGES = {
    "Invalid field name '%s'.": _l("表单里没有这一项。"),
    "Field must be equal to %(other_name)s.": _l("与“%(other_name)s”不一致。"),
    "Field must be at least %(min)d character long.": _l("至少 %(min)d 个字符。"),
    "Field cannot be longer than %(max)d character.": _l("最多 %(max)d 个字符。"),
    "Field must be exactly %(max)d character long.": _l("必须正好 %(max)d 个字符。"),
    "Field must be between %(min)d and %(max)d characters long.": _l(
        "字符数要在 %(min)d 到 %(max)d 之间。"
    ),
    "Number must be at least %(min)s.": _l("不能小于 %(min)s。"),
    "Number must be at most %(max)s.": _l("不能大于 %(max)s。"),
    "Number must be between %(min)s and %(max)s.": _l("要在 %(min)s 到 %(max)s 之间。"),
    "Date must be at least %(min)s.": _l("不能早于 %(min)s。"),
    "Date must be at most %(max)s.": _l("不能晚于 %(max)s。"),
    "Date must be between %(min)s and %(max)s.": _l("日期要在 %(min)s 到 %(max)s 之间。"),
    "This field is required.": _l("请填写这一项。"),
    "Invalid input.": _l("这里填写的内容不对。"),
    "Invalid email address.": _l("这不是一个邮箱地址。"),
    "Invalid IP address.": _l("这不是一个 IP 地址。"),
    "Invalid Mac address.": _l("这不是一个 MAC 地址。"),
    "Invalid URL.": _l("这不是一个网址。"),
    "Invalid UUID.": _l("这不是一个 UUID。"),
    "Invalid value, must be one of: %(values)s.": _l("只能是其中之一：%(values)s。"),
    "Invalid value, can't be any of: %(values)s.": _l("不能是其中任何一个：%(values)s。"),
    "This field cannot be edited.": _l("这一项不能修改。"),
    "This field is disabled and cannot have a value.": _l("这一项已停用，不能填写。"),
    "Invalid CSRF Token.": _l("页面已过期，请刷新后再提交。"),
    "CSRF token missing.": _l("页面已过期，请刷新后再提交。"),
    "CSRF failed.": _l("页面已过期，请刷新后再提交。"),
    "CSRF token expired.": _l("页面已过期，请刷新后再提交。"),
    "The CSRF token is missing.": _l("页面已过期，请刷新后再提交。"),
    "The CSRF token is invalid.": _l("页面已过期，请刷新后再提交。"),
    "The CSRF token has expired.": _l("页面已过期，请刷新后再提交。"),
    "The CSRF session token is missing.": _l("页面已过期，请刷新后再提交。"),
    "The CSRF tokens do not match.": _l("页面已过期，请刷新后再提交。"),
    "Invalid Choice: could not coerce.": _l("这个选项不对，请重新选择。"),
    "Choices cannot be None.": _l("没有可选的内容。"),
    "Not a valid choice.": _l("这个选项不对，请重新选择。"),
    "Invalid choice(s): one or more data inputs could not be coerced.": _l(
        "有的选项不对，请重新选择。"
    ),
    "'%(value)s' is not a valid choice for this field.": _l("“%(value)s”不在可选的内容里。"),
    "Not a valid datetime value.": _l("请按“年-月-日 时:分”填写时间。"),
    "Not a valid date value.": _l("请按“年-月-日”填写日期。"),
    "Not a valid time value.": _l("请按“时:分”填写时间。"),
    "Not a valid week value.": _l("请选择一周。"),
    "Not a valid integer value.": _l("请填写整数。"),
    "Not a valid decimal value.": _l("请填写数字。"),
    "Not a valid float value.": _l("请填写数字。"),
}


class Messages:
    """What WTForms asks for the text of a message; it fills in the values itself."""

    def gettext(self, english: str) -> str:
        """Return our sentence in the language of the request."""
        return str(MESSAGES.get(english, english))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Return our sentence; Chinese has no plural and our English avoids it."""
        return self.gettext(singular)


class Form(FlaskForm):
    """A form whose own messages are ours; `validate_on_submit()`, then 422 when it fails."""

    class Meta(FlaskForm.Meta):
        """Messages in our languages."""

        def get_translations(self, form: Any) -> Messages:
            """Return the one catalogue of messages."""
            return Messages()


def options(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """Return (value, label) pairs as the choices of a select or radio field."""
    return [SelectChoice(value, label) for value, label in pairs]
