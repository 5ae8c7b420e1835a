"""Paper sheets: which may be typed, what was typed, and where two typings differ (pure)."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from instruments.library.definition import Definition, Value
from screening.campaigns.consent import Status
from screening.taking import drafts
from screening.taking.drafts import Given, Place, Sent, Stored
from screening.tickets.rules import TicketState

# what stands for "left blank": every key that a number pad has beside the digits
BLANKS = frozenset({"", "-", ".", "*", "/", "+", "。", "—"})


class Obstacle(StrEnum):
    """Why the paper sheet of a ticket cannot be typed; the list says it in words."""

    DONE = "done"
    NOT_NEEDED = "not_needed"
    NO_CONSENT = "no_consent"
    BEGUN_ONLINE = "begun_online"
    EARLY = "early"


@dataclass(frozen=True)
class Facts:
    """All that decides whether the paper sheet of a ticket may be typed."""

    state: str
    excused: bool
    consent: Status
    online_drafts: bool  # answers that the student has saved himself
    running: bool  # the campaign was approved, and not cancelled
    open_yet: bool  # a retest has a day of its own


def obstacle(facts: Facts) -> Obstacle | None:
    """The first reason against it; a missing signature of the student is asked for, not refused."""
    if facts.state == TicketState.SUBMITTED:
        return Obstacle.DONE
    if (
        facts.excused
        or not facts.running
        or facts.state not in {TicketState.ISSUED, TicketState.STARTED}
    ):
        return Obstacle.NOT_NEEDED
    if facts.consent not in {Status.GRANTED, Status.MISSING_STUDENT}:
        return Obstacle.NO_CONSENT
    if facts.online_drafts:
        return Obstacle.BEGUN_ONLINE
    return None if facts.open_yet else Obstacle.EARLY


def read(fields: Mapping[str, str], sheet: Mapping[str, Definition]) -> Sent:
    """What was typed: `upi.25=1`; full-width digits count, a blank key leaves the item open."""
    return drafts.read_form({name: _plain(text) for name, text in fields.items()}, sheet)


def _plain(text: str) -> str:
    typed = unicodedata.normalize("NFKC", text).strip()
    return "" if typed in BLANKS else typed


def numbered(typed: Sent, stored: Mapping[Place, Stored]) -> Sent:
    """The typed answers as newer drafts; a blank erases here, because the paper has the last word."""
    fresh = [
        Given(each.instrument, each.item, each.value, before.seq + 1 if before else 1)
        for each in typed.answers
        if (before := stored.get(each.place)) is None or before.value != each.value
    ]
    return Sent(tuple(fresh), typed.faults)


def differences(typed: Sent, stored: Mapping[Place, Stored]) -> dict[Place, tuple[Value, Value]]:
    """Where the second typing is not the first: (first, second) by place."""
    return {
        each.place: (stored[each.place].value, each.value)
        for each in typed.answers
        if each.place in stored and stored[each.place].value != each.value
    }


def day_of(text: str, first: date, last: date) -> date | None:
    """The day on which the sheets were filled in, if it lies between the two."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if first <= day <= last else None
