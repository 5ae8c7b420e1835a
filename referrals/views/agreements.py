"""The region's page of green-channel agreements: what runs, a new one, ending, and its undoing."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.guard import current_actor, fetch, requires
from accounts.policy import Permission
from foundation import clock
from foundation.database import session
from foundation.forms import Form
from foundation.i18n import _
from referrals import wording
from referrals.actions import agreements as actions
from referrals.actions import hospital
from referrals.forms.options import options
from referrals.forms.referrals import CapacityForm
from referrals.forms.rules import AgreementForm, EndForm
from referrals.models import HospitalAgreement, HospitalService
from referrals.queries import agreements as queries
from referrals.views.referrals import capacity_words
from referrals.views.steps import attempt
from schools.models import Organisation

bp = Blueprint("agreements", __name__)
P = Permission


@bp.get("/agreements")
@requires(P.AGREEMENT_EDIT)
def agreements() -> ResponseReturnValue:
    """Agreements of his region: what runs, what ran out, and the form for a new one."""
    form = _form()
    form.starts_on.data = form.starts_on.data or clock.today()
    return _page(form)


def _form() -> AgreementForm:
    form, actor = AgreementForm(), current_actor()
    regions = queries.regions_of(session(), actor)
    form.region.choices = options([(region.id, region.name) for region in regions])
    near = queries.hospitals_near(session(), regions[0].path) if regions else []
    form.hospital.choices = options([(each.id, each.name) for each in near])
    return form


def _page(
    form: AgreementForm, *, refused: dict[int, Form] | None = None, status: int = 200
) -> ResponseReturnValue:
    refused = refused or {}
    rows = session().scalars(queries.agreements_visible_to(current_actor())).unique().all()
    page = render_template(
        "referrals/agreements.html",
        running=[_line(row, refused) for row in rows if _runs(row)],
        above=queries.agreements_above(session(), queries.regions_of(session(), current_actor())),
        over=[row for row in rows if not _runs(row)],
        now=clock.now(),
        form=form,
        words=wording,
        page_has_errors=bool(form.errors or refused),
    )
    return page, status


def _runs(row: HospitalAgreement) -> bool:
    return row.ended_at is None and row.until > clock.now()


def _line(row: HospitalAgreement, refused: dict[int, Form]) -> dict[str, Any]:
    service = session().get_one(HospitalService, row.hospital_id)
    room = CapacityForm(prefix=f"a{row.id}-")
    room.capacity.data = room.capacity.data or service.capacity
    return {
        "agreement": row,
        "service": service,
        "room": capacity_words(service.capacity, service.capacity_at, row.organisation_id),
        "capacity": room,
        "end": refused.get(row.id) or EndForm(prefix=f"e{row.id}-"),
    }


@bp.post("/agreements")
@requires(P.AGREEMENT_EDIT)
def agree() -> ResponseReturnValue:
    """Enter a new agreement."""
    form, by = _form(), current_actor()

    def act() -> None:
        actions.agree(
            session(),
            by=by,
            region=session().get_one(Organisation, form.region.data),
            hospital=session().get_one(Organisation, form.hospital.data),
            agreement=form.agreement(),
        )

    if not form.validate_on_submit() or not attempt(form, act):
        return _page(form, status=422)
    flash(_("已登记。从开始日期起，这个地区的学校可以转介到这家医院。"), "success")
    return redirect(url_for("agreements.agreements"), 303)


def _one(agreement_id: int) -> HospitalAgreement:
    rows = queries.agreements_visible_to(current_actor())
    return fetch(rows.where(HospitalAgreement.id == agreement_id))


@bp.post("/agreements/<int:agreement_id>/end")
@requires(P.AGREEMENT_EDIT)
def end(agreement_id: int) -> ResponseReturnValue:
    """End an agreement before its time."""
    row, by = _one(agreement_id), current_actor()
    form = EndForm(prefix=f"e{agreement_id}-")

    def act() -> None:
        actions.end(session(), by=by, agreement=row, reason=form.reason.data or "")

    if not form.validate_on_submit() or not attempt(form, act):
        return _page(_form(), refused={agreement_id: form}, status=422)
    flash(_("协议已结束。已经发出的转介继续办完；弄错了可以在下面恢复。"), "success")
    return redirect(url_for("agreements.agreements"), 303)


@bp.post("/agreements/<int:agreement_id>/resume")
@requires(P.AGREEMENT_EDIT)
def resume(agreement_id: int) -> ResponseReturnValue:
    """Take back an ending."""
    actions.resume(session(), by=current_actor(), agreement=_one(agreement_id))
    flash(_("协议已恢复。"), "success")
    return redirect(url_for("agreements.agreements"), 303)


@bp.post("/agreements/<int:agreement_id>/capacity")
@requires(P.AGREEMENT_EDIT)
def capacity(agreement_id: int) -> ResponseReturnValue:
    """Write down what the hospital said on the telephone about its room."""
    row, by = _one(agreement_id), current_actor()
    chosen = CapacityForm(prefix=f"a{agreement_id}-").capacity.data or ""
    service = session().get_one(HospitalService, row.hospital_id)
    hospital.set_capacity(session(), by=by, service=service, capacity=chosen)
    flash(_("已更新接诊能力。"), "success")
    return redirect(url_for("agreements.agreements"), 303)
