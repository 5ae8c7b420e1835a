"""Save answers as they come, and raise what they say in the same transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Executable, select
from sqlalchemy.dialects import postgresql as postgresql_dialect
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import clock
from foundation.database import Model, is_sqlite, update_now
from instruments.library.definition import Definition, Value
from instruments.scoring.crisis import rule_id
from screening.models import Alert, AlertChange, Ticket
from screening.taking import crisis
from screening.taking.drafts import Given, Place, Sent, Stored, newer
from screening.taking.queries import drafts_of
from screening.tickets.rules import TicketEvent, next_state
from screening.triage.raising import raise_alert


@dataclass(frozen=True)
class Saved:
    """What is stored now for the items of a request, and whether to show the calm card."""

    acked: Mapping[Place, int]
    help: bool


def save(
    session: Session,
    *,
    by: Actor,
    ticket: Ticket,
    sheet: Mapping[str, Definition],
    sent: Sent,
    origin: str = "live",
) -> Saved:
    """Keep the answers whose seq is higher; with any fault only the critical ones.

    The alert of a critical answer is written here, in the transaction that saves the answer.
    """
    kept = crisis.critical_only(sheet, sent.answers) if sent.faults else sent.answers
    stored = drafts_of(session, ticket)
    fresh = newer(stored, kept)
    if fresh:
        _store(session, ticket, fresh)
        _begin(session, ticket)
    raised = raise_findings(session, ticket=ticket, sheet=sheet, answers=kept, origin=origin)
    note_changes(
        session,
        by=by,
        ticket=ticket,
        sheet=sheet,
        stored=stored,
        answers={place: each.value for place, each in fresh.items()},
    )
    now = stored | fresh
    return Saved({each.place: now[each.place].seq for each in kept if each.place in now}, raised)


def raise_findings(
    session: Session,
    *,
    ticket: Ticket,
    sheet: Mapping[str, Definition],
    answers: tuple[Given, ...],
    origin: str = "live",
) -> bool:
    """Raise the alert of every critical answer; says whether there was one."""
    found = crisis.findings(sheet, answers)
    for each in found:
        raise_alert(
            session,
            ticket=ticket,
            rule=each.rule,
            severity=each.severity,
            inputs=dict(each.inputs),
            origin=origin,
        )
    return bool(found)


def with_seqs(answers: tuple[Given, ...], stored: Mapping[Place, Stored]) -> tuple[Given, ...]:
    """Number plain form fields after what is stored, so that they can be kept as drafts."""
    return tuple(
        Given(each.instrument, each.item, each.value, each.seq or _next(stored.get(each.place)))
        for each in answers
        if each.seq is not None or each.value is not None
    )


def _next(before: Stored | None) -> int:
    return before.seq + 1 if before else 1


def _begin(session: Session, ticket: Ticket) -> None:
    now = clock.now()
    state = next_state(ticket.state, TicketEvent.START).value
    started = ticket.started_at or now
    update_now(session, ticket, state=state, started_at=started, last_saved_at=now)


@cache
def _upsert(*, sqlite: bool) -> Executable:
    # Built once, on the table: answers come many times a second and need no objects.
    table = Model.metadata.tables["draft"]
    insert = (sqlite_dialect if sqlite else postgresql_dialect).insert(table)
    upsert: Executable = insert.on_conflict_do_update(
        index_elements=["ticket_id", "instrument", "item"],
        set_={name: insert.excluded[name] for name in ("value", "seq", "saved_at")},
        where=table.c.seq < insert.excluded.seq,
    )
    return upsert


def _store(session: Session, ticket: Ticket, fresh: Mapping[Place, Stored]) -> None:
    now = clock.now()
    rows = [
        {
            "ticket_id": ticket.id,
            "instrument": key,
            "item": item,
            "value": None if answer.value is None else repr(answer.value),
            "seq": answer.seq,
            "saved_at": now,
        }
        for (key, item), answer in fresh.items()
    ]
    session.connection().execute(_upsert(sqlite=is_sqlite()), rows)


def note_changes(
    session: Session,
    *,
    by: Actor,
    ticket: Ticket,
    sheet: Mapping[str, Definition],
    stored: Mapping[Place, Stored],
    answers: Mapping[Place, Value],
) -> None:
    """A later answer never takes an alert back; it stands beside it."""
    changed = {
        rule_id(sheet[key], item): (stored[key, item].value, value)
        for (key, item), value in answers.items()
        if sheet[key].by_id[item].critical
        and (key, item) in stored
        and stored[key, item].value != value
    }
    if not changed:
        return
    alerts = session.scalars(
        select(Alert).where(Alert.ticket_id == ticket.id, Alert.rule.in_(changed))
    ).all()
    for alert in alerts:
        session.add(_change(alert, by, *changed[alert.rule]))


def _change(alert: Alert, by: Actor, before: Value, after: Value) -> AlertChange:
    return AlertChange(
        alert_id=alert.id,
        event="answer_changed",
        from_state=alert.state,
        to_state=alert.state,
        detail={"from": before, "to": after},
        by=by.ref,
        at=clock.now(),
    )
