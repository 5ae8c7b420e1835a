"""May this student be screened, and why not (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Status(StrEnum):
    """Where a student's consent stands; only the counselor sees which of the last four it is."""

    GRANTED = "granted"
    MISSING_GUARDIAN = "missing_guardian"
    MISSING_STUDENT = "missing_student"
    DECLINED = "declined"
    CONFLICT = "conflict"
    WITHDRAWN = "withdrawn"


BY_SCHOOL = ("letter", "paper", "phone")  # what staff recorded, and staff may find to be wrong
RETRACTED = "retracted"  # what the school had recorded was a slip: as if nobody had answered


@dataclass(frozen=True)
class Rule:
    """Below `guardian_below` the guardian decides, below `alone_from` both do, then the student."""

    guardian_below: int = 14
    alone_from: int = 18


@dataclass(frozen=True)
class Decision:
    """One recorded decision, in the order of recording; `who` tells two guardians apart."""

    party: str
    decision: str
    who: str = ""


@dataclass(frozen=True)
class Verdict:
    """The status with its reasons as codes."""

    status: Status
    reasons: tuple[str, ...] = ()

    @property
    def may_answer(self) -> bool:
        return self.status is Status.GRANTED


def parties(rule: Rule, age: int | None) -> tuple[str, ...]:
    """Whose consent is needed; an unknown age needs both."""
    if age is None:
        return ("guardian", "student")
    if age < rule.guardian_below:
        return ("guardian",)
    return ("guardian", "student") if age < rule.alone_from else ("student",)


def assess(rule: Rule, age: int | None, decisions: Sequence[Decision]) -> Verdict:
    """Judge the latest decision of each person; any refusal counts, two guardians who differ wait.

    A student may always decline or withdraw for himself, at every age.
    """
    latest = _latest(decisions)
    own = latest.get(("student", ""), "")
    if own in {"declined", "withdrawn"}:
        return Verdict(Status(own), (f"student_{own}",))
    needed = parties(rule, age)
    if "guardian" in needed:
        verdict = _guardians([d for (party, _who), d in latest.items() if party == "guardian"])
        if verdict is not None:
            return verdict
    if "student" in needed and own != "granted":
        return Verdict(Status.MISSING_STUDENT, ("student_not_asked",))
    return Verdict(Status.GRANTED)


def _latest(decisions: Sequence[Decision]) -> dict[tuple[str, str], str]:
    latest: dict[tuple[str, str], str] = {}
    for decision in decisions:
        who = decision.who if decision.party == "guardian" else ""
        latest[decision.party, who] = decision.decision
    return {who: said for who, said in latest.items() if said != RETRACTED}


def _guardians(decisions: list[str]) -> Verdict | None:
    if not decisions:
        return Verdict(Status.MISSING_GUARDIAN, ("guardian_not_asked",))
    if set(decisions) == {"granted"}:
        return None
    if "granted" in decisions:
        return Verdict(Status.CONFLICT, ("guardians_differ",))
    if "withdrawn" in decisions:
        return Verdict(Status.WITHDRAWN, ("guardian_withdrawn",))
    return Verdict(Status.DECLINED, ("guardian_declined",))


def age_on(birth_date: date | None, day: date) -> int | None:
    """Full years on a day; someone born on 29 February turns a year older on 1 March."""
    if birth_date is None:
        return None
    before = (day.month, day.day) < (birth_date.month, birth_date.day)
    return day.year - birth_date.year - before
