"""Files that leave: previewed, with a reason on record, a mark in every row, and no formula."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session, joinedload

from accounts.models import User
from accounts.policy import Actor
from foundation import audit, clock, csv_safe, spreadsheets
from foundation.i18n import _
from schools.models import Student
from screening.models import Campaign, Export, Response, Score
from screening.reports import words
from screening.reports.queries import scores_of
from screening.reports.region_figures import Place, Region

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
PREVIEW = 5


@dataclass(frozen=True)
class Table:
    """What would leave."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[object]]

    @property
    def first(self) -> Sequence[Sequence[object]]:
        return self.rows[:PREVIEW]


def record(
    session: Session,
    *,
    by: Actor,
    organisation_id: int,
    kind: str,
    file_format: str,
    rows: int,
    reason: str,
    campaign_id: int | None = None,
) -> Export:
    """Put on record that rows leave; the reason is free text and stays out of the audit log."""
    row = Export(
        organisation_id=organisation_id,
        campaign_id=campaign_id,
        kind=kind,
        format=file_format,
        row_count=rows,
        mark=secrets.token_hex(4).upper(),
        reason=reason,
        taken_by=by.ref,
        taken_at=clock.now(),
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        f"{kind}.exported",
        by=by.ref,
        organisation_id=organisation_id,
        subject=f"export:{row.id}",
        details={"rows": rows, "format": file_format, "campaign": campaign_id},
    )
    return row


def take(
    session: Session,
    *,
    by: Actor,
    table: Table,
    organisation_id: int,
    kind: str,
    file_format: str,
    reason: str,
    campaign_id: int | None = None,
) -> bytes:
    """The file; every row names who took it, when, and the number of the record."""
    taken = record(
        session,
        by=by,
        organisation_id=organisation_id,
        kind=kind,
        file_format=file_format,
        rows=len(table.rows),
        reason=reason,
        campaign_id=campaign_id,
    )
    mark = f"{by.name} {clock.local(taken.taken_at):%Y-%m-%d %H:%M} {taken.mark}"
    header = [*table.header, _("导出人、时间和编号")]
    rows = [[*row, mark] for row in table.rows]
    if file_format == "csv":
        return csv_safe.write_csv(header, rows)
    widths = [max(8, min(24, 2 * len(name))) for name in header[:-1]]
    return spreadsheets.write_xlsx(header, rows, sheet=table.title, widths=[*widths, 36])


def taken_from(session: Session, organisation_id: int) -> Sequence[Row[Export, str]]:
    """The last files of an organisation with who took them, for those who may take one."""
    name = (
        select(User.name).where(Export.taken_by == func.concat("user:", User.id)).scalar_subquery()
    )
    return session.execute(
        select(Export, func.coalesce(name, Export.taken_by))
        .where(Export.organisation_id == organisation_id)
        .order_by(Export.id.desc())
        .limit(20)
    ).all()


def results(session: Session, campaign: Campaign) -> Table:
    """One row per sheet with scores and bands, by class and number."""
    return Table(campaign.name, _header(campaign), _rows(session, campaign))


def region(found: Region) -> Table:
    """Exactly the counts of the page: what is hidden there is hidden here."""
    header = [
        *(_("地区或学校"), _("学校数"), _("未开展"), _("在校学生"), _("应测"), _("做完")),
        *(_("有效"), _("达到分界"), _("覆盖率 %"), _("完成率 %")),
    ]
    return Table(found.total.name, header, [_place(each) for each in (*found.rows, found.total)])


def _place(place: Place) -> list[object]:
    shown = (*place.counts, place.coverage, place.completion)
    numbers = [words.HIDDEN if each is None else each for each in shown]
    return [place.name, place.schools, place.not_started, *numbers]


def _header(campaign: Campaign) -> list[str]:
    header = [_("学号"), _("姓名"), _("年级"), _("班级"), _("性别")]
    for each in campaign.instruments:
        title = words.title_of(each["key"], each["version"])
        header += [f"{title} {_('总分')}", f"{title} {_('分段')}"]
    return [*header, _("有效"), _("达到分界"), _("紧急题目"), _("说明")]


def _rows(session: Session, campaign: Campaign) -> list[Sequence[object]]:
    found = session.execute(
        select(Response, Student)
        .join(Student, Student.id == Response.student_id)
        .options(joinedload(Student.klass))
        .where(Response.campaign_id == campaign.id)
        .order_by(Student.klass_id, Student.student_number, Response.id)
    ).all()
    scores = scores_of(session, select(Response.id).where(Response.campaign_id == campaign.id))
    return [
        _row(campaign, response, student, scores.get(response.id, []))
        for response, student in found
    ]


def _row(
    campaign: Campaign, response: Response, student: Student, scores: Sequence[Score]
) -> Sequence[object]:
    by_key = {each.instrument: each for each in scores}
    cells: list[object] = [
        student.student_number,
        student.name,
        student.klass.grade.name,
        student.klass.name,
        words.sex_word(student.sex or ""),
    ]
    for each in campaign.instruments:
        cells += _result(by_key.get(each["key"]))
    yes_no = {True: _("是"), False: _("否"), None: _("无法判断")}
    positive = any(each.positive or each.critical for each in scores) if scores else None
    return [
        *cells,
        yes_no[not response.careless],
        yes_no[positive],
        yes_no[response.any_critical],
        response.note or "",
    ]


def _result(score: Score | None) -> list[object]:
    if score is None:
        return [_("无法计分"), ""]
    lines = words.scores_in_words(score)
    first = next(iter(score.result["scores"].values()), None)
    return [first if first is not None else _("无法计分"), lines[0][2] if lines else ""]
