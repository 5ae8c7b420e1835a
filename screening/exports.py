"""A campaign as a table for a spreadsheet: logged, with a reason and the reader's name in it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from accounts.policy import Actor
from foundation import audit, clock, csv_safe, spreadsheets
from foundation.i18n import _
from schools.models import Student
from screening import report_words as words
from screening.models import Campaign, Response, Score
from screening.report_queries import scores_of

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}


def export(session: Session, *, by: Actor, campaign: Campaign, kind: str, reason: str) -> bytes:
    """The file of a campaign; the log says who took how many rows and why."""
    rows = _rows(session, campaign, _mark(by))
    audit.record(
        session,
        "campaign.exported",
        by=by.ref,
        organisation_id=campaign.school_id,
        subject=f"campaign:{campaign.id}",
        details={"rows": len(rows), "format": kind, "reason": reason},
    )
    header = _header(campaign)
    if kind == "csv":
        return csv_safe.write_csv(header, rows)
    return spreadsheets.write_xlsx(header, rows, sheet=campaign.name)


def _mark(by: Actor) -> str:
    return f"{by.name} {by.ref} {clock.local(clock.now()):%Y-%m-%d %H:%M}"


def _header(campaign: Campaign) -> list[str]:
    header = [_("学号"), _("姓名"), _("年级"), _("班级"), _("性别")]
    for each in campaign.instruments:
        title = words.title_of(each["key"], each["version"])
        header += [f"{title} {_('总分')}", f"{title} {_('分段')}"]
    return [*header, _("有效"), _("达到分界"), _("紧急题目"), _("说明"), _("导出人和时间")]


def _rows(session: Session, campaign: Campaign, mark: str) -> list[Sequence[object]]:
    found = session.execute(
        select(Response, Student)
        .join(Student, Student.id == Response.student_id)
        .options(joinedload(Student.klass))
        .where(Response.campaign_id == campaign.id)
        .order_by(Student.klass_id, Student.student_number, Response.id)
    ).all()
    scores = scores_of(session, select(Response.id).where(Response.campaign_id == campaign.id))
    return [
        _row(campaign, response, student, scores.get(response.id, []), mark)
        for response, student in found
    ]


def _row(
    campaign: Campaign, response: Response, student: Student, scores: Sequence[Score], mark: str
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
        mark,
    ]


def _result(score: Score | None) -> list[object]:
    if score is None:
        return [_("无法计分"), ""]
    lines = words.scores_in_words(score)
    first = next(iter(score.result["scores"].values()), None)
    return [first if first is not None else _("无法计分"), lines[0][2] if lines else ""]
