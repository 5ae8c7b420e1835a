"""Forms of reports: why somebody takes data out, and in which format."""

from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.validators import DataRequired, Length

from foundation.forms import Form, options
from foundation.i18n import _l


class ExportForm(Form):
    """An export has a reason, which is logged with the name of who takes it."""

    reason = TextAreaField(
        _l("为什么要导出"),
        description=_l("理由和您的姓名一起存档；文件的每一行写有您的姓名、时间和导出编号。"),
        validators=[DataRequired(), Length(min=4, max=200)],
    )
    format = RadioField(
        _l("文件格式"),
        choices=options([("xlsx", "Excel (xlsx)"), ("csv", "CSV")]),
        default="xlsx",
    )


class DatasetForm(Form):
    """Data for statistics have a reason too; the file holds no names, so the number leads back."""

    reason = TextAreaField(
        _l("为什么要导出"),
        description=_l("理由和您的姓名一起存档；文件里写有导出编号。"),
        validators=[DataRequired(), Length(min=4, max=200)],
    )
    format = RadioField(
        _l("文件格式"),
        choices=options(
            [
                ("sav", _l("SPSS（sav，也可用 R、Stata、jamovi 打开）")),
                ("zip", _l("CSV 和编码说明（zip）")),
                ("json", _l("FHIR R4（json，给医院或其他系统）")),
            ]
        ),
        default="sav",
    )


class WordingForm(Form):
    """The text of a scale with its licence, as a TOML file."""

    school_id = SelectField(_l("学校"), coerce=int)
    file = FileField(
        _l("文本文件（TOML，UTF-8）"),
        description=_l("写明题目、选项，以及许可的权利人、编号、授予对象和到期日。"),
        validators=[FileRequired(_l("请选择文件。"))],
    )
