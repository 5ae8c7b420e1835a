"""Forms of one's own account beside the password: the number others ring, and the way back in."""

from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length, Optional, Regexp

from foundation.forms import Form
from foundation.i18n import _l


class RecoveryForm(Form):
    password = PasswordField(
        _l("新密码"),
        [InputRequired(_l("请输入新密码。")), Length(max=200)],
        description=_l("至少 10 个字符，几个词连起来最好记。"),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("再输一次密码"),
        [InputRequired(_l("请再输一次密码。")), EqualTo("password", _l("两次输入的密码不一样。"))],
        render_kw={"autocomplete": "new-password"},
    )


class PhoneForm(Form):
    phone = StringField(
        _l("电话号码"),
        [
            Optional(),
            Length(max=40),
            Regexp(r"[0-9+][0-9 ()+-]{4,}$", message=_l("电话只能有数字、空格、括号和横线。")),
        ],
        description=_l("学生有危险时，值班的人在预警页上看到它，可以直接打给您。"),
        render_kw={"autocomplete": "tel", "inputmode": "tel"},
    )
