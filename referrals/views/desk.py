"""The duty chain's page and the supervisor's board."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.guard import current_actor, requires
from accounts.policy import Permission
from foundation.database import session
from foundation.i18n import _
from referrals import wording
from referrals.actions import paging, timing
from referrals.hotline_workflow import UNTAKEN
from referrals.models import HotlineTicket
from referrals.queries import hotline as queries
from referrals.views.tickets import bp, names_of, one

P = Permission


@bp.get("/hotline/<int:ticket_id>/page")
@requires(P.PAGE_ACKNOWLEDGE)
def paged(ticket_id: int) -> ResponseReturnValue:
    """What a paged person sees first: one button, the clock, who else knows."""
    shown = one(ticket_id)
    return render_template(
        "hotline/page.html",
        ticket=shown,
        words=wording,
        pages=queries.pages_of(session(), shown.id),
        patience=_patience(shown),
    )


def _patience(shown: HotlineTicket) -> int:
    """Minutes that the ladder waits after somebody said that he is on it."""
    desk = shown.intake_desk_id
    return timing.minutes_of(session(), desk, "ladder.contact_after_ack_min")


@bp.post("/hotline/<int:ticket_id>/page")
@requires(P.PAGE_ACKNOWLEDGE)
def acknowledge(ticket_id: int) -> ResponseReturnValue:
    """Say "I am on it", with a name and a time."""
    shown, by = one(ticket_id), current_actor()
    paging.acknowledge(session(), by=by, ticket=shown)
    flash(
        _("已记录：您在处理。%(n)s 分钟内请联系上学生或者身边的成年人。", n=_patience(shown)),
        "success",
    )
    may_see = by.may(P.HOTLINE_VIEW)
    target = "hotline.ticket" if may_see else "hotline.paged"
    return redirect(url_for(target, ticket_id=ticket_id), 303)


@bp.get("/hotline/board")
@requires(P.HOTLINE_SUPERVISE)
def supervise() -> ResponseReturnValue:
    """Waiting now, the oldest, what is late, who carries how much."""
    actor = current_actor()
    visible = queries.tickets_visible_to(session(), actor).where(HotlineTicket.ended_at.is_(None))
    rows = session().scalars(visible).unique().all()
    waiting = [row for row in rows if row.state in {s.value for s in UNTAKEN}]
    return render_template(
        "hotline/board.html",
        board=queries.board(session(), actor),
        crises=(crises := [row for row in rows if row.kind == "crisis"]),
        names=names_of(crises),
        waiting=waiting[:50],
        late=[row for row in rows if queries.is_late(row)][:50],
        words=wording,
    )
