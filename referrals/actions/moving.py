"""What moving a referral and moving a ticket share: the words of a step, its version, its history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock
from referrals.models import HotlineStep, HotlineTicket, Referral, ReferralStep

CLOCK = Actor.system("clock")  # reminds, and ends pauses; nothing else in the tables is its to do


@dataclass(frozen=True)
class Said:
    """What goes with a move: a reason code, the words, the version the person had read."""

    reason: str | None = None
    detail: Mapping[str, Any] | None = None
    version: int | None = None
    due_at: datetime | None = None


def take_version(session: Session, row: Referral | HotlineTicket, expected: int | None) -> bool:
    """Compare and swap: of two people who read the same version only one gets through."""
    table = type(row)
    read = row.version if expected is None else expected
    swapped = session.scalar(
        update(table)
        .where(table.id == row.id, table.version == read)
        .values(version=read + 1)
        .returning(table.version)
        .execution_options(synchronize_session=False)
    )
    session.refresh(row, ["version"])
    return swapped is not None


def written(
    session: Session,
    step: ReferralStep | HotlineStep,
    *,
    by: Actor,
    said: Said,
    organisation_id: int,
) -> None:
    """Write one line of history and its audit row; `step` brings event and states."""
    step.reason, step.detail = said.reason, dict(said.detail or {})
    step.by, step.at = by.ref, clock.now()
    session.add(step)
    kind, number = (
        ("referral", step.referral_id)
        if isinstance(step, ReferralStep)
        else ("hotline", step.ticket_id)
    )
    audit.record(
        session,
        f"{kind}.{step.event}",
        by=by.ref,
        organisation_id=organisation_id,
        subject=f"{SUBJECTS[kind]}:{number}",
        details={"from": step.from_state, "to": step.to_state, "reason": said.reason},
    )


SUBJECTS = {"referral": "referral", "hotline": "ticket"}
