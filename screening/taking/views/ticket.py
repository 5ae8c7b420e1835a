"""Answering a sheet: its page, consent, stopping, the lock of a shared computer, calling a teacher."""

from flask import current_app, flash, jsonify, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guard import public, wants_json
from accounts.passwords import hashed_pin, pin_matches
from foundation import clock, i18n
from foundation.i18n import _
from screening.taking.actions import begin, decline, stop
from screening.taking.calls import ask_for_teacher
from screening.taking.neutral import quiet_sheet
from screening.taking.queries import definitions_of, drafts_of, parts_of
from screening.taking.rules import Door, door
from screening.taking.views import answers as taking_answers
from screening.taking.views import calls as taking_calls
from screening.taking.views.browser import (
    WHY_OPEN,
    Opened,
    bp,
    is_locked,
    lock,
    opened,
    page,
    touch,
    used,
)
from screening.taking.views.entry import not_now, waiting_s
from screening.taking.views.sheet import quiet_page, sheet_page
from screening.tickets.actions import set_pin, wrong_try
from screening.tickets.rules import TicketState, pin_of

__all__ = ["bp", "taking_answers", "taking_calls"]


@bp.get("/take/done")
@public("the same page for everybody, whatever he did before")
def done() -> ResponseReturnValue:
    """Thank; say what comes next and where help is. Nothing here depends on the visitor."""
    response = page("done.html")
    # IndexedDB, the service worker and its cache go; cookies stay, so that a retry gets its receipt
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


@bp.get("/take/sw.js")
@public("a script without data")
def service_worker() -> ResponseReturnValue:
    """The service worker, from the folder that it may serve."""
    response = make_response(current_app.send_static_file("take-sw.js"))
    response.headers["Cache-Control"] = "no-cache"
    return response


@bp.get("/take/<address>")
@public(WHY_OPEN)
def sheet(address: str) -> ResponseReturnValue:
    """The page of the ticket at this hour."""
    with opened(address) as it:
        found = door(it.standing, clock.now())
        return _closed_or_locked(it, found) or _shown(it, found)


def _closed_or_locked(it: Opened, found: Door) -> ResponseReturnValue | None:
    if found in {Door.DONE, Door.EARLY, Door.LATE}:
        return not_now(found, it.standing)
    return page("unlock.html", address=it.address, error="") if is_locked(it) else None


def _shown(it: Opened, found: Door) -> ResponseReturnValue:
    lines = it.help_lines
    if found is Door.NEUTRAL:
        count = sum(len(each.items) for each in definitions_of(it.ticket).values())
        return quiet_page(it, quiet_sheet(count), lines)
    parts = parts_of(it.session, it.ticket, i18n.language())
    if found is Door.CONSENT:
        return page("consent.html", address=it.address, parts=parts, help_lines=lines)
    blank = request.args.get("blank") == "1"
    return sheet_page(it, parts, {} if blank else drafts_of(it.session, it.ticket), lines)


@bp.post("/take/<address>/start")
@public(WHY_OPEN)
def start(address: str) -> ResponseReturnValue:
    """Record the student's own consent, or that he does not want to take part."""
    with opened(address, write=True) as it:
        wish = request.form.get("wish")
        if door(it.standing, clock.now()) is Door.CONSENT:
            if wish == "no":
                decline(it.session, by=it.actor, ticket=it.ticket)
                return redirect(url_for("taking.done"), 303)
            if request.form.get("agree") != "1":
                parts = parts_of(it.session, it.ticket, i18n.language())
                error = _("愿意参加的话，请先在方框里打勾。")
                return page(
                    "consent.html",
                    422,
                    address=it.address,
                    parts=parts,
                    error=error,
                    page_has_errors=True,
                )
            begin(it.session, by=it.actor, ticket=it.ticket, agreed=True)
        used(it)
    return redirect(url_for("taking.sheet", address=address), 303)


@bp.post("/take/<address>/stop")
@public(WHY_OPEN)
def stop_here(address: str) -> ResponseReturnValue:
    """Stop and withdraw, then the same page as everybody."""
    with opened(address, write=True) as it:
        if it.ticket.state in {TicketState.ISSUED, TicketState.STARTED}:
            stop(it.session, by=it.actor, ticket=it.ticket)
    return redirect(url_for("taking.done"), 303)


@bp.post("/take/<address>/pin")
@public(WHY_OPEN)
def choose_pin(address: str) -> ResponseReturnValue:
    """Set the PIN of a ticket that was opened without one."""
    pin = pin_of(request.form.get("pin", ""))
    if pin is None:
        flash(_("请设 4 位数字。"))
        return redirect(url_for("taking.sheet", address=address), 303)
    pin_hash = hashed_pin(pin)
    with opened(address, write=True) as it:
        if it.ticket.pin_hash is None:
            set_pin(it.session, by=it.actor, ticket=it.ticket, pin_hash=pin_hash)
            touch(it.device)
    return redirect(url_for("taking.sheet", address=address), 303)


@bp.post("/take/<address>/lock")
@public(WHY_OPEN)
def lock_here(address: str) -> ResponseReturnValue:
    """Cover the sheet of a computer that nobody touches; its PIN opens it again."""
    with opened(address, write=True) as it:
        lock(it.device)
    return "", 204


@bp.post("/take/<address>/unlock")
@public(WHY_OPEN)
def unlock(address: str) -> ResponseReturnValue:
    """Show the sheet again to whoever knows the PIN.

    A PIN is worked out before the unit that writes and judged inside it: of guesses that are sent
    at once each waits for those that were counted before it, and none learns more than that.
    """
    with opened(address) as it:
        known = it.ticket.pin_hash
        if seconds := waiting_s(it.ticket):
            return _still_waiting(address, seconds)
    pin = pin_of(request.form.get("pin", ""))
    right = pin is not None and known is not None and pin_matches(known, pin)
    with opened(address, write=True) as it:
        if seconds := waiting_s(it.ticket):
            return _still_waiting(address, seconds)
        if right and it.ticket.pin_hash == known:
            touch(it.device)
            it.ticket.failed_tries, it.ticket.blocked_until = 0, None
            return redirect(url_for("taking.sheet", address=address), 303)
        wrong_try(it.session, by=it.actor, ticket=it.ticket)
    error = _("4 位密码不对，请再试一次。")
    return page("unlock.html", 422, address=address, error=error, page_has_errors=True)


def _still_waiting(address: str, seconds: int) -> ResponseReturnValue:
    error = _("刚才输错了几次，请等 %(n)s 秒再试。", n=seconds)
    response = page("unlock.html", 429, address=address, error=error, page_has_errors=True)
    response.headers["Retry-After"] = str(seconds)
    return response


@bp.post("/take/ask")
@public(WHY_OPEN)
def ask() -> ResponseReturnValue:
    """Call a teacher: an urgent alert, from every page of a ticket, at every hour."""
    with opened(None, write=True) as it:
        ask_for_teacher(
            it.session,
            by=it.actor,
            ticket=it.ticket,
            place=request.form.get("place", "").strip(),
            tell_invigilator=request.form.get("tell_invigilator") == "1",
        )
        target = url_for("taking.sheet", address=it.address)
    if wants_json():
        return jsonify({"asked": True})
    flash(_("已经告诉心理老师，老师会尽快来找你。"))
    return redirect(target, 303)
