"""From a case to a letter: the form, the preview of exactly what leaves, sending, the signature."""

from posixpath import commonpath
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from accounts.guard import current_actor, fetch, requires
from accounts.policy import Permission
from foundation import audit, clock
from foundation.database import session
from foundation.i18n import _
from foundation.problems import Missing, Refused
from referrals import wording
from referrals.actions import preparing, sending, tickets
from referrals.forms.hotline import SchoolCallForm
from referrals.forms.options import options
from referrals.forms.referrals import LetterForm, Plain
from referrals.letter import fingerprint
from referrals.models import Referral
from referrals.notice_pdf import notice
from referrals.queries import hotline as hotline_queries
from referrals.queries import referrals as queries
from referrals.views.referrals import bp, hospital_choices, one
from referrals.views.steps import attempt, seen_version
from schools.models import Organisation
from screening.models import Case

P = Permission


def _case(case_id: int) -> Case:
    return fetch(queries.cases_to_refer_from(current_actor()).where(Case.id == case_id))


def _letter_form(case: Case, **values: Any) -> LetterForm:
    form = LetterForm(**values)
    form.hospital.choices = hospital_choices(case.school_id)
    form.scores.choices = options(
        [
            (
                row["id"],
                _(
                    "%(title)s　%(date)s　总分 %(total)s　%(band)s",
                    **{**row, "band": row["band"] or "–"},
                ),
            )
            for row in preparing.totals_of(session(), case)
        ]
    )
    if not form.counselor.data:
        form.counselor.data = current_actor().name
    return form


@bp.get("/cases/<int:case_id>/refer")
@requires(P.REFERRAL_WORK)
def refer(case_id: int) -> ResponseReturnValue:
    """The empty form."""
    case = _case(case_id)
    return render_template("referrals/letter_form.html", case=case, form=_letter_form(case))


@bp.post("/cases/<int:case_id>/refer")
@requires(P.REFERRAL_WORK)
def refer_post(case_id: int) -> ResponseReturnValue:
    """Open the draft."""
    case, by = _case(case_id), current_actor()
    form = _letter_form(case)
    made: list[Referral] = []

    def act() -> None:
        made.append(
            preparing.start(
                session(), by=by, case=case, hospital_id=form.hospital.data, form=form.letter()
            )
        )

    if not form.validate_on_submit() or not attempt(form, act):
        page = render_template(
            "referrals/letter_form.html", case=_case(case_id), form=form, page_has_errors=True
        )
        return page, 422
    return redirect(url_for("referrals.referral", referral_id=made[0].id), 303)


@bp.get("/referrals/<int:referral_id>/letter")
@requires(P.REFERRAL_WORK)
def letter_edit(referral_id: int) -> ResponseReturnValue:
    """The form as it was filled in."""
    shown = one(referral_id)
    case = _case(shown.case_id)
    values = {**(shown.letter or {}).get("form", {}), "hospital": shown.hospital_id}
    form = _letter_form(case, data=values)
    form.hospital.choices = options([(shown.hospital_id, shown.hospital.name)])
    return render_template("referrals/letter_form.html", case=case, form=form, referral=shown)


@bp.post("/referrals/<int:referral_id>/letter")
@requires(P.REFERRAL_WORK)
def letter_edit_post(referral_id: int) -> ResponseReturnValue:
    """Keep what was changed; nothing has left yet."""
    shown, by = one(referral_id), current_actor()
    case = _case(shown.case_id)
    form = _letter_form(case)
    form.hospital.choices = options([(shown.hospital_id, shown.hospital.name)])
    if not form.validate_on_submit() or not attempt(
        form,
        lambda: preparing.change_letter(session(), by=by, referral=shown, form=form.letter()),
    ):
        page = render_template(
            "referrals/letter_form.html", case=case, form=form, referral=shown, page_has_errors=True
        )
        return page, 422
    return redirect(url_for("referrals.referral", referral_id=referral_id), 303)


@bp.get("/referrals/<int:referral_id>/preview")
@requires(P.REFERRAL_WORK)
def preview(referral_id: int) -> ResponseReturnValue:
    """Exactly what leaves, to whom, with its fingerprint."""
    return _preview(one(referral_id), Plain(), 200)


def _preview(shown: Referral, form: Plain, status: int) -> ResponseReturnValue:
    content = preparing.content_of(session(), shown)
    return (
        render_template(
            "referrals/preview.html",
            referral=shown,
            content=content,
            words=wording,
            decision=preparing.decision_for(session(), shown),
            sha256=fingerprint(content),
            form=form,
        ),
        status,
    )


@bp.post("/referrals/<int:referral_id>/send")
@requires(P.REFERRAL_WORK)
def send(referral_id: int) -> ResponseReturnValue:
    """Send what was previewed."""
    shown, by, form = one(referral_id), current_actor(), Plain()
    previewed = request.form.get("sha256", "")

    def act() -> None:
        sending.send(session(), by=by, referral=shown, previewed=previewed, version=seen_version())

    if not attempt(form, act):
        return _preview(one(referral_id), form, 422)
    flash(_("已发出。请把盖章的转介函交给监护人，并电话告知医院。"), "success")
    return redirect(url_for("referrals.referral", referral_id=referral_id), 303)


@bp.get("/referrals/<int:referral_id>/notice.pdf")
@requires(P.REFERRAL_WORK)
def refusal_notice(referral_id: int) -> ResponseReturnValue:
    """The notice for a guardian who refuses, to be signed or witnessed."""
    shown = one(referral_id)
    if shown.consent != "refused":
        raise Missing
    audit.record_read(
        "referral.notice_printed",
        by=current_actor().ref,
        organisation_id=shown.school_id,
        subjects=[f"referral:{shown.id}"],
    )
    content = notice(
        content=preparing.content_of(session(), shown),
        hospital=shown.hospital.name,
        day=clock.today().isoformat(),
        again_h=preparing.policy_of(session(), shown.school_id).refusal_review_h,
    )
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="notice-{shown.id}.pdf"'
    return response


@bp.get("/referrals/signatures")
@requires(P.REFERRAL_APPROVE)
def signatures() -> ResponseReturnValue:
    """Referrals for danger to life that wait for the second signature."""
    rows = session().scalars(queries.awaiting_signature(current_actor())).unique().all()
    audit.record_read(
        "referral.signature_read",
        by=current_actor().ref,
        organisation_id=rows[0].school_id if rows else None,
        subjects=[f"referral:{row.id}" for row in rows],
    )
    return render_template("referrals/signatures.html", rows=rows, words=wording)


@bp.post("/referrals/<int:referral_id>/sign")
@requires(P.REFERRAL_APPROVE)
def sign(referral_id: int) -> ResponseReturnValue:
    """Sign as the second person."""
    by = current_actor()
    shown = fetch(queries.awaiting_signature(by).where(Referral.id == referral_id))
    preparing.sign(session(), by=by, referral=shown)
    flash(_("已签字。"), "success")
    return redirect(url_for("referrals.signatures"), 303)


def _referral_of(case: Case) -> int | None:
    """The referral of this case that the school wants help with, if it named one."""
    wanted = request.values.get("referral", "")
    found = queries.referrals_visible_to(current_actor()).where(Referral.case_id == case.id)
    ids = [row.id for row in session().scalars(found).unique()]
    return int(wanted) if wanted.isdecimal() and int(wanted) in ids else None


def _school_call(case: Case) -> tuple[SchoolCallForm, dict[int, Organisation]]:
    school = session().get_one(Organisation, case.school_id)
    found = hotline_queries.desks_near(session(), school.path)
    # the school's own county first: nobody in a hurry should have to look for it
    near = sorted(found, key=lambda desk: -len(commonpath([desk.path, school.path])))
    desks = {desk.id: desk for desk in near}
    form = SchoolCallForm()
    form.desk.choices = options([(desk.id, desk.name) for desk in desks.values()])
    return form, desks


@bp.route("/cases/<int:case_id>/hotline", methods=["GET", "POST"])
@requires(P.REFERRAL_WORK)
def ask_hotline(case_id: int) -> ResponseReturnValue:
    """Ask the 12355 desk to help with a case."""
    case, by = _case(case_id), current_actor()
    form, desks = _school_call(case)
    if request.method == "GET":
        named = _referral_of(case)
        return render_template("referrals/ask_hotline.html", case=case, form=form, referral=named)
    made: list[str] = []

    def act() -> None:
        desk = desks.get(form.desk.data)
        if desk is None:
            raise Refused(_("请选择一个服务台。"), "desk")
        facts = {
            "channel": "school",
            "caller_type": "teacher",
            "caller_name": by.name,
            "kind": form.kind.data,
            "risk": 0,
            "summary": form.summary.data,
            "call_back": form.call_back.data,
            "consent_to_hand_on": form.consent_to_hand_on.data,
            "case_id": case.id,
            "referral_id": _referral_of(case),
        }
        made.append(tickets.open_ticket(session(), by=by, desk=desk, facts=facts).number)

    if not form.validate_on_submit() or not attempt(form, act):
        page = render_template(
            "referrals/ask_hotline.html",
            case=case,
            form=form,
            referral=_referral_of(case),
            page_has_errors=True,
        )
        return page, 422
    flash(_("已交给服务台，工单号 %(number)s。", number=made[0]), "success")
    return redirect(url_for("referrals.referrals"), 303)
