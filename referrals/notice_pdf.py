"""The notice to a guardian who refuses (form F6): what was told, what he chooses, who signs."""

from collections.abc import Mapping
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Table

from foundation import pdf
from foundation.i18n import _
from referrals import wording


def notice(*, content: Mapping[str, Any], hospital: str, day: str, again_h: int) -> bytes:
    """The finished file, to be signed by the guardian or by two witnesses when he will not."""
    title = _("告知书")
    head = pdf.Letterhead(
        organisation=content["school"]["name"],
        title=title,
        notice=_("一式两份，监护人和学校各执一份"),
    )
    story: list[Flowable] = [
        pdf.heading(title),
        pdf.facts(
            [
                (_("学生姓名"), content["student"]["name"]),
                (_("班级"), content["student"]["klass"]),
                (_("建议医院"), hospital),
                (_("日期"), day),
            ]
        ),
        pdf.heading(_("已经告知的事实"), 2),
        pdf.paragraph(content.get("facts") or ""),
        pdf.heading(_("学校的建议"), 2),
        pdf.paragraph(_("建议尽快到医院由医生评估。学校的观察和测评不是诊断。")),
        pdf.paragraph(str(wording.URGENCIES[content["urgency"]])),
        pdf.heading(_("监护人的选择"), 2),
        *pdf.bullets(
            [
                _("□ 同意就诊，预约时间：＿＿＿＿＿＿＿＿"),
                _("□ 暂不就诊，原因：＿＿＿＿＿＿＿＿＿＿＿＿"),
                _("□ 在家采取的措施：有人陪伴 □　收好危险物品 □　其他：＿＿＿＿＿＿"),
            ]
        ),
        pdf.paragraph(
            _(
                "不同意转介不影响学生上学、评优和任何待遇。学校的陪伴和安全计划照常进行，并在 %(n)s 小时内再次沟通。",
                n=again_h,
            )
        ),
        _signatures(),
        pdf.small(_("监护人拒绝签名时，由两位见证人签名并写明时间；拒签本身不代表任何过错。")),
    ]
    return pdf.document(story, head)


def _signatures() -> Table:
    rows = [
        [_("监护人签名："), _("时间：")],
        [_("见证人一签名："), _("时间：")],
        [_("见证人二签名："), _("时间：")],
        [_("告知人（学校）签名："), _("送达方式：")],
    ]
    cells = [[pdf.paragraph(words) for words in row] for row in rows]
    made = Table(cells, colWidths=[pdf.WIDTH * 0.6, pdf.WIDTH * 0.4], rowHeights=[14 * mm] * 4)
    made.setStyle(
        [("LINEBELOW", (0, 0), (-1, -1), 0.4, pdf.LINE), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
    )
    return made
