"""Counties, cities and provinces: counts of their schools, small cells hidden."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guard import current_actor, fetch, requires
from accounts.policy import Permission
from foundation.database import session
from foundation.problems import Missing
from schools.models import Organisation
from screening.reports import exports
from screening.reports.forms import ExportForm
from screening.reports.region_figures import Place, Region
from screening.reports.region_queries import region_of, regions_visible_to, smallest_cell, years_of
from screening.reports.views.reports import spreadsheet
from screening.reports.words import HIDDEN

bp = Blueprint("regions", __name__)


def one(region_id: int) -> Organisation:
    """A region whose counts he may read, 404 otherwise."""
    statement = regions_visible_to(current_actor())
    return fetch(statement.where(Organisation.id == region_id))


@bp.get("/region")
@requires(Permission.REGION_VIEW)
def mine() -> ResponseReturnValue:
    """The highest region whose counts he may read."""
    found = session().scalars(regions_visible_to(current_actor()).limit(1)).first()
    if found is None:
        raise Missing
    return _page(found)


@bp.get("/region/<int:region_id>")
@requires(Permission.REGION_VIEW)
def region(region_id: int) -> ResponseReturnValue:
    """One region below: the same counts that its own viewer sees."""
    return _page(one(region_id))


def _asked(found: Organisation) -> tuple[int, bool, Region]:
    years = years_of(session(), found)
    year = request.args.get("year", years[0], type=int)
    direct = request.args.get("direct") == "1"
    return year, direct, region_of(session(), found, year, direct=direct)


def _page(found: Organisation) -> ResponseReturnValue:
    year, direct, shown = _asked(found)

    def address(place: Place) -> str:
        own = 1 if place.id == found.id else None
        return url_for("regions.region", region_id=place.id, year=year, direct=own)

    return render_template(
        "reports/region.html",
        organisation=found,
        region=shown,
        above=_above(found),
        year=year,
        direct=direct,
        years=years_of(session(), found),
        smallest=smallest_cell(session(), found),
        address=address,
        hidden=HIDDEN,
    )


def _above(found: Organisation) -> list[Organisation]:
    ids = [int(part) for part in found.path.strip("/").split("/")[:-1]]
    statement = regions_visible_to(current_actor()).where(Organisation.id.in_(ids))
    return list(session().scalars(statement))


@bp.get("/region/<int:region_id>/export")
@requires(Permission.REGION_VIEW)
def export(region_id: int) -> ResponseReturnValue:
    """What would leave, and the question why."""
    return _export_page(one(region_id), ExportForm(), 200)


def _export_page(found: Organisation, form: ExportForm, status: int) -> ResponseReturnValue:
    year, direct, shown = _asked(found)
    page = render_template(
        "reports/region_export.html",
        organisation=found,
        year=year,
        direct=direct,
        form=form,
        table=exports.region(shown),
        taken=exports.taken_from(session(), found.id),
    )
    return page, status


@bp.post("/region/<int:region_id>/export")
@requires(Permission.REGION_VIEW)
def export_file(region_id: int) -> ResponseReturnValue:
    """The counts of the page as a file."""
    found, form = one(region_id), ExportForm()
    if not form.validate_on_submit():
        return _export_page(found, form, 422)
    year, _direct, shown = _asked(found)
    content = exports.take(
        session(),
        by=current_actor(),
        table=exports.region(shown),
        organisation_id=found.id,
        kind="region",
        file_format=form.format.data,
        reason=str(form.reason.data),
    )
    return spreadsheet(content, f"region-{found.code}-{year}", form.format.data)
