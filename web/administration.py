"""Pages of the system and audit administrators: the outbox with its alarms, the audit trail."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from accounts.guard import current_actor, requires
from accounts.policy import Permission
from foundation import database, jobs, outbox
from foundation.audit import AuditRow
from schools.queries import organisations_visible_to

bp = Blueprint("administration", __name__)
PAGE = 100


@bp.get("/outbox")
@requires(Permission.OUTBOX_VIEW)
def outbox_page() -> ResponseReturnValue:
    """What waits to leave, what failed, and what the software found wrong with itself."""
    alarms = jobs.alarms(database.session())
    return render_template("web/outbox.html", status=outbox.status(), alarms=alarms)


@bp.get("/audit")
@requires(Permission.AUDIT_VIEW)
def audit_page() -> ResponseReturnValue:
    """The audit rows of the administrator's organisations, newest first."""
    actor = current_actor()
    session = database.session()
    organisations = session.scalars(organisations_visible_to(actor, Permission.AUDIT_VIEW)).all()
    number = max(1, request.args.get("page", 1, type=int))
    event = request.args.get("event", "")
    reach = AuditRow.organisation_id.in_([organisation.id for organisation in organisations])
    query = select(AuditRow).where(reach).order_by(AuditRow.id.desc())
    if event:
        query = query.where(AuditRow.event == event)
    rows = session.scalars(query.offset((number - 1) * PAGE).limit(PAGE)).all()
    names = {organisation.id: organisation.name for organisation in organisations}
    return render_template(
        "web/audit.html", rows=rows, names=names, number=number, event=event, full=len(rows) == PAGE
    )
