"""Consent that a guardian gives through a link."""

from datetime import date, datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from accounts import tries
from accounts.guard import public
from accounts.policy import Actor
from foundation import clock, database, i18n
from foundation.forms import options
from foundation.i18n import _
from foundation.problems import Missing
from schools.models import Guardian, GuardianStatus, Student, StudentStatus
from screening.campaigns import consent_actions as actions
from screening.campaigns import consent_text
from screening.campaigns.forms import ClassGuardianForm, GuardianForm
from screening.models import Campaign
from screening.tickets.rules import check_passes

bp = Blueprint("consents", __name__)
GUARDIAN = Actor.system("guardian")


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
