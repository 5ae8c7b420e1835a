"""Forms of signing in and of one's own account."""

from wtforms import HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import EqualTo, InputRequired, Length, Regexp

from foundation.forms import Form, options
from foundation.i18n import _l

PROVINCE = r"[1-9]\d0000$"


def new_password(label: str, wanted: str) -> PasswordField:
    """The field in which a password is chosen; `wanted` says that it is empty."""
    return PasswordField(
        label,
        [InputRequired(wanted), Length(max=200)],
        description=_l("至少 10 个字符，几个词连起来最好记。"),
        render_kw={"autocomplete": "new-password"},
    )


def repeated_password() -> PasswordField:
    """The field that repeats what stands in `password`."""
    return PasswordField(
        _l("再输一次密码"),
        [InputRequired(_l("请再输一次密码。")), EqualTo("password", _l("两次输入的密码不一样。"))],
        render_kw={"autocomplete": "new-password"},
    )


class SignInForm(Form):
    username = StringField(
        _l("用户名"),
        [InputRequired(_l("请输入用户名。")), Length(max=60)],
        render_kw={"autocomplete": "username", "autocapitalize": "none"},
    )
    password = PasswordField(
        _l("密码"),
        [InputRequired(_l("请输入密码。")), Length(max=200)],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


class SecondFactorForm(Form):
    code = StringField(
        _l("六位验证码"),
        [InputRequired(_l("请输入验证器里显示的 6 位数字。")), Length(max=12)],
        description=_l("打开手机上的验证器，输入现在显示的数字。"),
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code"},
    )


class NewAccountForm(Form):
    username = StringField(
        _l("用户名"),
        [InputRequired(_l("请给自己起一个用户名。")), Length(min=3, max=60)],
        description=_l("字母、数字都可以，登录时用。"),
        render_kw={"autocomplete": "username", "autocapitalize": "none"},
    )
    password = new_password(_l("密码"), _l("请输入密码。"))
    again = repeated_password()


class SetUpForm(NewAccountForm):
    set_up_code = StringField(
        _l("设置码"),
        [InputRequired(_l("请输入启动时显示的设置码。"))],
        description=_l("启动程序的窗口里显示的一次性设置码。"),
        render_kw={"autocomplete": "off"},
    )
    name = StringField(_l("您的姓名"), [InputRequired(_l("请输入姓名。")), Length(max=60)])
    organisation = StringField(
        _l("所在的省（自治区、直辖市）"),
        [InputRequired(_l("请输入名称。")), Length(max=80)],
        description=_l("只给一个市或者一个县用，也先填所在的省；市、县和学校以后再添加。"),
    )
    code = StringField(
        _l("省的行政区划代码"),
        [
            InputRequired(_l("请输入代码。")),
            Regexp(PROVINCE, message=_l("是后四位为 0 的六位数字。")),
        ],
        description=_l("六位数字，后四位是 0，例如河南省是 410000。"),
        render_kw={"inputmode": "numeric"},
    )


class PasswordForm(Form):
    old = PasswordField(
        _l("现在的密码"),
        [InputRequired(_l("请输入现在的密码。"))],
        render_kw={"autocomplete": "current-password"},
    )
    new = new_password(_l("新密码"), _l("请输入新密码。"))


class ChannelForm(Form):
    kind = SelectField(
        _l("方式"), choices=options([("email", _l("电子邮件")), ("webhook", _l("网络回调"))])
    )
    address = StringField(
        _l("地址"),
        [InputRequired(_l("请输入邮箱或网址。")), Length(max=300)],
        description=_l("通知里只有编号和链接，没有姓名、学校和原因。"),
    )
