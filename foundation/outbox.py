"""Messages that must leave: rows written with the change that caused them, delivered afterwards."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ColumnElement,
    Index,
    Integer,
    Select,
    String,
    event,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock, engine
from foundation.classification import INTERNAL
from foundation.database import Json, Model, UtcDateTime, is_sqlite, reading, writing

PENDING, DONE, QUARANTINED = "pending", "done", "quarantined"
# Wait after the first, second, third … failure; the last one repeats.
BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 300))
# A message that is not urgent and fails this often needs a person; urgent ones go on for ever.
TRIES = 12
# About two and a half minutes of failing.
SHUT_AFTER = 3
# Kept up while the delivery runs, so that its end means a process that died.
LEASE = timedelta(seconds=45)
# Clocks of several machines differ; by more than this only one that was set back.
SKEW = timedelta(minutes=1)

Deliver = Callable[[dict[str, Any], str], None]
HANDLERS: dict[str, Deliver] = {}
# Rung after a commit on SQLite, where the drainer may be a thread of this process.
wake = threading.Event()


class OutboxMessage(Model):
    """One thing to deliver; the payload holds ids, never what they stand for."""

    __tablename__ = "outbox_message"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, info=INTERNAL
    )
    key: Mapped[str] = mapped_column(String(160), unique=True, info=INTERNAL)
    kind: Mapped[str] = mapped_column(String(60), info=INTERNAL)
    payload: Mapped[dict[str, Any]] = mapped_column(Json, info=INTERNAL)
    urgent: Mapped[bool] = mapped_column(Boolean, info=INTERNAL)
    state: Mapped[str] = mapped_column(String(12), info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    fence: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    tries: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    last_error: Mapped[str | None] = mapped_column(String(80), info=INTERNAL)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (
        CheckConstraint("state IN ('pending', 'done', 'quarantined')", name="state"),
        CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="done"),
        Index("ix_outbox_message_due", "state", "due_at"),
        {"sqlite_autoincrement": True},
    )


# Built once: this runs inside every submit, while others wait at the gate.
TABLE = Model.metadata.tables["outbox_message"]
INSERT = {
    dialect: insert(TABLE).on_conflict_do_nothing(index_elements=["key"]).returning(TABLE.c.id)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


@dataclass(frozen=True)
class Claim:
    """A message this drainer may deliver until its lease ends."""

    id: int
    key: str
    kind: str
    payload: dict[str, Any]
    urgent: bool
    fence: int
    tries: int


# What this process is delivering.
_under_way: dict[int, Claim] = {}


def enqueue(
    session: Session,
    kind: str,
    *,
    key: str,
    payload: dict[str, Any],
    due_at: datetime | None = None,
    urgent: bool = False,
) -> None:
    """Add a message to the caller's transaction; a second one with the same key changes nothing.

    The receiver gets `key` as the message's own id and can tell a repeated delivery by it.
    """
    moment = clock.now()
    values = {"key": key, "kind": kind, "payload": payload, "urgent": urgent, "state": PENDING}
    times = {"created_at": moment, "due_at": due_at or moment, "fence": 0, "tries": 0}
    statement = INSERT["sqlite" if is_sqlite() else "postgresql"]
    message_id = session.scalar(statement, values | times)
    if message_id is not None:
        _announce(session, message_id, kind=kind, urgent=urgent, due_at=due_at)


def handler(kind: str) -> Callable[[Deliver], Deliver]:
    """Register the function that delivers messages of a kind: `deliver(payload, message_key)`.

    It opens its own units, may be called twice for one key, and raises when it could not deliver.
    """

    def register(deliver: Deliver) -> Deliver:
        HANDLERS[kind] = deliver
        return deliver

    return register


def drain(limit: int = 100) -> int:
    """Try what is due, urgent first, up to `limit` messages; return how many were delivered."""
    delivered = 0
    for _turn in range(limit):
        claim = take()
        if claim is None:
            break
        delivered += attempt(claim)
    return delivered


def take(avoid: Collection[str] = ()) -> Claim | None:
    """Claim the most pressing due message of a kind not in `avoid`, or None."""
    with reading() as session:
        if session.scalars(_due(avoid)).first() is None:
            return None
    with writing() as session:
        return _claimed(session, _due(avoid))


def claim(message_id: int) -> Claim | None:
    """Claim this message, unless it is done or another drainer has it."""
    with writing() as session:
        return _claimed(session, _free().where(OutboxMessage.id == message_id))


def attempt(claim: Claim) -> bool:
    """Deliver a claimed message and write down how it went; return whether it was delivered."""
    _under_way[claim.id] = claim
    try:
        HANDLERS[claim.kind](claim.payload, claim.key)
    except Exception as error:  # noqa: BLE001  a message that fails must not stop the others
        _finish(claim, _failed(claim, type(error).__name__))
        return False
    else:
        _finish(claim, {"state": DONE, "done_at": clock.now(), "last_error": None})
        return True
    finally:
        del _under_way[claim.id]


def keep_leases() -> None:
    """Prolong the leases of what this process is delivering: some deliveries take minutes."""
    claims = list(_under_way.values())
    if not claims:
        return
    with writing() as session:
        for each in claims:
            # A row that was finished meanwhile has no lease to prolong.
            held = (*_is_mine(each), OutboxMessage.lease_until.is_not(None))
            session.execute(
                update(OutboxMessage).where(*held).values(lease_until=clock.now() + LEASE)
            )


def status() -> dict[str, Any]:
    """Return counts by state and kind, the age of the oldest due message, and the last errors."""
    with reading() as session:
        counted = select(OutboxMessage.state, OutboxMessage.kind, func.count()).group_by(
            OutboxMessage.state, OutboxMessage.kind
        )
        counts: dict[str, dict[str, int]] = {PENDING: {}, DONE: {}, QUARANTINED: {}}
        for state, kind, count in session.execute(counted):
            counts[state][kind] = count
        return {**counts, "oldest_s": oldest_seconds(session), "failing": _failing(session)}


def oldest_seconds(session: Session) -> float:
    """Return for how many seconds the oldest due message has been waiting; 0.0 if none is."""
    first = session.scalar(
        select(func.min(OutboxMessage.due_at)).where(
            OutboxMessage.state == PENDING, OutboxMessage.tries == 0
        )
    )
    retried = session.scalar(
        select(func.min(OutboxMessage.created_at)).where(
            OutboxMessage.state == PENDING, OutboxMessage.tries > 0
        )
    )
    oldest = min((moment for moment in (first, retried) if moment is not None), default=None)
    return 0.0 if oldest is None else max(0.0, (clock.now() - oldest).total_seconds())


def unheard(session: Session) -> list[str]:
    """Kinds of which urgent messages fail again and again while none arrives: a way that is shut.

    One wrong address is not that; a mail server that is missing or refuses everything is.
    """
    failing = (
        select(OutboxMessage.kind, func.min(OutboxMessage.created_at))
        .where(
            OutboxMessage.state == PENDING, OutboxMessage.urgent, OutboxMessage.tries >= SHUT_AFTER
        )
        .group_by(OutboxMessage.kind)
    )
    return [
        kind
        for kind, since in session.execute(failing)
        if session.scalar(
            select(OutboxMessage.id)
            .where(
                OutboxMessage.state == DONE,
                OutboxMessage.due_at >= since,
                OutboxMessage.kind == kind,
            )
            .limit(1)
        )
        is None
    ]


def release(session: Session, key: str) -> bool:
    """Give a quarantined message another round of tries; say whether there was one."""
    again = {"state": PENDING, "tries": 0, "due_at": clock.now(), "last_error": None}
    found = session.scalar(
        update(OutboxMessage)
        .where(OutboxMessage.key == key, OutboxMessage.state == QUARANTINED)
        .values(**again)
        .returning(OutboxMessage)
    )
    if found is not None:
        _announce(session, found.id, kind=found.kind, urgent=found.urgent)
    return found is not None


def _announce(
    session: Session, message_id: int, *, kind: str, urgent: bool, due_at: datetime | None = None
) -> None:
    """Tell whoever delivers, in the caller's transaction: nobody hears of what is rolled back."""
    if is_sqlite():
        event.listen(session, "after_commit", _ring_bell, once=True)
    else:
        engine.defer(session, message_id, kind=kind, urgent=urgent, at=due_at)


def _free() -> Select[OutboxMessage]:
    lease, now = OutboxMessage.lease_until, clock.now()
    free = lease.is_(None) | (lease < now) | (lease > now + LEASE + SKEW)
    return select(OutboxMessage).where(OutboxMessage.state == PENDING, free)


def _due(avoid: Collection[str]) -> Select[OutboxMessage]:
    return (
        _free()
        .where(_is_due(clock.now()), OutboxMessage.kind.not_in(list(avoid)))
        .order_by(OutboxMessage.urgent.desc(), OutboxMessage.due_at, OutboxMessage.id)
        .limit(1)
    )


def _is_due(now: datetime) -> ColumnElement[bool]:
    # What was written before the clock was set back must not wait until it has caught up.
    retried = (OutboxMessage.tries > 0) & (OutboxMessage.due_at > now + BACK_OFF[-1] + SKEW)
    return or_(OutboxMessage.due_at <= now, OutboxMessage.created_at > now + SKEW, retried)


def _claimed(session: Session, query: Select[OutboxMessage]) -> Claim | None:
    row = session.scalars(query.with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    row.lease_until = clock.now() + LEASE
    row.fence += 1
    return Claim(row.id, row.key, row.kind, row.payload, row.urgent, row.fence, row.tries)


def _failed(claim: Claim, error: str) -> dict[str, Any]:
    tries = claim.tries + 1
    wait = BACK_OFF[min(tries, len(BACK_OFF)) - 1]
    given_up = tries >= TRIES and not claim.urgent
    state = QUARANTINED if given_up else PENDING
    # Only the kind of error is kept: its text may quote an address or a document.
    return {"state": state, "tries": tries, "due_at": clock.now() + wait, "last_error": error[:80]}


def _finish(claim: Claim, values: dict[str, Any]) -> None:
    ended = update(OutboxMessage).where(*_is_mine(claim)).values(lease_until=None, **values)
    with writing() as session:
        mine = session.scalar(ended.returning(OutboxMessage.id)) is not None
        if mine and values["state"] == PENDING:
            _announce(
                session, claim.id, kind=claim.kind, urgent=claim.urgent, due_at=values["due_at"]
            )


def _is_mine(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    # A drainer that lost its lease has the wrong fence and changes nothing.
    return OutboxMessage.id == claim.id, OutboxMessage.fence == claim.fence


def _failing(session: Session) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.state != DONE, OutboxMessage.last_error.is_not(None))
        .order_by(OutboxMessage.id)
        .limit(50)
    )
    names = ("key", "kind", "state", "tries", "urgent", "last_error")
    return [{name: getattr(row, name) for name in names} for row in rows]


def _ring_bell(_session: Session) -> None:
    wake.set()
