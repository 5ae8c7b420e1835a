"""Pages of handing one's open work to a colleague for the holidays."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
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
from schools.models import Organisation
from schools.student_queries import school_names
from screening.models import Handover
from screening.triage import handover_actions as actions
from screening.triage import handover_queries as queries
from screening.triage.forms import HandoverForm

bp = Blueprint("handovers", __name__)
P = Permission


@bp.get("/handovers")
@requires(P.CASE_WORK)
def handovers() -> ResponseReturnValue:
    """What he offered and what was offered to him; the form for a new offer."""
    return _page(_form(), 200)


def _form() -> HandoverForm:
    form = HandoverForm()
    found = queries.colleagues(session(), current_actor())
    several = len(queries.schools_of(session(), current_actor())) > 1
    form.to.choices = options(
        (user.id, _at(user.name, schools) if several else user.name)
        for user, schools in found.values()
    )
    return form


def _at(name: str, schools: list[Organisation]) -> str:
    return f"{name}（{'、'.join(school.name for school in schools)}）"


def _page(form: HandoverForm, status: int) -> ResponseReturnValue:
    actor = current_actor()
    number = request.args.get("page", 1, type=int)
    bundles, number, pages = queries.bundles(session(), actor, number)
    rows = [row for bundle in bundles for row in bundle]
    for row in rows:
        audit.record_read(
            "handover.read",
            by=actor.ref,
            organisation_id=row.school_id,
            subjects=[f"handover:{row.id}"],
        )
    people = {row.from_user_id for row in rows} | {row.to_user_id for row in rows}
    named = session().scalars(select(User).where(User.id.in_(people)))
    page = render_template(
        "triage/handovers.html",
        bundles=bundles,
        number=number,
        pages=pages,
        form=form,
        names={user.id: user.name for user in named},
        schools=school_names(session(), {row.school_id for row in rows}),
        amounts={row.id: _amounts(row) for row in rows},
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
    both = [school.id for school in queries.colleagues(session(), current_actor())[form.to.data][1]]
    until = form.until.data
    actions.offer(
        session(),
        by=current_actor(),
        school_ids=both,
        to_user_id=form.to.data,
        note=form.note.data or "",
        until=until.replace(tzinfo=clock.SHANGHAI) if until else None,
    )
    flash(_("已发出交接。对方确认之前，负责人不变。"))
    left = _left_over(both)
    if left:
        flash(_("这些学校的工作没有一起交出去，请另选那里的同事：%(names)s", names=left), "warning")
    return redirect(url_for("handovers.handovers"), 303)


def _left_over(both: list[int]) -> str:
    """Schools with work of his at which the colleague is no counselor."""
    actor = current_actor()
    others = set(queries.schools_of(session(), actor)) - set(both)
    busy = {each for each in others if any(queries.amounts(session(), each, actor.user_id or 0))}
    return "、".join(school_names(session(), busy).values())


@bp.post("/handovers/<int:handover_id>/<event>")
@requires(P.CASE_WORK)
def answer(handover_id: int, event: str) -> ResponseReturnValue:
    """Accept, decline, withdraw or give back."""
    if event not in actions.STEPS:
        raise Missing
    actor = current_actor()
    row = fetch(queries.handovers_visible_to(actor).where(Handover.id == handover_id))
    rows = session().scalars(queries.bundle_of(actor, row).with_for_update()).all()
    actions.answer(session(), by=actor, rows=rows, event=event)
    flash(_("已保存。"))
    return redirect(url_for("handovers.handovers"), 303)
