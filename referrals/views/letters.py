"""The code on the paper letter: valid or void for everybody, receipt and reply for who holds it."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from accounts.guard import public
from foundation import clock, database
from foundation.i18n import _
from foundation.problems import WrongState
from referrals.actions import paper
from referrals.forms.referrals import HolderForm, SlipForm
from referrals.models import Referral
from referrals.workflow import State

bp = Blueprint("letters", __name__)
TOO_SOON = 429


@bp.get("/r/<token>")
@public("a hospital without an account scans the letter: number, school, date, valid or void")
def paper_letter(token: str) -> ResponseReturnValue:
    """Say whether the letter holds; nothing about the student."""
    with database.writing() as session:
        referral = paper.by_token(session, token)
        paper.scanned(session, referral, "valid" if paper.is_valid(referral) else "void")
        return _page(referral, token, HolderForm())


def _page(
    referral: Referral, token: str, form: HolderForm, status: int = 200
) -> tuple[str, int, dict[str, str]]:
    page = render_template(
        "referrals/paper.html",
        referral=referral,
        valid=paper.is_valid(referral),
        token=token,
        form=form,
    )
    wait = referral.blocked_until - clock.now() if referral.blocked_until else None
    if status != TOO_SOON or wait is None:
        return page, status, {}
    return page, status, {"Retry-After": str(max(1, int(wait.total_seconds())))}


@bp.post("/r/<token>")
@public("the holder of the paper proves it by number and birth date")
def open_letter(token: str) -> ResponseReturnValue:
    """Open receipt and reply slip."""
    form = HolderForm()
    with database.writing() as session:
        referral = paper.by_token(session, token)
        refusal = _refusal(session, referral, form)
        if refusal is not None:
            return _page(referral, token, form, refusal)
        return _slip(referral, token, form, SlipForm(prefix="slip-"))


def _refusal(session: Any, referral: Referral, form: HolderForm) -> int | None:
    """The status of a refusal, or None when the holder proved himself."""
    if not form.validate_on_submit() or form.birth_date.data is None:
        return 422
    try:
        proved = paper.prove(
            session,
            referral=referral,
            number=form.number.data or "",
            birth_date=form.birth_date.data,
        )
    except paper.TooSoon as wait:
        form.form_errors = [wait.message]
        return TOO_SOON
    if not proved:
        form.form_errors = [_("编号和出生日期与这份转介函不符，或者转介函已经作废。")]
        return 422
    return None


def _slip(
    referral: Referral, token: str, holder: HolderForm, form: SlipForm, status: int = 200
) -> tuple[str, int]:
    page = render_template(
        "referrals/paper_slip.html",
        referral=referral,
        token=token,
        holder=holder,
        form=form,
        may_receive=referral.state == State.SENT.value,
        replied=referral.reply is not None,
    )
    return page, status


@bp.post("/r/<token>/receipt")
@public("the holder of the paper signs for it")
def receipt(token: str) -> ResponseReturnValue:
    """Sign for the letter."""
    holder = HolderForm()
    with database.writing() as session:
        referral = paper.by_token(session, token)
        refusal = _refusal(session, referral, holder)
        if refusal is not None:
            return _page(referral, token, holder, refusal)
        if referral.state == State.SENT.value:
            paper.receipt(session, referral=referral)
        return _slip(referral, token, holder, SlipForm(prefix="slip-"))


@bp.post("/r/<token>/reply")
@public("the holder of the paper sends the reply slip")
def reply(token: str) -> ResponseReturnValue:
    """Send the reply slip to the school."""
    holder, form = HolderForm(), SlipForm(prefix="slip-")
    with database.writing() as session:
        referral = paper.by_token(session, token)
        refusal = _refusal(session, referral, holder)
        if refusal is not None:
            return _page(referral, token, holder, refusal)
        if not form.validate():
            return _slip(referral, token, holder, form, 422)
        try:
            paper.reply(session, referral=referral, slip=form.slip())
        except WrongState as late:
            session.rollback()
            form.form_errors = [late.message]
            return _slip(paper.by_token(session, token), token, holder, form, 409)
        return render_template("referrals/paper_done.html", referral=referral)
