"""The crisis rule: one saved answer, asked at once, apart from every score."""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real

from instruments.library.definition import Definition
from instruments.library.parts import Named, Number, Value


@dataclass(frozen=True, slots=True)
class CriticalFlag:
    """A critical answer: rule id, default severity (3 critical, 2 high), its subject and inputs."""

    rule: str
    severity: int
    about: Named
    inputs: Mapping[str, object]


def rule_id(definition: Definition, item: int | str) -> str:
    """The stable id of the rule on an item, such as "phq-9:item-9"."""
    return f"{definition.key}:item-{item}"


def assess(definition: Definition, item: int | str, value: object) -> CriticalFlag | None:
    """The flag of one answer, or None; total: it never raises, whatever is stored.

    A value above the allowed codes still counts: a damaged answer must not hide a call for help.
    Unanswered (None) is no flag here; `unanswered` lists it.
    """
    found = definition.by_id.get(str(item))
    rule = found.critical if found else None
    number = _number(value)
    if rule is None or number is None or not number >= rule.at_least:
        return None
    inputs = {
        "instrument": definition.key,
        "version": definition.version,
        "item": str(item),
        "value": number,
        "at_least": rule.at_least,
    }
    return CriticalFlag(rule_id(definition, item), rule.severity, rule.about, inputs)


def _number(value: object) -> Number | None:
    """The number that is stored, also one of NumPy's; None for all that is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    return float(value) if isinstance(value, Real) else None


def assess_all(definition: Definition, answers: Mapping[str, Value]) -> tuple[CriticalFlag, ...]:
    """The flags of all answers of a sheet, in the order of the form."""
    flags = (assess(definition, rule.item, answers.get(rule.item)) for rule in definition.criticals)
    return tuple(flag for flag in flags if flag)


def unanswered(definition: Definition, answers: Mapping[str, Value]) -> tuple[str, ...]:
    """Critical items without an answer: shown as unanswered, never as no risk."""
    return tuple(rule.item for rule in definition.criticals if answers.get(rule.item) is None)
