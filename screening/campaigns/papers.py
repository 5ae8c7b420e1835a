"""Paper of a campaign: class sheets with a strip per student, consent letters."""

from collections.abc import Sequence

from reportlab.platypus import Flowable

from foundation import audit, clock, pdf
from foundation.i18n import _
from schools.models import Klass, Student
from screening.campaigns import consent_text
from screening.models import Campaign, Ticket
from screening.tickets.rules import shown

SLIPS_PER_PAGE = 10
STRIP_MM = 44
STRIP_EDGES = 14  # points that the cut sheet keeps free at both sides together


def class_sheet(
    campaign: Campaign,
    klass: Klass,
    rows: Sequence[tuple[Student, Ticket]],
    public_url: str,
) -> bytes:
    """Strips to cut: QR, code and the name of whom to hand it to. Everybody has one."""
    return slips(campaign, f"{campaign.name} · {klass.grade.name}{klass.name}", rows, public_url)


def slips(
    campaign: Campaign,
    title: str,
    rows: Sequence[tuple[Student, Ticket]],
    public_url: str,
) -> bytes:
    """A sheet of strips under a title that everybody in the room may read."""
    strips = [_strip(student, ticket, public_url) for student, ticket in rows]
    story: list[Flowable] = [
        pdf.paragraph(
            _("沿虚线剪开，每人一条。学生扫码，或打开 %(url)s 输入号码。", url=f"{public_url}/take")
        ),
        pdf.space(3),
    ]
    for start in range(0, len(strips), SLIPS_PER_PAGE):
        if start:
            story.append(pdf.page_break())
        story.append(
            pdf.cut_sheet(strips[start : start + SLIPS_PER_PAGE], columns=2, height=STRIP_MM)
        )
    head = pdf.Letterhead(
        organisation=campaign.school.name,
        title=title,
        notice=_("请当面发放，用后收回销毁；打印已记录。"),
    )
    return pdf.document(story, head)


def _strip(student: Student, ticket: Ticket, public_url: str) -> list[Flowable]:
    lines = [
        pdf.bold(student.name),
        pdf.small(student.student_number or "—"),
        pdf.space(2),
        pdf.bold(shown(ticket.code), pdf.CODE),
    ]
    code = pdf.qr(f"{public_url}/t/{ticket.code}", 28)
    return [pdf.beside(code, lines, pdf.WIDTH / 2 - STRIP_EDGES)]


def consent_letters(campaign: Campaign, students: Sequence[Student], public_url: str) -> bytes:
    """One letter per student with the notice, a QR to answer online and a slip to return."""
    story: list[Flowable] = []
    for number, student in enumerate(students):
        if number:
            story.append(pdf.page_break())
        story.extend(_letter(campaign, student, public_url))
    head = pdf.Letterhead(organisation=campaign.school.name, title=_("心理健康测评知情同意书"))
    return pdf.document(story, head)


def _letter(campaign: Campaign, student: Student, public_url: str) -> list[Flowable]:
    link = f"{public_url}/consent/{consent_text.student_link(campaign.id, student.id)}"
    opens, closes = clock.local(campaign.opens_at), clock.local(campaign.closes_at)
    return [
        pdf.heading(_("致 %(name)s 同学及家长", name=student.name), 2),
        pdf.paragraph(
            _(
                "学校计划在 %(from)s 至 %(to)s 进行“%(name)s”。参加前请阅读以下内容：",
                **{"from": f"{opens:%Y-%m-%d}", "to": f"{closes:%Y-%m-%d}", "name": campaign.name},
            )
        ),
        *pdf.bullets(consent_text.NOTICE["zh"]),
        pdf.space(2),
        pdf.paragraph(_("可以扫码在线填写，也可以填好下面的回执交回学校：")),
        pdf.qr(link, 30),
        pdf.facts(
            [
                (_("学生"), student.name),
                (_("决定"), _("□ 同意参加    □ 不同意参加")),
                (_("与学生关系"), ""),
                (_("签名与日期"), ""),
            ],
            columns=1,
        ),
        pdf.small(_("不同意无需说明理由，也不会有任何不利影响。")),
    ]


def printed(*, by: str, campaign: Campaign, what: str, subjects: Sequence[str]) -> None:
    """Log that codes or letters with names were printed, before they are shown."""
    audit.record_read(
        f"{what}.printed",
        by=by,
        organisation_id=campaign.school_id,
        subjects=[f"campaign:{campaign.id}", *subjects],
    )
