"""Who answers for a child now: an open record without owner or due time is an alarm (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

NO_ORGANISATION, NO_ROLE, NO_OWNER = "no_organisation", "no_role", "no_owner"
NO_DUE, OVERDUE = "no_due", "overdue"


@dataclass(frozen=True)
class Charge:
    """The custody of one open record."""

    kind: str
    id: int
    organisation_id: int | None
    duty_role: str | None
    owner_user_id: int | None
    due_at: datetime | None


@dataclass(frozen=True)
class Violation:
    """What is missing on which record."""

    charge: Charge
    code: str


def violations(charges: Iterable[Charge], now: datetime) -> list[Violation]:
    """Every hole of every open record, and what is past its time."""
    return [Violation(charge, code) for charge in charges for code in _codes(charge, now)]


def _codes(charge: Charge, now: datetime) -> list[str]:
    facts = {
        NO_ORGANISATION: charge.organisation_id is None,
        NO_ROLE: not charge.duty_role,
        NO_OWNER: charge.owner_user_id is None,
        NO_DUE: charge.due_at is None,
        OVERDUE: charge.due_at is not None and charge.due_at < now,
    }
    return [code for code, holds in facts.items() if holds]
