"""The referral letter on paper: A4, room for the seal, a code that says nothing by itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Table

from foundation import pdf
from foundation.i18n import _
from referrals import wording


def letter(
    *, number: str, sent_on: str, hospital: str, content: Mapping[str, Any], link: str
) -> bytes:
    """The finished file; `link` is the address behind the code, an opaque token and no name."""
    head = pdf.Letterhead(
        organisation=content["school"]["name"],
        title=_("学生心理健康转介函"),
        number=number,
        notice=_("内容涉及个人隐私，仅供收件医院为该学生诊疗使用"),
    )
    story: list[Flowable] = [
        pdf.heading(_("学生心理健康转介函")),
        pdf.paragraph(_("%(hospital)s：", hospital=hospital)),
        pdf.paragraph(
            _(
                "我校学生需要贵院进一步评估，请按绿色通道安排。本函只反映学校观察和测评提示，不是诊断。"
            )
        ),
        pdf.facts(_head_facts(number, sent_on, content)),
    ]
    for title, words in wording.letter_paragraphs(content):
        story += [pdf.heading(title, 2), pdf.paragraph(words)]
    story += _totals(content["instruments"])
    story.append(_foot(number, link))
    return pdf.document(story, head)


def _head_facts(number: str, sent_on: str, content: Mapping[str, Any]) -> list[tuple[str, object]]:
    return [
        (_("编号"), number),
        (_("日期"), sent_on),
        *wording.letter_facts(content),
    ]


def _totals(instruments: Sequence[Mapping[str, Any]]) -> list[Flowable]:
    if not instruments:
        return []
    rows = [[r["title"], r["date"], r["total"], r["band"] or "–"] for r in instruments]
    return [
        pdf.heading(_("测评（只列总分和区间）"), 2),
        pdf.table(
            [_("量表"), _("日期"), _("总分"), _("区间")], rows, widths=(4, 3, 2, 4), numbers=(2,)
        ),
    ]


def _foot(number: str, link: str) -> Table:
    """The code with its words at the left, room for signature and seal at the right."""
    code = [
        pdf.qr(link),
        pdf.small(_("编号 %(number)s", number=number)),
        pdf.small(_("扫码可查本函是否有效；没有账号的医院，凭编号和学生出生日期填写收件和回执。")),
        pdf.small(_("没有手机时，在电脑上打开：%(link)s", link=link)),
    ]
    seal = [
        pdf.paragraph(words, pdf.CENTRED)
        for words in (_("学校（盖章）"), _("心理老师签名："), _("日期：＿＿＿＿年＿＿月＿＿日"))
    ]
    foot = Table([[code, seal]], colWidths=[pdf.WIDTH * 0.5] * 2, rowHeights=[58 * mm])
    foot.setStyle([("BOX", (1, 0), (1, 0), 0.6, pdf.LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return foot
