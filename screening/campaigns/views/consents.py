"""Consent: recorded by staff from paper or phone, or given by a guardian through a link."""

from datetime import date, datetime

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from accounts import tries
from accounts.guard import current_actor, public, requires
from accounts.policy import Actor, Permission
from foundation import clock, database, i18n
from foundation.database import session
from foundation.forms import options
from foundation.i18n import _
from foundation.problems import Missing
from schools.models import Guardian, GuardianStatus, Klass, Student, StudentStatus
from screening.campaigns import consent_actions as actions
from screening.campaigns import consent_text
from screening.campaigns.consent_queries import verdicts
from screening.campaigns.forms import ClassGuardianForm, GuardianForm
from screening.campaigns.queries import klasses_of, students_of
from screening.campaigns.views.campaigns import one
from screening.models import Campaign
from screening.tickets.rules import check_passes

bp = Blueprint("consents", __name__)
GUARDIAN = Actor.system("guardian")


@bp.get("/campaigns/<int:campaign_id>/consents")
@requires(Permission.CONSENT_RECORD)
def consents(campaign_id: int) -> ResponseReturnValue:
    """A class's students with a choice each; only the counselor sees what was decided."""
    shown = one(campaign_id, Permission.CONSENT_RECORD)
    klasses = session().scalars(klasses_of(shown.id)).all()
    klass = _chosen_klass(list(klasses))
    students = (
        session()
        .scalars(students_of(shown.id).where(Student.klass_id == (klass.id if klass else 0)))
        .all()
    )
    sees = current_actor().may(Permission.CONSENT_VIEW, shown.school.path)
    found = verdicts(session(), shown, students)
    return render_template(
        "campaigns/consents.html",
        campaign=shown,
        klasses=klasses,
        klass=klass,
        students=students,
        verdicts=found if sees else {},
        conflicts=_conflicts(shown) if sees else [],
        class_link=_address(shown, klass) if klass else "",
    )


def _address(shown: Campaign, klass: Klass) -> str:
    """The whole link: it is copied into the class's parent group."""
    token = consent_text.class_link(shown.id, klass.id)
    path = url_for("consents.guardian_of_class", token=token)
    return f"{current_app.config['PUBLIC_URL']}{path}"


def _chosen_klass(klasses: list[Klass]) -> Klass | None:
    wanted = request.args.get("klass", type=int)
    return next((k for k in klasses if k.id == wanted), klasses[0] if klasses else None)


def _conflicts(shown: Campaign) -> list[Student]:
    students = session().scalars(students_of(shown.id)).all()
    found = verdicts(session(), shown, students)
    return [student for student in students if found[student.id].status == "conflict"]


@bp.post("/campaigns/<int:campaign_id>/consents")
@requires(Permission.CONSENT_RECORD)
def record(campaign_id: int) -> ResponseReturnValue:
    """Keep what came back on paper or by phone for a class."""
    shown = one(campaign_id, Permission.CONSENT_RECORD)
    party = "student" if request.form.get("party") == "student" else "guardian"
    method = request.form.get("method", "paper")
    students = {s.id: s for s in session().scalars(students_of(shown.id))}
    given = [
        (students[int(name[8:])], value)
        for name, value in request.form.items()
        if name.startswith("student-") and name[8:].isdigit() and value
        if int(name[8:]) in students
    ]
    count = actions.record_many(
        session(), by=current_actor(), campaign=shown, decisions=given, party=party, method=method
    )
    flash(_("已登记 %(n)s 人。", n=count), "success")
    klass = request.form.get("klass", type=int)
    return redirect(url_for("consents.consents", campaign_id=shown.id, klass=klass), 303)


@bp.route("/consent/<string:token>", methods=["GET", "POST"])
@public("a guardian answers the letter of one child; the link is signed and the child is checked")
def guardian(token: str) -> ResponseReturnValue:
    """The notice and the guardian's decision."""
    ids = consent_text.read_link("student", token)
    if ids is None:
        raise Missing
    with database.writing() if request.method == "POST" else database.reading() as unit:
        campaign, student = _pair(unit, *ids)
        form = GuardianForm()
        form.guardian.choices = options(_relations(unit, student))
        if request.method == "POST" and form.validate_on_submit():
            wait = _checked(unit, token, form, student)
            if wait is None:
                _decide(unit, campaign, student, form)
                return render_template("campaigns/consent_done.html")
            form.check.errors = [_wrong(wait)]
        return _guardian_page(form, campaign, token)


def _pair(unit: Session, campaign_id: int, student_id: int) -> tuple[Campaign, Student]:
    campaign, student = unit.get(Campaign, campaign_id), unit.get(Student, student_id)
    if campaign is None or student is None or campaign.state == "cancelled":
        raise Missing
    return campaign, student


def _checked(unit: Session, token: str, form: GuardianForm, student: Student) -> int | None:
    """None when the check fits; else the seconds to wait (0: try again at once)."""
    counter = tries.of(unit, "consent", token)
    wait = tries.wait_s(counter)
    if wait:
        return wait
    if not check_passes(form.check.data or "", student.student_number, student.birth_date):
        return tries.failed(counter)
    tries.passed(counter)
    return None


def _wrong(wait: int) -> str:
    if wait:
        return _("试的次数太多，请 %(n)s 秒后再试。", n=wait)
    return _("核对不上，请再看一下。")


def _relations(unit: Session, student: Student) -> list[tuple[str, str]]:
    rows = unit.scalars(
        select(Guardian).where(
            Guardian.student_id == student.id, Guardian.status == GuardianStatus.PRESENT.value
        )
    ).all()
    return [(str(row.id), row.relation) for row in rows] or [("0", _("监护人"))]


def _decide(unit: Session, campaign: Campaign, student: Student, form: GuardianForm) -> None:
    actions.record(
        unit,
        by=GUARDIAN,
        campaign=campaign,
        student=student,
        party="guardian",
        decision=form.decision.data,
        method="link",
        guardian=unit.get(Guardian, int(form.guardian.data or 0)),
        signed_name=form.signed_name.data,
        reason=form.reason.data,
    )


def _guardian_page(form: GuardianForm, campaign: Campaign, token: str) -> ResponseReturnValue:
    page = render_template(
        "campaigns/consent.html",
        form=form,
        campaign=campaign,
        token=token,
        notice=consent_text.NOTICE[i18n.language()],
    )
    return page, 422 if form.errors else 200


@bp.route("/consent/class/<string:token>", methods=["GET", "POST"])
@public("a class's guardians find their child by number and birth date; tries are slowed down")
def guardian_of_class(token: str) -> ResponseReturnValue:
    """Find the child, then go on to its own page."""
    ids = consent_text.read_link("class", token)
    if ids is None:
        raise Missing
    form = ClassGuardianForm()
    if form.validate_on_submit():
        with database.writing() as unit:
            wait, student = _found(unit, ids[1], form)
        if student is not None:
            link = consent_text.student_link(ids[0], student.id)
            return redirect(url_for("consents.guardian", token=link), 303)
        form.birth_date.errors = [_wrong(wait)]
    page = render_template("campaigns/consent_class.html", form=form, token=token)
    return page, 422 if form.errors else 200


def _found(unit: Session, klass_id: int, form: ClassGuardianForm) -> tuple[int, Student | None]:
    number = (form.student_number.data or "").strip()
    counter = tries.of(unit, "consent-class", f"{klass_id}:{number}")
    wait, born = tries.wait_s(counter), _day(form.birth_date.data or "")
    if wait:
        return wait, None
    student = unit.scalars(
        select(Student)
        .options(joinedload(Student.klass))
        .where(
            Student.klass_id == klass_id,
            Student.student_number == number,
            Student.status == StudentStatus.ENROLLED.value,
        )
    ).first()
    if student is None or born is None or student.birth_date != born:
        return tries.failed(counter), None
    tries.passed(counter)
    return 0, student


def _day(text: str) -> date | None:
    digits = "".join(letter for letter in text if letter.isdigit())
    try:
        return datetime.strptime(digits, "%Y%m%d").replace(tzinfo=clock.SHANGHAI).date()
    except ValueError:
        return None
