"""Reports of campaigns, summaries of single sheets, the region's counts, exports."""

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from accounts.guard import current_actor, demand, fetch, may, requires
from accounts.policy import Permission
from foundation import audit, clock
from foundation.database import session
from foundation.problems import Missing
from schools.models import Student
from schools.settings import DEFAULTS
from screening import exports, report_pdf
from screening import report_words as words
from screening.models import Campaign
from screening.models import Response as Sheet
from screening.report_figures import School
from screening.report_forms import ExportForm
from screening.report_queries import (
    figures_of,
    region_of,
    reports_visible_to,
    responses_visible_to,
    scores_of,
    years_of,
)

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
        sheet=sheet,
        student=student,
        campaign=session().get_one(Campaign, sheet.campaign_id),
        scores=scores_of(session(), [sheet.id]).get(sheet.id, []),
        words=words,
        rule_lines=report_pdf.rule_lines,
        quality=report_pdf.quality_lines(sheet),
        notice=report_pdf.notice(),
    )


@bp.get("/results/<int:response_id>/summary.pdf")
@requires(Permission.RESULT_VIEW)
def individual_pdf(response_id: int) -> ResponseReturnValue:
    """The same summary to print, with the reader's name across it."""
    sheet, student = read_sheet(response_id)
    scores = scores_of(session(), [sheet.id]).get(sheet.id, [])
    content = report_pdf.individual(sheet, student, scores, student.school.name, reader())
    return pdf_file(content, f"summary-{sheet.id}")


@bp.get("/campaigns/<int:campaign_id>/export")
@requires(Permission.REPORT_EXPORT)
def export(campaign_id: int) -> ResponseReturnValue:
    """Ask for the reason."""
    found = one(campaign_id)
    demand(Permission.REPORT_EXPORT, found.school.path)
    return render_template("reports/export.html", campaign=found, form=ExportForm())


@bp.post("/campaigns/<int:campaign_id>/export")
@requires(Permission.REPORT_EXPORT)
def export_file(campaign_id: int) -> ResponseReturnValue:
    """The file; who took it and why is logged in the same transaction."""
    found = one(campaign_id)
    demand(Permission.REPORT_EXPORT, found.school.path)
    form = ExportForm()
    if not form.validate_on_submit():
        return render_template("reports/export.html", campaign=found, form=form), 422
    kind = form.format.data
    content = exports.export(
        session(), by=current_actor(), campaign=found, kind=kind, reason=str(form.reason.data)
    )
    file = Response(content, mimetype=exports.TYPES[kind])
    file.headers["Content-Disposition"] = f'attachment; filename="campaign-{found.id}.{kind}"'
    file.headers["Cache-Control"] = "no-store"
    return file


@bp.get("/region")
@requires(Permission.REGION_VIEW)
def region() -> ResponseReturnValue:
    """Counts of the schools of a region, small cells hidden; no rates to rank by."""
    actor = current_actor()
    years = years_of(session(), actor)
    year = request.args.get("year", years[0], type=int)
    smallest = int(DEFAULTS["report.small_cell"].value)
    schools, totals = region_of(session(), actor, year, smallest)
    return render_template(
        "reports/region.html",
        schools=schools,
        waiting=[each for each in schools if not each.started],
        totals=totals,
        enrolled=sum(each.enrolled for each in schools),
        year=year,
        years=years,
        smallest=smallest,
        shown=shown,
        year_url=lambda each: url_for("reports.region", year=each),
    )


def shown(school: School, what: str) -> str:
    """A count, or the sign that it is hidden."""
    value = getattr(school, what)
    return words.HIDDEN if value is None else str(value)
