"""Forms of one's own account beside the password: the number others ring, and the way back in."""

from wtforms import StringField
from wtforms.validators import Length, Optional, Regexp

from accounts.forms import new_password, repeated_password
from foundation.forms import Form
from foundation.i18n import _l


class RecoveryForm(Form):
    password = new_password(_l("新密码"), _l("请输入新密码。"))
    again = repeated_password()


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
