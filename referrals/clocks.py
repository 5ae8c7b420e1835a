"""What a clock says, derived from its events alone: when it is due, what is spent, is it broken.

A crisis clock runs on wall time from the first sign of risk, cannot pause and has no event that
sets it back; handing a ticket on is not an event of its clock at all. Changing the target keeps
the time already spent. Rules: cases-and-referrals.md §5.5, defaults domain.md §3.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from foundation.problems import Refused
from schools.workdays import Calendar

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
ZERO = timedelta(0)


class Kind(StrEnum):
    """The clocks of this domain."""

    CRISIS_CONTACT = "crisis_contact"
    CASE_REPLY = "case_reply"
    CONSULT_REPLY = "consult_reply"
    SIGN_FOR = "sign_for"
    TRIAGE = "triage"
    FOLLOW_UP = "follow_up"
    HOSPITAL_RECEIPT = "hospital_receipt"
    HOSPITAL_DECISION = "hospital_decision"
    HOSPITAL_OFFER = "hospital_offer"
    HOSPITAL_FEEDBACK = "hospital_feedback"
    SCHOOL_ANSWER = "school_answer"
    HIGH_RISK_REPLY = "high_risk_reply"


class Basis(StrEnum):
    """Which time counts."""

    WALL = "wall"
    BUSINESS = "business"


class What(StrEnum):
    """What may happen to a clock."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    RETARGET = "retarget"
    STOP = "stop"


UNPAUSABLE = frozenset(
    {Kind.CRISIS_CONTACT, Kind.SIGN_FOR, Kind.TRIAGE, Kind.FOLLOW_UP, Kind.HIGH_RISK_REPLY}
)


@dataclass(frozen=True)
class Mark:
    """One event of a clock: `target` with start and retarget, `until` with pause; aware times."""

    what: What
    at: datetime
    target: timedelta | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Limits:
    """How long a pause may be, each and together."""

    each: timedelta = timedelta(hours=24)
    total: timedelta = timedelta(hours=72)


@dataclass(frozen=True)
class Face:
    """What the clock shows; `left` is negative after the due time, `due_at` assumes auto-resume."""

    due_at: datetime
    spent: timedelta
    target: timedelta
    paused: bool
    stopped_at: datetime | None
    breached: bool

    @property
    def left(self) -> timedelta:
        """Time of the clock's own basis that remains."""
        return self.target - self.spent


def check(kind: Kind, mark: Mark) -> None:
    """Refuse what this kind of clock must never have done to it."""
    if mark.what is What.PAUSE and kind in UNPAUSABLE:
        raise Refused("这个时限关系到安全，不能暂停")


def read(
    marks: Sequence[Mark],
    at: datetime,
    calendar: Calendar | None = None,
    limits: Limits | None = None,
) -> Face:
    """Read a clock at a moment; `calendar` None means wall time. The first mark is the start."""
    limits = limits or Limits()
    start = marks[0].at
    pauses = tuple(_pauses(marks, limits))
    stopped = next((m.at for m in marks if m.what is What.STOP), None)
    target = _target(marks)
    end = min(at, stopped) if stopped else at
    due_at = _due(start, target, pauses, calendar)
    return Face(
        due_at=due_at,
        spent=_spent(start, end, pauses, calendar),
        target=target,
        paused=stopped is None and any(a <= at < b for a, b in pauses),
        stopped_at=stopped,
        breached=end > due_at if stopped else at >= due_at,
    )


def _target(marks: Iterable[Mark]) -> timedelta:
    target = ZERO
    for mark in marks:
        if mark.what in (What.START, What.RETARGET) and mark.target is not None:
            target = mark.target
    return target


def _pauses(marks: Sequence[Mark], limits: Limits) -> Iterator[tuple[datetime, datetime]]:
    """Pauses as they really were: each ends by itself at its limit, none after the total."""
    left = limits.total
    for index, mark in enumerate(marks):
        if mark.what is not What.PAUSE:
            continue
        ends = [mark.at + limits.each, mark.at + left]
        if mark.until is not None:
            ends.append(mark.until)
        ends += [
            m.at for m in marks[index + 1 :] if m.what in (What.RESUME, What.STOP, What.PAUSE)
        ][:1]
        end = max(mark.at, min(ends))
        left -= end - mark.at
        if end > mark.at:
            yield mark.at, end


def _running(
    start: datetime,
    pauses: Sequence[tuple[datetime, datetime]],
    calendar: Calendar | None,
) -> Iterator[tuple[datetime, datetime]]:
    """The spans in which the clock runs, oldest first."""
    spans = calendar.spans(start) if calendar else iter([(start, NEVER)])
    for opens, closes in spans:
        yield from _without(opens, closes, pauses)


def _without(
    opens: datetime, closes: datetime, pauses: Sequence[tuple[datetime, datetime]]
) -> Iterator[tuple[datetime, datetime]]:
    for begin, end in pauses:
        if begin >= closes or end <= opens:
            continue
        if begin > opens:
            yield opens, begin
        opens = end
    if opens < closes:
        yield opens, closes


def _due(
    start: datetime,
    target: timedelta,
    pauses: Sequence[tuple[datetime, datetime]],
    calendar: Calendar | None,
) -> datetime:
    left = target
    for opens, closes in _running(start, pauses, calendar):
        if opens + left <= closes:
            return opens + left
        left -= closes - opens
    return NEVER


def _spent(
    start: datetime,
    end: datetime,
    pauses: Sequence[tuple[datetime, datetime]],
    calendar: Calendar | None,
) -> timedelta:
    spent = ZERO
    for opens, closes in _running(start, pauses, calendar):
        if opens >= end:
            break
        spent += min(closes, end) - opens
    return spent
