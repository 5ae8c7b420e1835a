"""The way in: a code, at first use a check and a PIN, on another device code and PIN."""

from dataclasses import dataclass

from flask import Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guard import public
from accounts.passwords import hashed_pin, pin_matches
from accounts.policy import Actor
from foundation import clock
from foundation.database import reading, writing
from foundation.i18n import _
from screening.models import Ticket
from screening.taking.queries import has_drafts, standing_of
from screening.taking.rules import Door, Standing, door
from screening.taking.views.browser import WHY_OPEN, bp, page, put_cookie
from screening.tickets.actions import open_device, wrong_try
from screening.tickets.queries import address_of, is_open_somewhere, ticket_of_code
from screening.tickets.rules import check_passes, expected_checks, normalised, pin_of, shown

STUDENT = Actor.system("student")


@dataclass(frozen=True)
class Entry:
    """What was typed, what the ticket asks for, and what was wrong."""

    code: str = ""
    asks: str = ""  # "", "check", "pin" or "teacher"
    error: str = ""
    field: str = "code"


@bp.get("/take")
@bp.get("/t/<code>")
@public(WHY_OPEN)
def code_form(code: str = "") -> ResponseReturnValue:
    """Ask for the code; a QR code has filled it in."""
    known = normalised(code)
    return _form(Entry(shown(known) if known else code[:20]))


@bp.post("/take")
@public(WHY_OPEN)
def enter() -> ResponseReturnValue:
    """Open a ticket in this browser, or say what is still needed."""
    typed = request.form.get("code", "")[:40]
    code = normalised(typed)
    with reading() as session:
        ticket = ticket_of_code(session, code) if code else None
        standing = standing_of(session, ticket) if ticket else None
        saved = has_drafts(session, ticket) if ticket else False
        held = is_open_somewhere(session, ticket) if ticket and saved else False
    if ticket is None or standing is None or code is None:
        return _form(Entry(typed, error=_("没有找到这个问卷码，请对照纸条再输一次。")), 422)
    closed = not_now(door(standing, clock.now()), standing)
    if closed is not None:
        return closed
    return _waiting(ticket) or _admit(ticket, code, saved=saved, held=held)


def not_now(found: Door, standing: Standing) -> ResponseReturnValue | None:
    """The page for a ticket that does not open at this hour."""
    if found is Door.DONE:
        return redirect(url_for("taking.done"), 303)
    if found is Door.EARLY:
        return page("closed.html", 409, early=True, opens_at=standing.opens_at)
    if found is Door.LATE:
        return page("closed.html", 410, early=False)
    return None


def waiting_s(ticket: Ticket) -> int:
    """Seconds that this ticket still waits after wrong tries."""
    if ticket.blocked_until is None:
        return 0
    return max(0, int((ticket.blocked_until - clock.now()).total_seconds()) + 1)


def _waiting(ticket: Ticket) -> Response | None:
    seconds = waiting_s(ticket)
    if not seconds:
        return None
    error = _("刚才输错了几次，请等 %(n)s 秒再试。", n=seconds)
    asks = "pin" if ticket.pin_hash else "check"
    response = _form(Entry(shown_code(ticket), asks, error, asks), 429)
    response.headers["Retry-After"] = str(seconds)
    return response


def shown_code(ticket: Ticket) -> str:
    """The code as it is printed."""
    return shown(ticket.code)


def _admit(ticket: Ticket, code: str, *, saved: bool, held: bool) -> ResponseReturnValue:
    if ticket.pin_hash is not None:
        return _by_pin(ticket, code)
    if held:
        # answers without a PIN are shown on the device that gave them, and nowhere else
        return _form(Entry(shown(code), "teacher", _("请老师帮你重设 4 位密码后再继续。")), 403)
    return _by_check(ticket, code, sets_pin=saved)


def _by_pin(ticket: Ticket, code: str) -> ResponseReturnValue:
    typed = request.form.get("pin")
    if not typed:
        return _form(Entry(shown(code), "pin"))
    pin = pin_of(typed)
    if pin is None or ticket.pin_hash is None or not pin_matches(ticket.pin_hash, pin):
        return _wrong(code, "pin", _("4 位密码不对，请再试一次。"))
    return _open(ticket, code, None)


def _by_check(ticket: Ticket, code: str, *, sets_pin: bool) -> ResponseReturnValue:
    student = ticket.student
    known = student.student_number, student.birth_date
    typed = request.form.get("check")
    if typed is None and expected_checks(*known):
        return _form(Entry(shown(code), "check"))
    if not check_passes(typed or "", *known):
        return _wrong(code, "check", _("和登记的不一样，请再核对一次。"))
    wished = request.form.get("pin", "")
    pin = pin_of(wished)
    if pin is None and (wished or sets_pin or request.form.get("sets_pin")):
        return _form(Entry(shown(code), "check", _("请设 4 位数字。"), "pin"), 422)
    return _open(ticket, code, hashed_pin(pin) if pin else None)


def _wrong(code: str, field: str, error: str) -> ResponseReturnValue:
    with writing() as session:
        ticket = ticket_of_code(session, code, lock=True)
        if ticket is not None:
            # guesses sent at once: each waits for those that were counted before it
            if waiting := _waiting(ticket):
                return waiting
            wrong_try(session, by=STUDENT, ticket=ticket)
    return _form(Entry(shown(code), field, error, field), 422)


def _open(before: Ticket, code: str, pin_hash: str | None) -> ResponseReturnValue:
    with writing() as session:
        ticket = ticket_of_code(session, code, lock=True)
        if ticket is not None and (waiting := _waiting(ticket)):
            return waiting
        if ticket is None or ticket.pin_hash != before.pin_hash:
            # somebody set a PIN in this very second: his it is
            return _form(Entry(shown(code), "pin"))
        token = open_device(session, by=STUDENT, ticket=ticket, pin_hash=pin_hash)
        target = url_for("taking.sheet", address=address_of(ticket.id))
    return put_cookie(make_response(redirect(target, 303)), token)


def _form(entry: Entry, status: int = 200) -> Response:
    # the cookie of whoever sat here before must not call a teacher to him for the next one
    return page("code.html", status, entry=entry, page_has_errors=bool(entry.error), ask_url=None)
