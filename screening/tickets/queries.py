"""Find a ticket by what a person holds: a code on paper, or a cookie."""

import hashlib
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session, joinedload

from foundation.crypto import blind_index
from screening.models import Campaign, Consent, Draft, Ticket, TicketDevice
from screening.tickets.rules import TicketState


def code_index(code: str) -> str:
    """By what a normalised code is found again."""
    return blind_index("ticket-code", code)


def token_hash(token: str) -> str:
    """What is stored of a browser's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def ticket_of_code(session: Session, code: str, *, lock: bool = False) -> Ticket | None:
    """The ticket of a normalised code, unless it is void."""
    statement = (
        select(Ticket)
        .options(joinedload(Ticket.student))
        .where(Ticket.code_index == code_index(code), Ticket.state != TicketState.VOID.value)
    )
    return session.scalars(statement.with_for_update(of=Ticket) if lock else statement).first()


def address_of(ticket_id: int) -> str:
    """The opaque name of a ticket in addresses; worth nothing without the cookie."""
    return blind_index("ticket-address", str(ticket_id))[:24]


# Built once: putting this statement together takes longer than SQLite needs to answer it.
_DEVICE = (
    select(TicketDevice, Ticket)
    .join(Ticket, Ticket.id == TicketDevice.ticket_id)
    .options(joinedload(Ticket.student))
    .where(TicketDevice.token_hash == bindparam("hash"), TicketDevice.closed_at.is_(None))
)
_DEVICE_LOCKED = _DEVICE.with_for_update(of=Ticket)


def device_of(
    session: Session, token: str | None, address: str | None, *, lock: bool = False
) -> tuple[TicketDevice, Ticket] | None:
    """The browser and the ticket that a cookie opens, at this address if one is given."""
    if not token:
        return None
    statement = _DEVICE_LOCKED if lock else _DEVICE
    found = session.execute(statement, {"hash": token_hash(token)}).first()
    if found is None or address not in {None, address_of(found[1].id)}:
        return None
    return found[0], found[1]


def is_open_somewhere(session: Session, ticket: Ticket) -> bool:
    """Whether some browser still has the ticket open; none has after a teacher cleared its PIN."""
    live = select(TicketDevice.id).where(
        TicketDevice.ticket_id == ticket.id, TicketDevice.closed_at.is_(None)
    )
    return session.scalar(live.limit(1)) is not None


def kept_back(session: Session, ticket: Ticket) -> frozenset[tuple[str, str]]:
    """Saved answers that no page shows: given before a teacher cleared the PIN.

    Whoever holds the strip gets in by its check then, so they are kept and count, and stay unseen.
    """
    closed = select(func.max(TicketDevice.closed_at)).where(TicketDevice.ticket_id == ticket.id)
    rows: Select[str, str] = select(Draft.instrument, Draft.item).where(
        Draft.ticket_id == ticket.id, Draft.saved_at <= closed.scalar_subquery()
    )
    return frozenset((row.instrument, row.item) for row in session.execute(rows))


_TICKET, _DEVICES = Ticket.__table__, TicketDevice.__table__
_CAMPAIGN, _CONSENT, _DRAFT = Campaign.__table__, Consent.__table__, Draft.__table__
_STAMP = (
    select(
        *(column for column in _TICKET.c if column.key not in {"code", "code_index"}),
        _DEVICES.c.closed_at,
        _DEVICES.c.seen_at,
        _CAMPAIGN.c.version,
        _CAMPAIGN.c.state,
        _CAMPAIGN.c.opens_at,
        _CAMPAIGN.c.closes_at,
        _CAMPAIGN.c.closed_at,
        select(func.count())
        .where(
            _CONSENT.c.campaign_id == _TICKET.c.campaign_id,
            _CONSENT.c.student_id == _TICKET.c.student_id,
        )
        .correlate(_TICKET)
        .scalar_subquery(),
        # every change of a draft raises its seq
        select(func.sum(_DRAFT.c.seq))
        .where(_DRAFT.c.ticket_id == _TICKET.c.id)
        .correlate(_TICKET)
        .scalar_subquery(),
    )
    .join_from(_DEVICES, _TICKET, _TICKET.c.id == _DEVICES.c.ticket_id)
    .join(_CAMPAIGN, _CAMPAIGN.c.id == _TICKET.c.campaign_id)
    .where(_DEVICES.c.id == bindparam("device"))
)
_STAMP_LOCKED = _STAMP.with_for_update(of=_TICKET)


def stamp_of(session: Session, device_id: int, *, lock: bool = False) -> tuple[Any, ...]:
    """All that may change about a ticket between a look at it and the unit that writes."""
    statement = _STAMP_LOCKED if lock else _STAMP
    return tuple(session.connection().execute(statement, {"device": device_id}).one())
