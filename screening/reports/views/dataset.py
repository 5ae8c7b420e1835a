"""A campaign's sheets without names, to take away for statistics."""

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue

from accounts.guard import current_actor, requires
from accounts.policy import Permission
from foundation.database import session
from screening.models import Campaign
from screening.reports import dataset, exports
from screening.reports.forms import DatasetForm
from screening.reports.views.reports import exported, note_preview

bp = Blueprint("dataset", __name__)
SHOWN = 12


@bp.get("/campaigns/<int:campaign_id>/dataset")
@requires(Permission.REPORT_EXPORT)
def ask(campaign_id: int) -> ResponseReturnValue:
    """What would leave, and the question why."""
    return _page(exported(campaign_id), DatasetForm(), 200)


def _page(found: Campaign, form: DatasetForm, status: int) -> ResponseReturnValue:
    data = dataset.dataset_of(session(), found)
    note_preview(found)
    page = render_template(
        "reports/dataset.html",
        campaign=found,
        form=form,
        data=data,
        shown=SHOWN,
        first=exports.PREVIEW,
        taken=exports.taken_from(session(), found.school_id),
    )
    return page, status


@bp.post("/campaigns/<int:campaign_id>/dataset")
@requires(Permission.REPORT_EXPORT)
def take(campaign_id: int) -> ResponseReturnValue:
    """The file; who took it and why is on record in the same transaction."""
    found, form = exported(campaign_id), DatasetForm()
    if not form.validate_on_submit():
        return _page(found, form, 422)
    kind = form.format.data
    content = dataset.take(
        session(),
        by=current_actor(),
        campaign=found,
        file_format=kind,
        reason=str(form.reason.data),
        base=str(current_app.config["PUBLIC_URL"]),
    )
    file = Response(content, mimetype=dataset.TYPES[kind])
    file.headers["Content-Disposition"] = f'attachment; filename="campaign-{found.id}.{kind}"'
    file.headers["Cache-Control"] = "no-store"
    return file
