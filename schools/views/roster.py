"""Roster pages: upload, preview by kind, carry out, undo, and the user's own file back."""

import io
from typing import Any

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from accounts.guard import current_actor, fetch, requires
from accounts.policy import Permission
from foundation import audit, clock, database, spreadsheets, spreadsheets_apart
from foundation.database import session
from foundation.i18n import _
from foundation.problems import Refused
from schools.forms import WHOLE, CommitForm, UploadForm
from schools.models import Organisation, RosterImport, RosterRow
from schools.names import words
from schools.roster import actions as roster_actions
from schools.roster import commit as roster_commit
from schools.roster import file as roster_file
from schools.roster import queries as roster_queries
from schools.roster import undo as roster_undo
from schools.roster import words as roster_words
from schools.roster.rules import Kind
from schools.views.blueprint import PAGE, bp

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _upload_form() -> UploadForm:
    form = UploadForm()
    places = session().scalars(roster_queries.organisations_to_import_for(current_actor())).all()
    form.organisation.choices = [(place.id, place.name) for place in places]
    return form


@bp.get("/roster")
@requires(Permission.ROSTER_IMPORT)
def roster() -> ResponseReturnValue:
    """The imports so far, and the form for a new one."""
    return _roster_page(_upload_form(), 200)


def _roster_page(form: UploadForm, status: int) -> ResponseReturnValue:
    number = max(1, request.args.get("page", 1, type=int))
    query = roster_queries.imports_visible_to(current_actor())
    rows = session().execute(query.offset((number - 1) * PAGE).limit(PAGE)).all()
    page = render_template(
        "schools/roster.html",
        form=form,
        imports=rows,
        states=roster_words.state_names(),
        page_has_errors=bool(form.errors),
    )
    return page, status


@bp.post("/roster")
@requires(Permission.ROSTER_IMPORT, unit=database.reading)
def roster_upload() -> ResponseReturnValue:
    """Read a file and show what it would do; a wrong file is refused and nothing is stored."""
    form = _upload_form()
    if not form.validate_on_submit():
        return _roster_page(form, 422)
    chosen = roster_queries.organisations_to_import_for(current_actor())
    organisation = fetch(chosen.where(Organisation.id == form.organisation.data))
    data = form.file.data.read()
    try:
        parsed = roster_file.parse(spreadsheets_apart.read(data), clock.today())
        proposal = roster_actions.propose(session(), organisation=organisation, parsed=parsed)
    except Refused as problem:
        form.file.errors = [problem.message]
        return _roster_page(form, 422)
    upload = roster_actions.Upload.of(form.file.data.filename or "", data)
    made = roster_actions.store_preview(by=current_actor(), upload=upload, proposal=proposal)
    return redirect(url_for("schools.roster_preview", import_id=made), 303)


@bp.get("/roster/template")
@requires(Permission.ROSTER_IMPORT)
def roster_template() -> ResponseReturnValue:
    """An empty file with the column names we know, all cells as text."""
    header = words()["template"]["header"]
    book = spreadsheets.write_xlsx(header, (), widths=[16] * len(header))
    return _xlsx(book, _("学生名单模板"))


def _xlsx(book: bytes, name: str) -> ResponseReturnValue:
    return send_file(
        io.BytesIO(book), mimetype=XLSX, as_attachment=True, download_name=f"{name}.xlsx"
    )


def _fetch_import(import_id: int) -> RosterImport:
    visible = roster_queries.imports_visible_to(current_actor())
    return fetch(visible.with_only_columns(RosterImport).where(RosterImport.id == import_id))


@bp.get("/roster/<int:import_id>")
@requires(Permission.ROSTER_IMPORT)
def roster_preview(import_id: int) -> ResponseReturnValue:
    """What the file would do (or did), by kind, page by page."""
    return _preview_page(_fetch_import(import_id), CommitForm(), 200)


def _preview_page(made: RosterImport, form: CommitForm, status: int) -> ResponseReturnValue:
    kind = request.args.get("kind", "")
    if kind and kind not in roster_words.kind_names():
        abort(404)
    school = request.args.get("school", type=int)
    number = max(1, request.args.get("page", 1, type=int))
    query = roster_queries.problems_first(roster_queries.rows_of(made.id, kind, school))
    total = session().scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = session().scalars(query.offset((number - 1) * PAGE).limit(PAGE)).all()
    _log_read(made, rows)
    organisation = session().get_one(Organisation, made.organisation_id)
    several = made.state != "cancelled" and organisation.kind != "school"
    page = render_template(
        "schools/roster_preview.html",
        made=made,
        form=form,
        organisation=organisation,
        schools=roster_queries.schools_of(session(), organisation) if several else [],
        school=school,
        rows=rows,
        kind=kind,
        number=number,
        pages=max(1, -(-total // PAGE)),
        total=total,
        done=roster_queries.done_counts(session(), made.id),
        asked=made.counts.get("asked", False),
        acting=sum(made.counts[name] for name in roster_commit.acting_kinds(made)),
        words=roster_words,
        days_left=_days_left(made),
        klasses_kept=roster_undo.klasses_kept(session(), made),
        page_has_errors=bool(form.errors),
    )
    return page, status


def _log_read(made: RosterImport, rows: Any) -> None:
    audit.record_read(
        "roster.read",
        by=current_actor().ref,
        organisation_id=made.organisation_id,
        subjects=[f"roster_import:{made.id}", *(f"roster_row:{row.id}" for row in rows)],
    )


def _days_left(made: RosterImport) -> int:
    if made.state != "committed" or made.committed_at is None:
        return 0
    return roster_actions.days_left(made.committed_at, roster_undo.UNDO_FOR)


@bp.post("/roster/<int:import_id>/commit")
@requires(Permission.ROSTER_IMPORT, unit=database.reading)
def roster_carry_out(import_id: int) -> ResponseReturnValue:
    """Carry the preview out, at once or by the worker."""
    made = _fetch_import(import_id)
    form = CommitForm()
    form.validate_on_submit()
    try:
        at_once = roster_commit.start(
            by=current_actor(),
            import_id=import_id,
            confirmed=bool(form.confirmed.data),
            whole=form.scope.data == WHOLE,
        )
    except Refused as problem:
        form.confirmed.errors = [problem.message]
        return _preview_page(made, form, 422)
    if at_once:
        flash(_("名单已导入。7 天内可以撤销。"), "success")
    else:
        flash(_("名单较大，正在后台导入，刷新本页看进度。"), "info")
    return redirect(url_for("schools.roster_preview", import_id=import_id), 303)


@bp.post("/roster/<int:import_id>/cancel")
@requires(Permission.ROSTER_IMPORT)
def roster_cancel(import_id: int) -> ResponseReturnValue:
    """Throw the preview away."""
    roster_actions.cancel(session(), by=current_actor(), made=_fetch_import(import_id))
    flash(_("已放弃这份名单，没有改动任何学生。"), "success")
    return redirect(url_for("schools.roster"), 303)


@bp.post("/roster/<int:import_id>/undo")
@requires(Permission.ROSTER_IMPORT, unit=database.reading)
def roster_undo_import(import_id: int) -> ResponseReturnValue:
    """Take the import back."""
    _fetch_import(import_id)
    roster_undo.undo(by=current_actor(), import_id=import_id)
    flash(_("导入已撤销。"), "success")
    return redirect(url_for("schools.roster_preview", import_id=import_id), 303)


def _place(row: RosterRow) -> int | str:
    sheet = (row.wanted or {}).get("sheet")
    return f"{row.row_number}（{sheet}）" if sheet else row.row_number


@bp.get("/roster/<int:import_id>/file")
@requires(Permission.ROSTER_IMPORT)
def roster_returned(import_id: int) -> ResponseReturnValue:
    """The user's own rows with one column more: what became of each."""
    made = _fetch_import(import_id)
    query = roster_queries.rows_of(import_id).where(RosterRow.kind != Kind.LEAVING.value)
    rows = list(session().scalars(query))
    if any((row.wanted or {}).get("sheet") for row in rows):
        rows.sort(key=lambda row: row.id)  # sheet by sheet, as they were read
    if not rows:
        raise Refused(_("这份名单的原始内容已经删除（上传 30 天后）。"))
    audit.record_read(
        "roster.exported",
        by=current_actor().ref,
        organisation_id=made.organisation_id,
        subjects=[f"roster_import:{made.id}"],
    )
    header = [*made.headers, _("行号"), _("处理结果")]
    lines = (
        [*row.cells[: len(made.headers)], _place(row), roster_words.outcome(row)] for row in rows
    )
    widths = [*([14] * len(made.headers)), 8, 60]
    book = spreadsheets.write_xlsx(header, lines, widths=widths, marked=len(header) - 1)
    return _xlsx(book, _("处理结果") + f"-{made.id}")
