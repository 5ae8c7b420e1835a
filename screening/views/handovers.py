"""Pages of handing one's open work to a colleague for the holidays."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from accounts.guard import current_actor, fetch, requires
from accounts.models import User
from accounts.policy import Permission
from foundation import audit, clock
from foundation.database import session
from foundation.forms import options
from foundation.i18n import _
from foundation.problems import Missing
from screening import handover_actions as actions
from screening import handover_queries as queries
from screening.models import Handover
from screening.triage_forms import HandoverForm

bp = Blueprint("handovers", __name__)
P = Permission


@bp.get("/handovers")
@requires(P.CASE_WORK)
def handovers() -> ResponseReturnValue:
    """What he offered and what was offered to him; the form for a new offer."""
    return _page(_form(), 200)


def _form() -> HandoverForm:
    form = HandoverForm()
    found = {user.id: user.name for _school, user in queries.colleagues(session(), current_actor())}
    form.to.choices = options(found.items())
    return form


def _page(form: HandoverForm, status: int) -> ResponseReturnValue:
    actor = current_actor()
    rows = list(session().scalars(queries.handovers_visible_to(actor).limit(100)))
    for row in rows:
        audit.record_read(
            "handover.read",
            by=actor.ref,
            organisation_id=row.school_id,
            subjects=[f"handover:{row.id}"],
        )
    people = {row.from_user_id for row in rows} | {row.to_user_id for row in rows}
    named = session().scalars(select(User).where(User.id.in_(people)))
    offered = {row.id: _amounts(row) for row in rows}
    page = render_template(
        "triage/handovers.html",
        rows=rows,
        form=form,
        names={user.id: user.name for user in named},
        amounts=offered,
        events={row.id: actions.allowed(row, actor) for row in rows},
        page_has_errors=bool(form.errors),
    )
    return page, status


def _amounts(row: Handover) -> tuple[int, ...]:
    """What an open offer would move now, or what an accepted one moved."""
    if row.state == actions.OFFERED:
        return queries.amounts(session(), row.school_id, row.from_user_id)
    return tuple(len((row.items or {}).get(k, [])) for k in ("alerts", "cases", "follow_ups"))


@bp.post("/handovers")
@requires(P.CASE_WORK)
def offer() -> ResponseReturnValue:
    """Offer all open work to a colleague; nothing moves until it is accepted."""
    form = _form()
    if not form.validate_on_submit():
        return _page(form, 422)
    found = queries.colleagues(session(), current_actor())
    schools = [school for school, user in found if user.id == form.to.data]
    until = form.until.data
    actions.offer(
        session(),
        by=current_actor(),
        school_id=schools[0],
        to_user_id=form.to.data,
        note=form.note.data or "",
        until=until.replace(tzinfo=clock.SHANGHAI) if until else None,
    )
    flash(_("已发出交接。对方确认之前，负责人不变。"))
    return redirect(url_for("handovers.handovers"), 303)


@bp.post("/handovers/<int:handover_id>/<event>")
@requires(P.CASE_WORK)
def answer(handover_id: int, event: str) -> ResponseReturnValue:
    """Accept, decline, withdraw or give back."""
    if event not in actions.STEPS:
        raise Missing
    visible = queries.handovers_visible_to(current_actor())
    row = fetch(visible.where(Handover.id == handover_id).with_for_update())
    actions.answer(session(), by=current_actor(), handover=row, event=event)
    flash(_("已保存。"))
    return redirect(url_for("handovers.handovers"), 303)
