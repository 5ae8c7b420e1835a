"""The school report of a campaign and the summary of one student, as PDF."""

from collections.abc import Sequence

from reportlab.platypus import Flowable

from foundation import charts_pdf, clock, pdf
from foundation.i18n import _
from instruments.library import catalogue
from schools.models import Student
from screening.campaigns.rule_words import band_word
from screening.models import Campaign, Response
from screening.reports import words
from screening.reports.figures import Figures, Group, Share
from screening.reports.sheets import ScoredPart, Sheet


def notice() -> str:
    """What stands on every report."""
    return _("筛查不是诊断：结果只提示需要进一步了解。不得用于排名、评奖或处分。")


def percent(share: Share) -> str:
    """A rate with its numerator and denominator."""
    if share.percent is None:
        return words.HIDDEN
    return f"{share.percent:.2f}%（{share.count}/{share.of}）"


def with_interval(share: Share) -> str:
    """A rate with its 95 % interval."""
    between = share.interval
    return percent(share) + (f"  [{between.low:.2f}, {between.high:.2f}]" if between else "")


def campaign_report(campaign: Campaign, figures: Figures, reader: str) -> bytes:
    """The whole report; `reader` stands as a watermark."""
    story: list[Flowable] = [
        pdf.heading(f"{campaign.name} · {_('测评报告')}"),
        pdf.paragraph(notice()),
        *(pdf.paragraph(note) for note in figures.notes),
        *_participation(figures),
        *_bands(figures),
        *_course(figures),
        *_groups(figures),
    ]
    head = pdf.Letterhead(campaign.school.name, _("测评报告"), notice=notice(), watermark=reader)
    return pdf.document(story, head)


def _participation(figures: Figures) -> list[Flowable]:
    rows = [(words.part_word(part), count) for part, count in figures.parts.items()]
    return [
        pdf.heading(_("参加情况"), 2),
        pdf.facts(
            [
                (_("覆盖率"), percent(figures.coverage)),
                (_("有效率"), percent(figures.validity)),
                (_("完成率（占应测）"), percent(figures.completion_of_eligible)),
                (_("完成率（占开始）"), percent(figures.completion_of_started)),
            ]
        ),
        charts_pdf.bars([(label, count, str(count)) for label, count in rows]),
        pdf.small(_("应测 %(n)s 人，以上五项相加等于应测。", n=figures.eligible)),
    ]


def _bands(figures: Figures) -> list[Flowable]:
    story: list[Flowable] = [
        pdf.heading(_("达到分界的人数"), 2),
        pdf.paragraph(
            _(
                "检出率 %(share)s（有效答卷，95%% 威尔逊区间）",
                share=with_interval(figures.positives),
            )
        ),
    ]
    for key, counts in figures.bands.items():
        story += [pdf.small(words.title_of(key)), _band_table(key, counts)]
    return story


def _band_table(key: str, counts: object) -> Flowable:
    rows = [(label, share.count, with_interval(share)) for label, share in band_rows(key, counts)]
    return pdf.table((_("分段"), _("人数"), _("比例")), rows, widths=(2, 1, 4), numbers=(1,))


def band_rows(key: str, counts: object) -> list[tuple[str, Share]]:
    """The bands of one instrument in their order, with their shares of the valid sheets."""
    found = dict(counts)  # type: ignore[call-overload]
    definition = catalogue.get(key)
    order = [*definition.band_names, ""]
    total = sum(found.values())
    return [
        (band_word(definition, band), Share(found[band], total)) for band in order if band in found
    ]


def funnel_notes(figures: Figures) -> list[str]:
    """Whom the funnel does not show, so that nobody is lost between two bars."""
    lines = [_("每一步只数走完前面各步的学生；面谈及以后只数达到分界的学生。")]
    if figures.out_of_order:
        lines.append(
            _("另有 %(n)s 人先转介或先干预，面谈或评定还没有补记。", n=figures.out_of_order)
        )
    if figures.alerted_outside:
        lines.append(
            _(
                "另有 %(n)s 人的答卷无效、没有交或没有达到分界，但有预警，同样要跟进。",
                n=figures.alerted_outside,
            )
        )
    return lines


def _course(figures: Figures) -> list[Flowable]:
    steps = [(words.step_word(step), count) for step, count in figures.funnel]
    quality = [(words.index_word(index), count) for index, count in figures.quality.items()]
    alerts = [(words.severity_word(level), figures.alerts.get(level, 0)) for level in (3, 2, 1)]
    return [
        pdf.together(
            [
                pdf.heading(_("从测评到返校"), 2),
                charts_pdf.bars([(label, count, str(count)) for label, count in steps]),
                *(pdf.small(line) for line in funnel_notes(figures)),
            ]
        ),
        pdf.heading(_("作答质量和预警"), 2),
        pdf.table((_("项目"), _("人数")), quality or [(_("没有发现"), 0)], numbers=(1,)),
        pdf.table((_("预警"), _("条数")), alerts, numbers=(1,)),
        pdf.small(
            _(
                "%(n)s 份答卷没有回答紧急题目；没有回答不等于没有风险。",
                n=figures.unanswered_critical,
            )
        ),
    ]


def _groups(figures: Figures) -> list[Flowable]:
    story: list[Flowable] = [
        pdf.heading(_("分组情况"), 2),
        pdf.small(
            _("少于 %(n)s 人的格子和能推算出它的格子不显示；不按比例排名。", n=figures.smallest)
        ),
    ]
    for title, what in ((_("年级"), "grade"), (_("性别"), "sex"), (_("班级"), "klass")):
        story.append(_group_table(title, figures.by(what), what))
    return story


def _group_table(title: str, groups: Sequence[Group], what: str) -> Flowable:
    rows = [
        (
            words.sex_word(each.label) if what == "sex" else each.label,
            each.eligible,
            each.finished,
            words.HIDDEN if each.valid is None else each.valid,
            words.HIDDEN if each.positive is None else each.positive,
            words.HIDDEN if each.share is None else with_interval(each.share),
        )
        for each in groups
    ]
    header = (title, _("应测"), _("做完"), _("有效"), _("达到分界"), _("比例"))
    return pdf.table(header, rows, widths=(3, 1, 1, 1, 1.2, 4), numbers=(1, 2, 3, 4))


def individual(sheet: Sheet, student: Student, reader: str) -> bytes:
    """The summary of one sheet for the counselor."""
    response = sheet.response
    story: list[Flowable] = [
        pdf.heading(_("个人测评摘要")),
        pdf.facts(
            [
                (_("姓名"), student.name),
                (_("学号"), student.student_number or words.HIDDEN),
                (_("班级"), f"{student.klass.grade.name}{student.klass.name}"),
                (_("答题时间"), f"{clock.local(response.answered_at):%Y-%m-%d %H:%M}"),
                (_("同意依据"), _("；").join(sheet.consent)),
            ]
        ),
        pdf.paragraph(notice()),
    ]
    if response.note:
        story.append(pdf.paragraph(response.note))
    for part in sheet.parts:
        story += _scored(part)
    if response.quality:
        story += [pdf.heading(_("作答质量"), 2), *pdf.bullets(quality_lines(response))]
    head = pdf.Letterhead(student.school.name, _("个人测评摘要"), notice=notice(), watermark=reader)
    return pdf.document(story, head)


def quality_lines(response: Response) -> list[str]:
    """The reasons for doubt, each with its figure and limit."""
    return [
        f"{words.index_word(each['index'])}：{each['value']}（{each['limit']}）"
        for each in response.quality
    ]


def _scored(part: ScoredPart) -> list[Flowable]:
    header = (_("分数"), _("值"), _("分段"))
    lines = [_("%(why)s（规则 %(rule)s）", why=why, rule=rule) for why, rule in part.reasons]
    return [
        pdf.heading(part.spoken.title, 2),
        pdf.table(header, words.scores_in_words(part.score), widths=(3, 1, 3), numbers=(1,)),
        *pdf.bullets([*lines, *part.blanks]),
    ]
