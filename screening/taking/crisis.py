"""Which answers of a request need a person now: total, and loud about its own failure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from instruments.library.definition import Definition
from instruments.scoring import crisis as rule
from screening.taking.drafts import Given

MOST_SEVERE = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason for an alert: a rule id, its severity and inputs that a person can read."""

    rule: str
    severity: int
    inputs: Mapping[str, object]


def findings(sheet: Mapping[str, Definition], answers: Iterable[Given]) -> tuple[Finding, ...]:
    """The findings of these answers, each alone; never raises.

    Where the rule itself fails, that is a finding of the highest severity: a person must look.
    """
    found = (_finding(sheet[each.instrument], each) for each in answers)
    return tuple(each for each in found if each)


def _finding(definition: Definition, answer: Given) -> Finding | None:
    try:
        flag = rule.assess(definition, answer.item, answer.value)
    except Exception as error:  # noqa: BLE001 - whatever broke, somebody must look
        broken = {"instrument": answer.instrument, "item": answer.item, "error": repr(error)[:200]}
        return Finding(f"{answer.instrument}:rule-failed", MOST_SEVERE, broken)
    return Finding(flag.rule, flag.severity, dict(flag.inputs)) if flag else None


def critical_only(sheet: Mapping[str, Definition], answers: Iterable[Given]) -> tuple[Given, ...]:
    """The answers that are kept even when the rest of their request is refused."""
    return tuple(each for each in answers if _finding(sheet[each.instrument], each))
