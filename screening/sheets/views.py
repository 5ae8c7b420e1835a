"""Typing paper sheets: pick class and student, type the codes, read them back, confirm, next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guard import current_actor, fetch, requires
from accounts.policy import Permission
from foundation import audit
from foundation.database import session
from foundation.i18n import _
from foundation.problems import Refused
from instruments.library.definition import Value
from schools.models import Klass
from schools.queries import klasses_visible_to
from screening.campaigns.queries import klasses_of
from screening.campaigns.views.campaigns import one
from screening.models import Campaign, Ticket
from screening.sheets import paper_actions, paper_queries, paper_sheets
from screening.sheets.paper_queries import Line
from screening.taking.drafts import Place, Sent
from screening.taking.queries import definitions_of, drafts_of

bp = Blueprint("paper", __name__)
ENTER = Permission.ANSWERS_ENTER
FIRST, AGAIN, SETTLE = "first", "again", "settle"


@dataclass(frozen=True)
class Pile:
    """What holds for a whole pile of sheets: the day they were filled in, typed once or twice."""

    day: date
    twice: bool

    @property
    def query(self) -> dict[str, Any]:
        """The same as parameters of an address."""
        return {"on": self.day.isoformat()} | ({"twice": "1"} if self.twice else {})


@dataclass(frozen=True)
class Cell:
    """One field; what stands in it, and what is wrong with it."""

    name: str
    number: str
    text: str
    codes: str
    error: str = ""


@dataclass(frozen=True)
class Scale:
    """The fields of one instrument."""

    title: str
    codes: str
    cells: tuple[Cell, ...]


@bp.get("/campaigns/<int:campaign_id>/paper")
@requires(ENTER)
def pile(campaign_id: int) -> ResponseReturnValue:
    """The pile of a class: which sheets are typed, which wait, and from where to go on."""
    shown = one(campaign_id, ENTER)
    return _pile_page(shown, 200)


def _pile_page(shown: Campaign, status: int, message: str = "") -> ResponseReturnValue:
    reach = klasses_visible_to(current_actor(), ENTER).with_only_columns(Klass.id)
    klasses = session().scalars(klasses_of(shown.id).where(Klass.id.in_(reach.order_by(None))))
    listed = list(klasses.unique())
    wanted = request.args.get("klass", type=int)
    klass = next((each for each in listed if each.id == wanted), listed[0] if listed else None)
    rows = paper_queries.lines(session(), shown, klass.id) if klass else []
    first, last = paper_queries.days_of(shown)
    page = render_template(
        "campaigns/paper.html",
        campaign=shown,
        klasses=listed,
        klass=klass,
        rows=rows,
        words=obstacle_words(),
        next=paper_queries.next_of(rows, 0),
        settings=_pile(shown),
        first=first,
        last=last,
        message=message or _day_problem(shown),
    )
    return page, status


def obstacle_words() -> dict[str, str]:
    """What the list says of a sheet that cannot be typed."""
    return {
        "done": _("已有答卷"),
        "not_needed": _("今天不需要"),
        "no_consent": _("没有同意记录"),
        "begun_online": _("学生已在网上开始作答"),
        "early": _("还没有到开放的日子"),
    }


def _pile(shown: Campaign) -> Pile:
    first, last = paper_queries.days_of(shown)
    day = paper_sheets.day_of(request.values.get("on", ""), first, last)
    twice = request.values.get("twice") == "1"
    return Pile(day or paper_queries.usual_day(shown), twice)


def _day_problem(shown: Campaign) -> str:
    first, last = paper_queries.days_of(shown)
    given = request.values.get("on", "")
    if not given or paper_sheets.day_of(given, first, last):
        return ""
    return _("答题日期要在 %(first)s 和 %(last)s 之间。", first=first, last=last)


def _line(campaign_id: int, ticket_id: int) -> tuple[Campaign, Line]:
    shown = one(campaign_id, ENTER)
    query = paper_queries.sheets_of(shown.id).where(Ticket.id == ticket_id)
    ticket = fetch(query)
    return shown, paper_queries.judged(session(), shown, [ticket])[0]


@bp.get("/campaigns/<int:campaign_id>/paper/<int:ticket_id>")
@requires(ENTER)
def sheet(campaign_id: int, ticket_id: int) -> ResponseReturnValue:
    """The empty fields of one sheet, or what was typed before, to correct it."""
    shown, line = _line(campaign_id, ticket_id)
    if not line.waits:
        return _to_pile(shown, line, _pile(shown))
    again = request.args.get("mode") == AGAIN and line.under_way
    stored = {place: each.value for place, each in drafts_of(session(), line.ticket).items()}
    if stored and not again:
        _opened(shown, line)
    texts = {} if again else {name(place): shown_code(value) for place, value in stored.items()}
    return _sheet_page(shown, line, texts, mode=AGAIN if again else FIRST)


def _opened(shown: Campaign, line: Line) -> None:
    audit.record_read(
        "answers.opened",
        by=current_actor().ref,
        organisation_id=shown.school_id,
        subjects=[f"ticket:{line.ticket.id}"],
    )


def name(place: Place) -> str:
    """The form field of an item."""
    return f"{place[0]}.{place[1]}"


def shown_code(value: Value) -> str:
    """A code as it is typed; a blank shows as a dash."""
    return "-" if value is None else str(value)


def _sheet_page(
    shown: Campaign,
    line: Line,
    texts: Mapping[str, str],
    *,
    mode: str,
    errors: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "campaigns/paper_sheet.html",
        campaign=shown,
        line=line,
        scales=_scales(line, texts, errors or {}),
        settings=_pile(shown),
        mode=mode,
        errors=errors or {},
        page_has_errors=bool(errors),
    )
    return page, 422 if errors else 200


def _scales(line: Line, texts: Mapping[str, str], errors: Mapping[str, str]) -> list[Scale]:
    found = []
    for key, definition in definitions_of(line.ticket).items():
        cells = []
        for item in definition.items:
            field = name((key, item.id))
            codes = " ".join(str(code) for code in item.codes or ())
            text, error = texts.get(field, ""), errors.get(field, "")
            cells.append(Cell(field, item.id, text, codes, error))
        every = sorted({code for item in definition.items for code in item.codes or ()})
        codes = " ".join(str(code) for code in every)
        found.append(Scale(str(definition.title.zh), codes, tuple(cells)))
    return found


@bp.post("/campaigns/<int:campaign_id>/paper/<int:ticket_id>")
@requires(ENTER, keeps=True)  # a critical answer counts even beside a mistyped one
def save(campaign_id: int, ticket_id: int) -> ResponseReturnValue:
    """Keep what was typed; a second typing is compared before it counts."""
    shown, line = _line(campaign_id, ticket_id)
    typed = paper_sheets.read(request.form, definitions_of(line.ticket))
    mode = request.form.get("mode", FIRST)
    errors = _faults(typed)
    if mode == AGAIN and line.waits and not errors:
        errors = _differences(line, typed)
        mode = SETTLE if errors else mode
    if not errors or mode != SETTLE:
        paper_actions.save(session(), by=current_actor(), line=line, typed=typed)
    if errors:
        return _sheet_page(shown, line, request.form, mode=mode, errors=errors)
    settings = _pile(shown)
    if settings.twice and mode == FIRST:
        return redirect(_address("paper.sheet", line, settings, mode=AGAIN), 303)
    return redirect(_address("paper.check", line, settings), 303)


def _faults(typed: Sent) -> dict[str, str]:
    return {
        name((each.instrument, each.item)): _("这里不是可选的代码。没有作答就留空或按减号。")
        for each in typed.faults
    }


def _differences(line: Line, typed: Sent) -> dict[str, str]:
    found = paper_sheets.differences(typed, drafts_of(session(), line.ticket))
    return {
        name(place): _(
            "第一次 %(first)s，第二次 %(second)s：请看答卷，填对的那个。",
            first=shown_code(first),
            second=shown_code(second),
        )
        for place, (first, second) in found.items()
    }


def _address(endpoint: str, line: Line, settings: Pile, **more: Any) -> str:
    ticket = line.ticket
    return url_for(
        endpoint, campaign_id=ticket.campaign_id, ticket_id=ticket.id, **settings.query, **more
    )


@bp.get("/campaigns/<int:campaign_id>/paper/<int:ticket_id>/check")
@requires(ENTER)
def check(campaign_id: int, ticket_id: int) -> ResponseReturnValue:
    """What was understood, to compare with the paper before it is final."""
    shown, line = _line(campaign_id, ticket_id)
    if not line.under_way:
        return _to_pile(shown, line, _pile(shown))
    return _check_page(shown, line, 200)


def _check_page(shown: Campaign, line: Line, status: int, problem: str = "") -> ResponseReturnValue:
    _opened(shown, line)
    stored = drafts_of(session(), line.ticket)
    texts = {name(place): shown_code(each.value) for place, each in stored.items()}
    scales = _scales(line, texts, {})
    page = render_template(
        "campaigns/paper_check.html",
        campaign=shown,
        line=line,
        scales=scales,
        blank=[[c.number for c in scale.cells if c.text in {"", "-"}] for scale in scales],
        settings=_pile(shown),
        problem=problem,
        page_has_errors=bool(problem),
    )
    return page, status


@bp.post("/campaigns/<int:campaign_id>/paper/<int:ticket_id>/confirm")
@requires(ENTER)
def confirm(campaign_id: int, ticket_id: int) -> ResponseReturnValue:
    """Make it a response, and go on with the next sheet of the pile."""
    shown, line = _line(campaign_id, ticket_id)
    settings = _pile(shown)
    try:
        paper_actions.confirm(
            session(),
            by=current_actor(),
            line=line,
            answered_on=settings.day,
            signed=request.form.get("signed") == "y",
        )
    except Refused as refusal:
        return _check_page(shown, line, 422, refusal.message)
    flash(_("%(name)s 的答卷已录入。", name=line.student.name), "success")
    rows = paper_queries.lines(session(), shown, line.ticket.klass_id)
    following = paper_queries.next_of(rows, line.ticket.id)
    if following is None:
        return _to_pile(shown, line, settings)
    return redirect(_address("paper.sheet", following, settings), 303)


@bp.post("/campaigns/<int:campaign_id>/paper/<int:ticket_id>/discard")
@requires(ENTER)
def discard(campaign_id: int, ticket_id: int) -> ResponseReturnValue:
    """It was another student's paper: empty the fields again."""
    shown, line = _line(campaign_id, ticket_id)
    paper_actions.discard(session(), by=current_actor(), line=line)
    flash(_("已清空。已经发出的预警仍然有效。"), "success")
    return redirect(_address("paper.sheet", line, _pile(shown)), 303)


def _to_pile(shown: Campaign, line: Line, settings: Pile) -> ResponseReturnValue:
    address = url_for(
        "paper.pile", campaign_id=shown.id, klass=line.ticket.klass_id, **settings.query
    )
    return redirect(address, 302 if request.method == "GET" else 303)
