"""Pages in and around the room: board, projector, register, make-up list, sittings, papers."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from flask import (
    Blueprint,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.wrappers import Response

from accounts.guard import current_actor, fetch, polled, requires
from accounts.models import User
from accounts.policy import Permission, Role
from foundation import clock
from foundation.database import session
from foundation.forms import options
from foundation.i18n import _
from foundation.problems import Refused
from schools.models import Student
from schools.queries import staff_of
from screening.campaigns import actions
from screening.campaigns import papers as paper
from screening.campaigns.board_queries import BoardRow, board_of, register_of, stamp_of
from screening.campaigns.forms import SittingForm
from screening.campaigns.queries import campaigns_visible_to, klasses_of, sittings_of
from screening.campaigns.views.campaigns import klass_of, one
from screening.models import Campaign, Sitting, Ticket
from screening.tickets import actions as tickets_actions

bp = Blueprint("sittings", __name__)
INVIGILATORS = [Role.HOMEROOM.value, Role.COUNSELOR.value, Role.SCHOOL_ADMIN.value]


@bp.get("/boards")
@requires(Permission.BOARD_VIEW)
def boards() -> ResponseReturnValue:
    """The campaigns whose completion this person may follow."""
    rows = session().scalars(campaigns_visible_to(current_actor(), Permission.BOARD_VIEW)).all()
    shown = [row for row in rows if row.state in {"approved", "closed"}]
    return render_template("campaigns/boards.html", campaigns=shown)


@bp.get("/campaigns/<int:campaign_id>/board")
@requires(Permission.BOARD_VIEW)
def board(campaign_id: int) -> ResponseReturnValue:
    """Done, not yet, not needed today: per class, with the figures kept fresh by a small poll."""
    shown = one(campaign_id, Permission.BOARD_VIEW)
    rows = _rows(shown)
    registers = url_for("sittings.register", campaign_id=shown.id, klass_id=0).removesuffix("/0")
    return render_template(
        "campaigns/board.html", campaign=shown, rows=rows, total=_total(rows), registers=registers
    )


@bp.get("/campaigns/<int:campaign_id>/board.json")
@requires(Permission.BOARD_VIEW)
@polled
def board_poll(campaign_id: int) -> ResponseReturnValue:
    """The same figures as JSON; 304 while nothing has changed, for the price of a small read."""
    shown, actor = one(campaign_id, Permission.BOARD_VIEW), current_actor()
    stamp = f"{stamp_of(session(), shown)} {actor.held}"
    response = make_response()
    response.set_etag(hashlib.sha256(stamp.encode()).hexdigest()[:16])
    response.headers["Cache-Control"] = "private, no-cache"
    if request.if_none_match.contains_weak(response.get_etag()[0] or ""):
        response.status_code = 304
        return response
    rows = _rows(shown)
    figures = {str(r.klass_id): [r.done, r.not_yet, r.not_needed] for r in rows}
    response.mimetype = "application/json"
    response.set_data(json.dumps({"klasses": figures, "total": _total(rows)}))
    return response


@bp.get("/campaigns/<int:campaign_id>/projector")
@requires(Permission.BOARD_VIEW)
def projector(campaign_id: int) -> ResponseReturnValue:
    """Counts only, large: what a whole room may see."""
    shown = one(campaign_id, Permission.BOARD_VIEW)
    rows = _rows(shown)
    return render_template(
        "campaigns/projector.html", campaign=shown, rows=rows, total=_total(rows)
    )


def _rows(shown: Campaign) -> list[BoardRow]:
    return board_of(session(), shown, current_actor())


def _total(rows: Sequence[BoardRow]) -> list[int]:
    return [
        sum(row.done for row in rows),
        sum(row.not_yet for row in rows),
        sum(row.not_needed for row in rows),
    ]


@bp.get("/campaigns/<int:campaign_id>/klasses/<int:klass_id>")
@requires(Permission.BOARD_VIEW)
def register(campaign_id: int, klass_id: int) -> ResponseReturnValue:
    """One class by name in the three words; `?only=not_yet` is the make-up list, to print."""
    shown = one(campaign_id, Permission.BOARD_VIEW)
    klass = klass_of(shown, klass_id, Permission.BOARD_VIEW)
    only = request.args.get("only", "")
    rows = [row for row in register_of(session(), shown, klass.id) if not only or row[2] == only]
    return render_template(
        "campaigns/register.html", campaign=shown, klass=klass, rows=rows, only=only
    )


@bp.post("/campaigns/<int:campaign_id>/tickets/<int:ticket_id>/excuse")
@requires(Permission.CAMPAIGN_EDIT)
def excuse(campaign_id: int, ticket_id: int) -> ResponseReturnValue:
    """Excuse a student today, or take that back."""
    shown = one(campaign_id, Permission.CAMPAIGN_EDIT)
    ticket = fetch(select(Ticket).where(Ticket.campaign_id == shown.id, Ticket.id == ticket_id))
    why = request.form.get("why") or None
    actions.excuse(session(), by=current_actor(), ticket=ticket, why=why)
    flash(_("已记录。"), "success")
    address = url_for("sittings.register", campaign_id=shown.id, klass_id=ticket.klass_id)
    return redirect(address, 303)


@bp.post("/campaigns/<int:campaign_id>/tickets/<int:ticket_id>/reset-pin")
@requires(Permission.SITTING_RUN)
def reset_pin(campaign_id: int, ticket_id: int) -> ResponseReturnValue:
    """Let a student who forgot the PIN begin again with code and check; nothing saved is lost."""
    shown = one(campaign_id, Permission.SITTING_RUN)
    ticket = fetch(select(Ticket).where(Ticket.campaign_id == shown.id, Ticket.id == ticket_id))
    klass_of(shown, ticket.klass_id, Permission.SITTING_RUN)
    tickets_actions.reset_pin(session(), by=current_actor(), ticket=ticket)
    flash(_("已清除密码，请学生用答题码重新进入。"), "success")
    address = url_for("sittings.register", campaign_id=shown.id, klass_id=ticket.klass_id)
    return redirect(address, 303)


@bp.get("/campaigns/<int:campaign_id>/sittings")
@requires(Permission.BOARD_VIEW)
def sittings(campaign_id: int) -> ResponseReturnValue:
    """The planned sittings with who is in the room and who stands in."""
    shown = one(campaign_id, Permission.BOARD_VIEW)
    return _sittings_page(shown, _form(shown), 200)


def _sittings_page(shown: Campaign, form: SittingForm, status: int) -> ResponseReturnValue:
    planned = session().scalars(sittings_of(shown.id)).all()
    people = {user.id: user for user in _staff(shown)}
    klasses = {klass.id: klass for klass in session().scalars(klasses_of(shown.id))}
    page = render_template(
        "campaigns/sittings.html",
        campaign=shown,
        sittings=planned,
        people=people,
        klasses=klasses,
        form=form,
    )
    return page, status


def _staff(shown: Campaign) -> list[User]:
    # a homeroom teacher's role is narrowed to his class: every class of the campaign is asked for
    found: dict[int, User] = {}
    for klass in session().scalars(klasses_of(shown.id)):
        for user in staff_of(session(), shown.school_id, INVIGILATORS, klass_id=klass.id):
            found[user.id] = user
    return list(found.values())


def _form(shown: Campaign) -> SittingForm:
    form = SittingForm()
    people = options([(0, _("待定")), *((user.id, user.name) for user in _staff(shown))])
    form.klass_id.choices = options(
        (klass.id, f"{klass.grade.name}{klass.name}")
        for klass in session().scalars(klasses_of(shown.id))
    )
    form.invigilator_id.choices = people
    form.deputy_id.choices = people
    return form


@bp.post("/campaigns/<int:campaign_id>/sittings")
@requires(Permission.CAMPAIGN_EDIT)
def plan_sitting(campaign_id: int) -> ResponseReturnValue:
    """Plan a sitting, or the make-up sitting of a class."""
    shown = one(campaign_id, Permission.CAMPAIGN_EDIT)
    form = _form(shown)
    if not form.validate_on_submit():
        return _sittings_page(shown, form, 422)
    people = {user.id: user for user in _staff(shown)}
    try:
        actions.plan_sitting(
            session(),
            by=current_actor(),
            campaign=shown,
            klass=klass_of(shown, form.klass_id.data, Permission.CAMPAIGN_EDIT),
            starts_at=_moment(form.starts_at.data),
            ends_at=_moment(form.ends_at.data),
            room=form.room.data or None,
            invigilator=people.get(form.invigilator_id.data),
            deputy=people.get(form.deputy_id.data),
        )
    except Refused as refusal:
        name = {"deputy": "deputy_id"}.get(refusal.field or "", refusal.field or "starts_at")
        form[name].errors = [refusal.message]
        return _sittings_page(shown, form, 422)
    flash(_("场次已安排。"), "success")
    return redirect(url_for("sittings.sittings", campaign_id=shown.id), 303)


def _moment(value: datetime | None) -> datetime:
    if value is None:
        raise Refused(_("请填写时间。"), "starts_at")
    return value.replace(tzinfo=clock.SHANGHAI)


@bp.post("/campaigns/<int:campaign_id>/sittings/<int:sitting_id>/drop")
@requires(Permission.CAMPAIGN_EDIT)
def drop_sitting(campaign_id: int, sitting_id: int) -> ResponseReturnValue:
    """Take a sitting off the plan."""
    shown = one(campaign_id, Permission.CAMPAIGN_EDIT)
    sitting = fetch(
        select(Sitting).where(Sitting.campaign_id == shown.id, Sitting.id == sitting_id)
    )
    actions.drop_sitting(session(), by=current_actor(), campaign=shown, sitting=sitting)
    flash(_("场次已取消。"), "success")
    return redirect(url_for("sittings.sittings", campaign_id=shown.id), 303)


@bp.get("/campaigns/<int:campaign_id>/papers")
@requires(Permission.SHEET_PRINT)
def papers(campaign_id: int) -> ResponseReturnValue:
    """Choose what to print, class by class."""
    shown = one(campaign_id, Permission.SHEET_PRINT)
    klasses = session().scalars(klasses_of(shown.id)).all()
    return render_template("campaigns/papers.html", campaign=shown, klasses=klasses)


@bp.get("/campaigns/<int:campaign_id>/klasses/<int:klass_id>/sheet.pdf")
@requires(Permission.SHEET_PRINT)
def sheet(campaign_id: int, klass_id: int) -> ResponseReturnValue:
    """The class sheet: a strip per student; each printing is logged."""
    shown = one(campaign_id, Permission.SHEET_PRINT)
    klass = klass_of(shown, klass_id, Permission.SHEET_PRINT)
    rows = [(student, ticket) for student, ticket, _word in register_of(session(), shown, klass.id)]
    paper.printed(
        by=current_actor().ref, campaign=shown, what="class_sheet", subjects=[f"klass:{klass.id}"]
    )
    address = current_app.config["PUBLIC_URL"]
    return _pdf(paper.class_sheet(shown, klass, rows, address), "class-sheet.pdf")


@bp.get("/campaigns/<int:campaign_id>/klasses/<int:klass_id>/letters.pdf")
@requires(Permission.SHEET_PRINT)
def letters(campaign_id: int, klass_id: int) -> ResponseReturnValue:
    """The consent letters of a class, one page each."""
    shown = one(campaign_id, Permission.SHEET_PRINT)
    klass = klass_of(shown, klass_id, Permission.SHEET_PRINT)
    students: list[Student] = [row[0] for row in register_of(session(), shown, klass.id)]
    paper.printed(
        by=current_actor().ref,
        campaign=shown,
        what="consent_letters",
        subjects=[f"klass:{klass.id}"],
    )
    address = current_app.config["PUBLIC_URL"]
    return _pdf(paper.consent_letters(shown, students, address), "consent-letters.pdf")


def _pdf(content: bytes, name: str) -> Response:
    response = make_response(content)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response
