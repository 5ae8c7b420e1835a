"""Whether a ticket may be answered now, and what a finished sheet asks of people: pure rules."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from screening.tickets.rules import TicketState

# A retest is offered in a calm setting after the campaign; it must not lapse with the window.
RETEST_OPEN = timedelta(days=30)


class Door(StrEnum):
    """What a ticket opens at a moment."""

    QUESTIONS = "questions"
    CONSENT = "consent"  # his own consent is needed first
    NEUTRAL = "neutral"  # nothing to answer today, and nobody can see it
    DONE = "done"
    EARLY = "early"
    LATE = "late"


@dataclass(frozen=True)
class Standing:
    """All that decides whether this ticket may be answered."""

    state: str
    excused: bool
    may_answer: bool  # every consent that is needed was given
    asks_student: bool  # only his own is missing
    running: bool  # the campaign is approved and not closed or cancelled
    opens_at: datetime
    closes_at: datetime
    grace: timedelta
    on_paper: bool = False  # the sheet is typed by staff from paper


def window_of(
    opens_at: datetime, closes_at: datetime, retest_from: datetime | None
) -> tuple[datetime, datetime]:
    """From when to when a ticket is answered: a retest has days of its own."""
    if retest_from is not None:
        return retest_from, max(closes_at, retest_from + RETEST_OPEN)
    return opens_at, closes_at


def door(standing: Standing, now: datetime) -> Door:
    """What the ticket opens now; a submitted or stopped one never opens again."""
    over = {TicketState.SUBMITTED, TicketState.WITHDRAWN, TicketState.VOID}
    if standing.on_paper or standing.state in over:
        return Door.DONE
    if now < standing.opens_at:
        return Door.EARLY
    if is_late(standing, now):
        return Door.LATE
    if standing.excused or not (standing.may_answer or standing.asks_student):
        return Door.NEUTRAL
    return Door.QUESTIONS if standing.may_answer else Door.CONSENT


def is_late(standing: Standing, now: datetime) -> bool:
    """Whether the window is over; who has begun may finish for the time of grace."""
    begun = standing.state == TicketState.STARTED
    end = standing.closes_at + (standing.grace if begun else timedelta())
    return now > end or not standing.running


def accepts(standing: Standing, now: datetime) -> Door:
    """What a saving or submitting request meets: as `door`, with the time of grace for everybody.

    A page opened in time may send its first answer late, when the network comes back.
    """
    found = door(standing, now)
    within = standing.running and now <= standing.closes_at + standing.grace
    if found is Door.LATE and within:
        return Door.QUESTIONS if standing.may_answer and not standing.excused else Door.NEUTRAL
    return found
