"""Ticket codes, first-use checks, delays after wrong tries, and the states of a ticket."""

import secrets
import unicodedata
from datetime import date
from enum import StrEnum

from foundation.state_machine import Table, Transition, follow

# No 0 O 1 I L 5 S: what two children read aloud or copy by hand must not be mistaken.
ALPHABET = "2346789ABCDEFGHJKMNPQRTUVWXYZ"
LENGTH = 10
GROUP = 5
CHECK_LENGTH = 4
PIN_LENGTH = 4
FREE_TRIES = 3
LONGEST_DELAY_S = 60


class TicketState(StrEnum):
    """Where a ticket stands; why a student need not answer is `Ticket.excused`."""

    ISSUED = "issued"
    STARTED = "started"
    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    VOID = "void"


class TicketEvent(StrEnum):
    """What can happen to a ticket."""

    START = "start"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    VOID = "void"


_S, _E = TicketState, TicketEvent
HOLDER = "ticket"

TRANSITIONS: Table[TicketState, TicketEvent, str] = {
    (_S.ISSUED, _E.START): Transition(_S.STARTED, HOLDER, ("consent", "open window")),
    (_S.STARTED, _E.START): Transition(_S.STARTED, HOLDER, ("consent", "open window")),
    (_S.ISSUED, _E.SUBMIT): Transition(
        _S.SUBMITTED, HOLDER, ("consent", "window or 30 minutes after")
    ),
    (_S.STARTED, _E.SUBMIT): Transition(
        _S.SUBMITTED, HOLDER, ("consent", "window or 30 minutes after")
    ),
    (_S.ISSUED, _E.WITHDRAW): Transition(_S.WITHDRAWN, HOLDER),
    (_S.STARTED, _E.WITHDRAW): Transition(_S.WITHDRAWN, HOLDER),
    (_S.ISSUED, _E.VOID): Transition(_S.VOID, "campaign.edit"),
    (_S.STARTED, _E.VOID): Transition(_S.VOID, "campaign.edit"),
}


def next_state(state: str, event: TicketEvent) -> TicketState:
    """Where the event leads.

    Raises:
        WrongState: the state does not allow it; names what it does allow.

    """
    return follow(TRANSITIONS, state, event).to


def new_code() -> str:
    """A fresh code: ten characters, about 48 bits, to be shown in two groups."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def shown(code: str) -> str:
    """A code as it is printed: ABCDE-FGHJK."""
    return f"{code[:GROUP]}-{code[GROUP:]}"


def normalised(typed: str) -> str | None:
    """The stored form of what somebody typed, or None when it cannot be a code."""
    plain = unicodedata.normalize("NFKC", typed).upper()
    code = "".join(letter for letter in plain if letter.isalnum())
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def expected_checks(student_number: str | None, birth_date: date | None) -> tuple[str, ...]:
    """What the first use may be checked by: the end of the student number, the day of birth."""
    number = _plain(student_number or "")[-CHECK_LENGTH:]
    day = birth_date.strftime("%m%d") if birth_date else ""
    return tuple(check for check in (number, day) if check)


def check_passes(typed: str, student_number: str | None, birth_date: date | None) -> bool:
    """Whether the typed characters fit the student.

    A student of whom neither is known has nothing to be checked by: his code alone opens it, and
    his PIN guards it from then on.
    """
    expected = expected_checks(student_number, birth_date)
    given = _plain(typed)
    return not expected or any(secrets.compare_digest(given, each) for each in expected)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).upper()
    # Non-ASCII letters cannot be compared in constant time; nobody's check has any.
    return "".join(letter for letter in folded if letter.isalnum() and letter.isascii())


def pin_of(typed: str) -> str | None:
    """Four digits, also when typed in full width; None otherwise."""
    digits = unicodedata.normalize("NFKC", typed).strip()
    good = len(digits) == PIN_LENGTH and digits.isascii() and digits.isdigit()
    return digits if good else None


def delay_s(failures: int) -> int:
    """Seconds to wait after so many wrong tries: 0 for three, then 2, 4 ... 60. Never a lock-out."""
    if failures <= FREE_TRIES:
        return 0
    return int(min(2 ** min(failures - FREE_TRIES, 10), LONGEST_DELAY_S))
