"""Who in the room asked for a teacher: for the invigilator whom the student let know."""

from flask import render_template
from flask.typing import ResponseReturnValue

from accounts.guard import current_actor, requires
from accounts.policy import Permission
from foundation import audit
from foundation.database import session
from screening.taking.queries import calls_to
from screening.taking.views.browser import bp


@bp.get("/calls")
@requires(Permission.SITTING_RUN)
def calls() -> ResponseReturnValue:
    """The open calls, with the place if it was said; no reason, no answer, no result."""
    actor = current_actor()
    found = session().scalars(calls_to(actor.user_id)).all()
    if found:
        audit.record_read(
            "call.read",
            by=actor.ref,
            organisation_id=found[0].school_id,
            subjects=[f"alert:{each.id}" for each in found],
        )
    return render_template("taking/calls.html", calls=found)
