"""The quiet second sheets of a campaign: who, why, from when, and their slips to hand out."""

from flask import Blueprint, current_app, make_response, render_template
from flask.typing import ResponseReturnValue

from accounts.guard import current_actor, requires
from accounts.policy import Permission
from foundation import audit
from foundation.database import session
from foundation.i18n import _
from schools import settings
from screening.campaigns import papers
from screening.campaigns.views.campaigns import one
from screening.models import Campaign
from screening.taking import retest_queries
from screening.taking.queries import retest_from
from screening.taking.retest_queries import Retest

bp = Blueprint("retests", __name__)
SEES = Permission.RESULT_VIEW


@bp.get("/campaigns/<int:campaign_id>/retests")
@requires(SEES)
def retests(campaign_id: int) -> ResponseReturnValue:
    """Whose first sheet was answered carelessly, and when the second one opens."""
    shown = one(campaign_id, SEES)
    rows = retest_queries.retests_of(session(), shown)
    _logged(shown, "retests.listed", rows)
    return render_template(
        "campaigns/retests.html",
        campaign=shown,
        rows=rows,
        opens=retest_from,
        words=quality_words(),
        days=settings.value(session(), shown.school_id, "retest.after_school_days"),
    )


def quality_words() -> dict[str, str]:
    """The reasons as the counselor reads them."""
    return {
        "time_per_item": _("每题用时太短"),
        "longstring_above_minimum": _("连续选同一个选项"),
        "lie_items": _("掩饰题偏高"),
    }


def _logged(shown: Campaign, event: str, rows: list[Retest]) -> None:
    audit.record_read(
        event,
        by=current_actor().ref,
        organisation_id=shown.school_id,
        subjects=[f"student:{row.student.id}" for row in rows],
    )


@bp.get("/campaigns/<int:campaign_id>/retests.pdf")
@requires(SEES)
def slips(campaign_id: int) -> ResponseReturnValue:
    """The codes of the second sheets, one slip each; nothing on it says that it is a second one."""
    shown = one(campaign_id, SEES)
    rows = retest_queries.retests_of(session(), shown)
    _logged(shown, "retest_slips.printed", rows)
    waiting = [(row.student, row.ticket) for row in rows if row.ticket.submitted_at is None]
    response = make_response(
        papers.slips(shown, shown.name, waiting, current_app.config["PUBLIC_URL"])
    )
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = 'inline; filename="slips.pdf"'
    return response
