"""What the holder of a ticket does: begin, submit, stop, ask for a person."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, delete, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from accounts.policy import Actor
from foundation import audit, clock, outbox
from foundation.database import Model, insert_now
from instruments.library.definition import Definition, Value
from instruments.scoring import single
from screening.models import (
    Consent,
    Draft,
    Response,
    Score,
    Ticket,
)
from screening.taking import scoring as taking_scoring
from screening.taking.drafts import Given, Place, Sent, Stored, document_of, merged, unanswered
from screening.taking.drafts_actions import note_changes, raise_findings, save, with_seqs
from screening.taking.queries import asked_of, definitions_of, drafts_of, response_of
from screening.taking.scoring import Judged, Times
from screening.tickets.actions import close_devices, offer_retest
from screening.tickets.rules import ALPHABET, TicketEvent, TicketState, next_state
from screening.triage.raising import raise_alert

SCORE_AGAIN = "taking.score_again"


@dataclass(frozen=True)
class Final:
    """The last request of a sheet, as it was sent."""

    sent: Sent
    idempotency_key: str | None = None
    confirm_blank: bool = False
    hints: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)
    answered_at: datetime | None = None  # when a paper sheet was filled in; None: here and now

    @property
    def on_paper(self) -> bool:
        """Whether somebody typed it from paper: then no time was measured."""
        return self.answered_at is not None

    @property
    def alert_origin(self) -> str:
        """What the alerts of this sheet say about where it came from."""
        return "paper" if self.on_paper else "live"


@dataclass(frozen=True)
class Submitted:
    """A receipt, or what is still open; never both."""

    receipt: str | None
    blank: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Ready:
    """What a final request comes to, known before it is written; judged only when complete."""

    sheet: Mapping[str, Definition]
    stored: Mapping[Place, Stored]
    answers: Mapping[Place, Value]
    blank: tuple[Place, ...]
    complete: bool = False
    document: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    judged: tuple[Judged, ...] = ()


# Built once and without the unit of work: while one sheet is written, all others wait.
_TICKETS, _DRAFTS = Model.metadata.tables["ticket"], Model.metadata.tables["draft"]
_DRAFTS_OF = delete(_DRAFTS).where(_DRAFTS.c.ticket_id == bindparam("ticket"))
_CLAIM = (
    update(_TICKETS)
    .where(
        _TICKETS.c.id == bindparam("ticket"),
        _TICKETS.c.state.in_((TicketState.ISSUED.value, TicketState.STARTED.value)),
    )
    .values(state=TicketState.SUBMITTED.value, submitted_at=bindparam("now"))
)


def begin(session: Session, *, by: Actor, ticket: Ticket, agreed: bool) -> None:
    """Start answering; `agreed` records the student's own consent."""
    if agreed:
        _decide(session, ticket, "granted")
    if ticket.state == TicketState.ISSUED:
        ticket.state = next_state(ticket.state, TicketEvent.START).value
        ticket.started_at = clock.now()
        _audited(session, "ticket.started", by, ticket)


def decline(session: Session, *, by: Actor, ticket: Ticket) -> None:
    """The student does not want to take part: first-class, and seen by the counselor only."""
    _decide(session, ticket, "declined")
    ticket.excused = "declined"
    _audited(session, "ticket.declined", by, ticket)


def stop(session: Session, *, by: Actor, ticket: Ticket) -> None:
    """Stop and withdraw: saved answers go, alerts that were raised for his safety stay."""
    ticket.state = next_state(ticket.state, TicketEvent.WITHDRAW).value
    ticket.excused = "declined"
    _decide(session, ticket, "withdrawn")
    session.execute(delete(Draft).where(Draft.ticket_id == ticket.id))
    _audited(session, "ticket.withdrawn", by, ticket)


def _decide(session: Session, ticket: Ticket, decision: str) -> None:
    session.add(
        Consent(
            campaign_id=ticket.campaign_id,
            student_id=ticket.student_id,
            party="student",
            decision=decision,
            method="online",
            text_version="taking-1",
            recorded_by=Actor.ticket(ticket.id).ref,
            recorded_at=clock.now(),
        )
    )


def prepare(session: Session, *, ticket: Ticket, final: Final) -> Ready:
    """Work out what a final request comes to; nothing is written."""
    sheet = definitions_of(ticket)
    stored = drafts_of(session, ticket)
    answers = merged(stored, final.sent.answers)
    blank = tuple(unanswered(sheet, answers))
    if final.sent.faults or (blank and not final.confirm_blank):
        return Ready(sheet, stored, answers, blank)
    document, sex = document_of(answers), ticket.student.sex
    judged = tuple(
        taking_scoring.judge(asked, document.get(asked.definition.key, {}), sex)
        for asked in asked_of(ticket)
    )
    return Ready(sheet, stored, answers, blank, complete=True, document=document, judged=judged)


def submit(
    session: Session, *, by: Actor, ticket: Ticket, final: Final, ready: Ready | None = None
) -> Submitted:
    """Turn drafts and the last request into one sheet; the second time gives the same receipt.

    `ready` is what prepare() found, if nothing of the ticket has changed since.
    """
    if ticket.state == TicketState.SUBMITTED:
        return _receipt_of_other(session, ticket)
    ready = ready or prepare(session, ticket=ticket, final=final)
    if not ready.complete:
        sent = Sent(with_seqs(final.sent.answers, ready.stored), final.sent.faults)
        save(session, by=by, ticket=ticket, sheet=ready.sheet, sent=sent)
        return Submitted(None, ready.blank)
    if not _claim(session, ticket):
        return _receipt_of_other(session, ticket)
    response = _record(session, by, ticket, final, ready)
    session.connection().execute(_DRAFTS_OF, {"ticket": ticket.id})
    return Submitted(response.receipt)


def _as_given(answers: Mapping[Place, Value]) -> tuple[Given, ...]:
    return tuple(Given(key, item, value, None) for (key, item), value in answers.items())


def _claim(session: Session, ticket: Ticket) -> bool:
    # compare and swap: of two devices that submit at once, one makes the sheet
    state, now = next_state(ticket.state, TicketEvent.SUBMIT).value, clock.now()
    session.flush()
    if session.connection().execute(_CLAIM, {"ticket": ticket.id, "now": now}).rowcount != 1:
        return False
    set_committed_value(ticket, "state", state)
    set_committed_value(ticket, "submitted_at", now)
    return True


def _receipt_of_other(session: Session, ticket: Ticket) -> Submitted:
    other = response_of(session, ticket)
    return Submitted(other.receipt if other else None)


def _record(session: Session, by: Actor, ticket: Ticket, final: Final, ready: Ready) -> Response:
    response = _response(by, ticket, final, ready.document)
    response.any_critical = raise_findings(
        session,
        ticket=ticket,
        sheet=ready.sheet,
        answers=_as_given(ready.answers),
        origin=final.alert_origin,
    )
    note_changes(
        session,
        by=by,
        ticket=ticket,
        sheet=ready.sheet,
        stored=ready.stored,
        answers=ready.answers,
    )
    _assess_quality(response, ticket, ready.judged, ready.document, final)
    insert_now(session, response)
    _keep_scores(session, response, ready.judged)
    _raise_results(session, ticket, ready.judged, response, final.alert_origin)
    if response.careless:
        offer_retest(session, by=Actor.system("quality"), ticket=ticket, student=ticket.student)
    _audited(session, "response.submitted", by, ticket, {"response": response.id})
    return response


def _response(
    by: Actor, ticket: Ticket, final: Final, document: Mapping[str, Mapping[str, Value]]
) -> Response:
    now = clock.now()
    return Response(
        ticket_id=ticket.id,
        campaign_id=ticket.campaign_id,
        student_id=ticket.student_id,
        answers=document,
        instruments=[
            {
                "key": each.key,
                "version": each.version,
                "checksum": each.checksum,
                "language": final.languages.get(each.key, "zh-Hans"),
            }
            for each in definitions_of(ticket).values()
        ],
        origin="paper" if final.on_paper else "online",
        answered_at=final.answered_at or ticket.last_saved_at or now,
        submitted_at=now,
        idempotency_key=final.idempotency_key,
        receipt="".join(secrets.choice(ALPHABET) for _ in range(12)),
        recorded_by=by.ref,
    )


def _assess_quality(
    response: Response,
    ticket: Ticket,
    judged: Sequence[Judged],
    document: Mapping[str, Mapping[str, Value]],
    final: Final,
) -> None:
    spent = None
    if ticket.started_at is not None and not final.on_paper:
        spent = (response.submitted_at - ticket.started_at).total_seconds()
    times = Times(spent, final.hints)
    sheets = [(each, document.get(each.asked.definition.key, {})) for each in judged]
    report = taking_scoring.quality(sheets, times)
    response.seconds = {"whole": spent, "hints": dict(final.hints)}
    response.careless = report.ask_retest
    response.quality = [
        {"index": each.index.value, "value": each.value, "limit": each.limit}
        for each in report.reasons
    ]
    response.scoring_pending = any(each.scored is None for each in judged)


def _keep_scores(session: Session, response: Response, judged: Sequence[Judged]) -> None:
    for each in judged:
        if each.scored is not None:
            insert_now(session, score_row(response, each))
    if response.scoring_pending:
        outbox.enqueue(
            session,
            SCORE_AGAIN,
            key=f"{SCORE_AGAIN}:{response.id}",
            payload={"response": response.id},
        )


def score_row(response: Response, judged: Judged) -> Score:
    """The row of one scored instrument."""
    scored = judged.scored
    if scored is None:
        raise ValueError("not scored")
    rules = judged.asked.definition.criticals
    answers = response.answers.get(scored.instrument, {})
    critical = any((answers.get(rule.item) or 0) >= rule.at_least for rule in rules)
    return Score(
        response_id=response.id,
        campaign_id=response.campaign_id,
        student_id=response.student_id,
        instrument=scored.instrument,
        version=scored.version,
        checksum=scored.checksum,
        engine_version=single.ENGINE_VERSION,
        cutset=scored.cutset,
        result={
            "scores": dict(scored.scores),
            "bands": dict(scored.bands),
            "flags": list(scored.flags),
            "reasons": [{"rule": r.rule, "inputs": dict(r.inputs)} for r in scored.reasons],
            "unanswered_critical": list(scored.unanswered_critical),
        },
        valid=not response.careless,
        positive=judged.positive,
        critical=critical,
        scored_at=clock.now(),
    )


def _raise_results(
    session: Session,
    ticket: Ticket,
    judged: Sequence[Judged],
    response: Response,
    origin: str,
) -> None:
    more = {"careless": True} if response.careless else {}
    for finding in (finding for each in judged for finding in each.findings):
        raise_alert(
            session,
            ticket=ticket,
            rule=finding.rule,
            severity=finding.severity,
            inputs=dict(finding.inputs) | more,
            origin=origin,
        )


def leave(session: Session, *, by: Actor, ticket: Ticket) -> None:
    """End the browsers' access, so that the next person at the machine finds nothing."""
    close_devices(session, ticket)
    _audited(session, "ticket.left", by, ticket)


def _audited(
    session: Session,
    event: str,
    by: Actor,
    ticket: Ticket,
    details: dict[str, object] | None = None,
) -> None:
    audit.record(
        session,
        event,
        by=by.ref,
        organisation_id=ticket.campaign.school_id,
        subject=f"ticket:{ticket.id}",
        details=details,
    )
