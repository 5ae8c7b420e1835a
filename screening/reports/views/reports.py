"""Reports of campaigns, summaries of single sheets, exports."""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from accounts.guard import current_actor, demand, fetch, may, requires
from accounts.policy import Permission
from foundation import audit, clock
from foundation.database import session
from foundation.problems import Missing
from schools.models import Student
from screening.models import Campaign
from screening.models import Response as Sheet
from screening.reports import exports, words
from screening.reports import pdf as report_pdf
from screening.reports.forms import ExportForm
from screening.reports.queries import (
    figures_of,
    reports_visible_to,
    responses_visible_to,
    scores_of,
)
from screening.reports.sheets import sheet_of

bp = Blueprint("reports", __name__)
PAGE = 50


@bp.get("/reports")
@requires(Permission.REPORT_VIEW)
def reports() -> ResponseReturnValue:
    """The campaigns whose report one may read."""
    rows = session().scalars(reports_visible_to(current_actor())).all()
    return render_template("reports/list.html", campaigns=rows)


def one(campaign_id: int) -> Campaign:
    """A campaign whose report he may read, 404 otherwise."""
    return fetch(reports_visible_to(current_actor()).where(Campaign.id == campaign_id))


def reader() -> str:
    """The reader's name and the moment, as a watermark."""
    actor = current_actor()
    return f"{actor.name} {clock.local(clock.now()):%Y-%m-%d %H:%M}"


def pdf_file(content: bytes, name: str) -> Response:
    """A PDF that opens in the browser and is kept nowhere."""
    found = Response(content, mimetype="application/pdf")
    found.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    found.headers["Cache-Control"] = "no-store"
    return found


@bp.get("/campaigns/<int:campaign_id>/report")
@requires(Permission.REPORT_VIEW)
def campaign(campaign_id: int) -> ResponseReturnValue:
    """The report of one campaign with its charts."""
    found = one(campaign_id)
    figures = figures_of(session(), found)
    return render_template(
        "reports/campaign.html",
        campaign=found,
        figures=figures,
        words=words,
        percent=report_pdf.percent,
        with_interval=report_pdf.with_interval,
        band_rows=report_pdf.band_rows,
        funnel_notes=report_pdf.funnel_notes(figures),
        notice=report_pdf.notice(),
        may_export=may(Permission.REPORT_EXPORT, found.school.path),
        may_results=may(Permission.RESULT_VIEW, found.school.path),
    )


@bp.get("/campaigns/<int:campaign_id>/report.pdf")
@requires(Permission.REPORT_VIEW)
def campaign_pdf(campaign_id: int) -> ResponseReturnValue:
    """The same report to print."""
    found = one(campaign_id)
    content = report_pdf.campaign_report(found, figures_of(session(), found), reader())
    return pdf_file(content, f"report-{found.id}")


@bp.get("/campaigns/<int:campaign_id>/results")
@requires(Permission.RESULT_VIEW)
def results(campaign_id: int) -> ResponseReturnValue:
    """The sheets of a campaign for the counselor, in the order of classes, never of scores."""
    found = one(campaign_id)
    statement = responses_visible_to(current_actor()).where(Sheet.campaign_id == found.id)
    total = session().scalar(select(func.count()).select_from(statement.order_by(None).subquery()))
    number = max(request.args.get("page", 1, type=int), 1)
    rows = (
        session()
        .execute(
            statement.options(joinedload(Student.klass))
            .order_by(None)
            .order_by(Student.klass_id, Student.student_number, Sheet.id)
            .limit(PAGE)
            .offset((number - 1) * PAGE)
        )
        .all()
    )
    scores = scores_of(session(), [sheet.id for sheet, _student in rows])
    audit.record_read(
        "results.listed",
        by=current_actor().ref,
        organisation_id=found.school_id,
        subjects=[f"response:{sheet.id}" for sheet, _student in rows],
    )
    return render_template(
        "reports/results.html",
        campaign=found,
        rows=rows,
        reached={
            key: any(each.positive or each.critical for each in own) for key, own in scores.items()
        },
        number=number,
        pages=-(-(total or 0) // PAGE) or 1,
        total=total or 0,
    )


def read_sheet(response_id: int) -> tuple[Sheet, Student]:
    """A sheet in scope; the reading is on record before anything is shown."""
    row = (
        session()
        .execute(
            responses_visible_to(current_actor())
            .options(joinedload(Student.klass), joinedload(Student.school))
            .where(Sheet.id == response_id)
        )
        .first()
    )
    if row is None:
        raise Missing
    sheet, student = row
    audit.record_read(
        "result.read",
        by=current_actor().ref,
        organisation_id=student.school_id,
        subjects=[f"response:{sheet.id}"],
    )
    return sheet, student


@bp.get("/results/<int:response_id>")
@requires(Permission.RESULT_VIEW)
def individual(response_id: int) -> ResponseReturnValue:
    """One sheet for the counselor: scores, rules and inputs in words, quality."""
    sheet, student = read_sheet(response_id)
    return render_template(
        "reports/individual.html",
        sheet=sheet_of(session(), sheet),
        student=student,
        words=words,
        quality=report_pdf.quality_lines(sheet),
        notice=report_pdf.notice(),
    )


@bp.get("/results/<int:response_id>/summary.pdf")
@requires(Permission.RESULT_VIEW)
def individual_pdf(response_id: int) -> ResponseReturnValue:
    """The same summary to print, with the reader's name across it."""
    sheet, student = read_sheet(response_id)
    content = report_pdf.individual(sheet_of(session(), sheet), student, reader())
    return pdf_file(content, f"summary-{sheet.id}")


@bp.get("/campaigns/<int:campaign_id>/export")
@requires(Permission.REPORT_EXPORT)
def export(campaign_id: int) -> ResponseReturnValue:
    """What would leave, and the question why."""
    return _export_page(exported(campaign_id), ExportForm(), 200)


def exported(campaign_id: int) -> Campaign:
    """A campaign whose sheets he may take away, 404 otherwise."""
    found = one(campaign_id)
    demand(Permission.REPORT_EXPORT, found.school.path)
    return found


def note_preview(found: Campaign) -> None:
    """Who saw what would leave, written down before it is shown."""
    audit.record_read(
        "results.previewed",
        by=current_actor().ref,
        organisation_id=found.school_id,
        subjects=[f"campaign:{found.id}"],
    )


def _export_page(found: Campaign, form: ExportForm, status: int) -> ResponseReturnValue:
    table = exports.results(session(), found)
    note_preview(found)
    page = render_template(
        "reports/export.html",
        campaign=found,
        form=form,
        table=table,
        taken=exports.taken_from(session(), found.school_id),
    )
    return page, status


@bp.post("/campaigns/<int:campaign_id>/export")
@requires(Permission.REPORT_EXPORT)
def export_file(campaign_id: int) -> ResponseReturnValue:
    """The file; who took it and why is on record in the same transaction."""
    found, form = exported(campaign_id), ExportForm()
    if not form.validate_on_submit():
        return _export_page(found, form, 422)
    content = exports.take(
        session(),
        by=current_actor(),
        table=exports.results(session(), found),
        organisation_id=found.school_id,
        kind="results",
        file_format=form.format.data,
        reason=str(form.reason.data),
        campaign_id=found.id,
    )
    return spreadsheet(content, f"campaign-{found.id}", form.format.data)


def spreadsheet(content: bytes, name: str, kind: str) -> Response:
    """A file that is saved, and kept nowhere between."""
    file = Response(content, mimetype=exports.TYPES[kind])
    file.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    file.headers["Cache-Control"] = "no-store"
    return file
