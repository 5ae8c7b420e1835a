"""Forms of reports: why somebody takes data out, and in which format."""

from wtforms import RadioField, TextAreaField
from wtforms.validators import DataRequired, Length

from foundation.forms import Form
from foundation.i18n import _l


class ExportForm(Form):
    """An export has a reason, which is logged with the name of who takes it."""

    reason = TextAreaField(
        _l("为什么要导出"),
        description=_l("理由和您的姓名会写入日志，也写在文件里。"),
        validators=[DataRequired(), Length(min=4, max=200)],
    )
    format = RadioField(
        _l("文件格式"), choices=[("xlsx", "Excel (xlsx)"), ("csv", "CSV")], default="xlsx"
    )
