"""Saving and submitting answers, as JSON from the script or as a plain form."""

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guard import public
from foundation import clock, i18n
from instruments.library.definition import Definition
from screening.models import Ticket
from screening.taking.actions import Final, Submitted, begin, prepare, submit
from screening.taking.drafts import Sent, read, read_form
from screening.taking.drafts_actions import raise_findings, save
from screening.taking.queries import (
    age_of,
    consent_rule_of,
    definitions_of,
    drafts_of,
    parts_of,
    response_of,
    wording_languages,
)
from screening.taking.rules import Door, accepts
from screening.taking.scoring import read_hints
from screening.taking.views.browser import (
    WHY_OPEN,
    Opened,
    bp,
    inside,
    is_locked,
    opened,
    page,
    stamped,
    used,
)
from screening.taking.views.sheet import sheet_page
from screening.tickets.rules import TicketState

LONGEST_KEY = 80


@bp.put("/take/<address>/answers")
@public(WHY_OPEN)
def save_answers(address: str) -> ResponseReturnValue:
    """Keep answers; the reply names the highest seq now stored of each."""
    with opened(address) as seen:
        before = stamped(seen)
        sheet = definitions_of(before.ticket)
    sent = read(_document().get("answers"), sheet)
    with inside(before) as it:
        heard = _heard_late(it, sheet, sent)
        refused = _refused(it, help_now=heard)
        if refused is not None:
            return refused
        done = save(it.session, by=it.actor, ticket=it.ticket, sheet=sheet, sent=sent)
        used(it)
    if sent.faults:
        return _faulty(sent, help_now=done.help)
    acked: dict[str, dict[str, int]] = {}
    for (key, item), seq in done.acked.items():
        acked.setdefault(key, {})[item] = seq
    return jsonify({"acked": acked, "help": done.help})


@bp.post("/take/<address>/submit")
@public(WHY_OPEN)
def submit_sheet(address: str) -> ResponseReturnValue:
    """Turn the sheet in; the same again gives the same receipt."""
    with opened(address) as seen:
        before = stamped(seen)
        final = _final(before)
        ready = prepare(before.session, ticket=before.ticket, final=final)
    with inside(before) as it:
        if it.ticket.state == TicketState.SUBMITTED:
            known = response_of(it.session, it.ticket)
            if known is not None:
                return _received(known.receipt)
        heard = _heard_late(it, definitions_of(it.ticket), final.sent)
        refused = _refused(it, help_now=heard)
        if refused is not None:
            return refused if request.is_json else _refused_page(it)
        as_seen = ready if it.stamp else None
        found = submit(it.session, by=it.actor, ticket=it.ticket, final=final, ready=as_seen)
        if found.receipt is None:
            return _incomplete(it, final, found)
    return _received(found.receipt)


def _document() -> dict[str, Any]:
    try:
        document = request.get_json(silent=True)
    except RecursionError:  # brackets without end
        return {}
    return document if isinstance(document, dict) else {}


def _heard_late(it: Opened, sheet: Mapping[str, Definition], sent: Sent) -> bool:
    """A critical answer that comes too late to be kept still calls a person.

    A phone that was without a network, or a second device, sends what the student chose hours ago.
    """
    if accepts(it.standing, clock.now()) not in {Door.LATE, Door.DONE}:
        return False
    return raise_findings(it.session, ticket=it.ticket, sheet=sheet, answers=sent.answers)


def _refused(it: Opened, *, help_now: bool) -> ResponseReturnValue | None:
    """Why nothing is accepted now: 409 with the state, 410 after the time of grace."""
    said = {"help": True} if help_now else {}
    found = accepts(it.standing, clock.now())
    if found is Door.CONSENT and _assents(it.ticket, it):
        begin(it.session, by=it.actor, ticket=it.ticket, agreed=True)
        return None
    if found is Door.QUESTIONS:
        return None
    if found is Door.LATE:
        return jsonify({"state": "closed"} | said), 410
    words = {Door.CONSENT: "consent", Door.NEUTRAL: "not_needed", Door.EARLY: "early"}
    return jsonify({"state": words.get(found, it.ticket.state)} | said), 409


def _assents(ticket: Ticket, it: Opened) -> bool:
    """A minor whose guardian agreed assents by answering; an adult's consent is always asked."""
    age = age_of(ticket)
    return age is not None and age < consent_rule_of(it.session, ticket).alone_from


def _refused_page(it: Opened) -> ResponseReturnValue:
    if accepts(it.standing, clock.now()) is Door.LATE:
        return page("closed.html", 410, early=False)
    return redirect(url_for("taking.done"), 303)


def _final(it: Opened) -> Final:
    sheet = definitions_of(it.ticket)
    languages = wording_languages(parts_of(it.session, it.ticket, i18n.language()))
    if not request.is_json:
        return Final(
            read_form(request.form, sheet),
            request.form.get("idempotency_key", "")[:LONGEST_KEY] or None,
            request.form.get("confirm_blank") == "1",
            languages=languages,
        )
    document = _document()
    return Final(
        read(document.get("answers", {}), sheet, seq_needed=False),
        str(document.get("idempotency_key") or "")[:LONGEST_KEY] or None,
        document.get("confirm_blank") in {1, "1"},
        read_hints(document.get("seconds"), sheet),
        languages,
    )


def _incomplete(it: Opened, final: Final, found: Submitted) -> ResponseReturnValue:
    if request.is_json:
        if final.sent.faults:
            return _faulty(final.sent)
        listed = [{"instrument": key, "item": item} for key, item in found.blank]
        return jsonify({"unanswered": listed}), 422
    if is_locked(it):
        return page("unlock.html", 422, address=it.address, error="")
    parts = parts_of(it.session, it.ticket, i18n.language())
    lines = it.help_lines
    stored = drafts_of(it.session, it.ticket)
    return sheet_page(it, parts, stored, lines, status=422, blank=found.blank)


def _faulty(sent: Sent, *, help_now: bool = False) -> tuple[Response, int]:
    errors = [fault.shown() for fault in sent.faults]
    return jsonify({"errors": errors, "help": help_now}), 422


def _received(receipt: str) -> ResponseReturnValue:
    done = url_for("taking.done")
    if request.is_json:
        return jsonify({"receipt": receipt, "done": done})
    return redirect(done, 303)
