"""Pages of the League secretary: pairing, training, and how well students are covered."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from accounts.guard import current_actor, fetch, requires
from accounts.models import User
from accounts.policy import Permission
from foundation import clock
from foundation.database import session
from foundation.i18n import _
from foundation.problems import Refused
from schools.models import Organisation, StaffRole
from schools.queries import schools_visible_to
from screening.league import pairing_actions as actions
from screening.league.concern_queries import label_of
from screening.league.forms import PairForm, TrainingForm
from screening.league.pairing_queries import (
    contacts_visible_to,
    members_visible_to,
    pairings_visible_to,
    students_of_branch,
)
from screening.league.queries import (
    branch_names,
    contacts_of,
    current_term,
    last_logs,
    members_of,
    silent_pairings,
    trained,
)
from screening.league.queries import coverage as coverage_of
from screening.league.views.concerns import bp
from screening.models import ContactPairing


@bp.get("/pairings")
@requires(Permission.PAIRING_EDIT)
def pairings() -> ResponseReturnValue:
    """Who keeps company with whom this term, and who has nobody yet."""
    actor = current_actor()
    schools = session().scalars(schools_visible_to(actor, Permission.PAIRING_EDIT)).all()
    rows = session().scalars(pairings_visible_to(actor)).all()
    users = {row.member_user_id for row in rows}
    return render_template(
        "league/pairings.html",
        schools=[
            _school(school, [p for p in rows if p.school_id == school.id]) for school in schools
        ],
        names={user: session().get_one(User, user).name for user in users},
    )


def _school(school: Organisation, rows: list[ContactPairing]) -> dict[str, object]:
    term = current_term(session(), school.id)
    now = [row for row in rows if term and row.term_id == term.id]
    busy = {row.member_user_id for row in now}
    members = session().scalars(members_of(school.id)).all()
    return {
        "school": school,
        "term": term,
        "pairings": now,
        "unpaired": [member for member in members if member.user_id not in busy],
        "branches": branch_names(session(), school.id),
        "last": last_logs(session(), school.id),
    }


@bp.get("/pairings/new/<int:member_id>")
@requires(Permission.PAIRING_EDIT)
def new_pairing(member_id: int) -> ResponseReturnValue:
    """The form for one member: students of his branch without himself."""
    member = _member(member_id)
    return _pair_page(_pair_form(member), member)


@bp.post("/pairings/new/<int:member_id>")
@requires(Permission.PAIRING_EDIT)
def pair(member_id: int) -> ResponseReturnValue:
    """Pair them for the term."""
    member = _member(member_id)
    form = _pair_form(member)
    if not form.validate_on_submit():
        return _pair_page(form, member, 422)
    students = session().scalars(students_of_branch(member.branch_id)).all()
    student = next(each for each in students if each.id == form.student_id.data)
    given = form.difficulties.data or []
    try:
        actions.pair(
            session(), by=current_actor(), member=member, student=student, difficulties=given
        )
    except Refused as problem:
        form.student_id.errors = [problem.message]
        return _pair_page(form, member, 422)
    flash(_("已结对。"), "success")
    return redirect(url_for("league.pairings"), 303)


def _member(member_id: int) -> StaffRole:
    return fetch(members_visible_to(current_actor()).where(StaffRole.id == member_id))


def _pair_form(member: StaffRole) -> PairForm:
    students = session().scalars(students_of_branch(member.branch_id)).all()
    form = PairForm()
    form.student_id.choices = [
        SelectChoice(each.id, label_of(each)) for each in students if each.id != member.student_id
    ]
    return form


def _pair_page(form: PairForm, member: StaffRole, status: int = 200) -> ResponseReturnValue:
    return render_template("league/pair.html", form=form, member=member), status


@bp.post("/pairings/<int:pairing_id>/end")
@requires(Permission.PAIRING_EDIT)
def end_pairing(pairing_id: int) -> ResponseReturnValue:
    """End one."""
    held = fetch(pairings_visible_to(current_actor()).where(ContactPairing.id == pairing_id))
    actions.end_pairing(session(), by=current_actor(), pairing=held)
    flash(_("结对已结束。"), "success")
    return redirect(url_for("league.pairings"), 303)


@bp.get("/coverage")
@requires(Permission.COVERAGE_VIEW)
def coverage() -> ResponseReturnValue:
    """Pairing, training and concerns in counts, with what is still missing."""
    actor = current_actor()
    schools = session().scalars(schools_visible_to(actor, Permission.COVERAGE_VIEW)).all()
    return render_template("league/coverage.html", schools=[_covered(school) for school in schools])


def _covered(school: Organisation) -> dict[str, object]:
    term = current_term(session(), school.id)
    branches = branch_names(session(), school.id)
    contacts = session().scalars(contacts_of(school.id)).all()
    held = {contact.branch_id for contact in contacts}
    quiet = silent_pairings(session(), school.id)
    return {
        "school": school,
        "term": term,
        "figures": coverage_of(session(), school.id, term),
        "branches": branches,
        "without": [name for branch, name in branches.items() if branch not in held],
        "contacts": contacts,
        "trained": trained(session(), term),
        "silent": [(pairing, session().get_one(User, pairing.member_user_id)) for pairing in quiet],
        "form": _training_form(),
    }


def _training_form() -> TrainingForm:
    form = TrainingForm(formdata=None)
    form.trained_on.data = clock.today()
    return form


@bp.post("/coverage/training/<int:contact_id>")
@requires(Permission.PAIRING_EDIT)
def record_training(contact_id: int) -> ResponseReturnValue:
    """Record that a contact was trained this term."""
    contact = fetch(contacts_visible_to(current_actor()).where(StaffRole.id == contact_id))
    form = TrainingForm()
    if not form.validate_on_submit():
        raise Refused(_("请填写日期。"), "trained_on")
    day = form.trained_on.data or clock.today()
    actions.record_training(session(), by=current_actor(), contact=contact, trained_on=day)
    flash(_("已记录培训。"), "success")
    return redirect(url_for("league.coverage"), 303)
