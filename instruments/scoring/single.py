"""Scores one sheet: the plain, exact rule that the fast matrix path must equal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Real
from reprlib import repr as shortened
from typing import Any, NamedTuple

from instruments.library.definition import Definition
from instruments.library.parts import (
    BandRule,
    Derived,
    Item,
    Method,
    Missing,
    Number,
    Operation,
    Rounding,
    Scale,
    Value,
)
from instruments.scoring.algorithms import ALGORITHMS

ENGINE_VERSION = "1"

Answers = Mapping[str, Value]
# Items by number or by field.
Given = Mapping[Any, Value] | Sequence[Value]


class AnswerRefused(ValueError):
    """An answer that the form does not allow; names the item and what is allowed."""

    def __init__(self, instrument: str, item: str, value: object, allowed: str) -> None:
        """Keep the parts for a form's own message."""
        self.instrument, self.item, self.value, self.allowed = instrument, item, value, allowed
        super().__init__(f"{instrument} item {item}: {shortened(value)} is not allowed ({allowed})")


class Reason(NamedTuple):
    """Why a band or a flag is there: the rule's id and the inputs that a person can read."""

    rule: str
    inputs: Mapping[str, object]


class Scored(NamedTuple):
    """All that one sheet says; a null score is unknown, never "none"."""

    instrument: str
    version: str
    checksum: str
    scores: Mapping[str, Value]
    bands: Mapping[str, str | None]
    flags: tuple[str, ...]
    reasons: tuple[Reason, ...]
    unanswered_critical: tuple[str, ...]
    missing: tuple[str, ...]
    cutset: str
    engine_version: str = ENGINE_VERSION


@dataclass(slots=True)
class _Sheet:
    definition: Definition
    answers: Answers
    missing: tuple[str, ...]
    scores: dict[str, Value] = field(default_factory=dict)
    bands: dict[str, str | None] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    reasons: list[Reason] = field(default_factory=list)

    def flag(self, flag: str, inputs: Mapping[str, object]) -> None:
        self.flags.add(flag)
        self.reasons.append(Reason(f"{self.definition.key}:{flag}", inputs))


def score(
    definition: Definition,
    answers: Given,
    context: Mapping[str, object] | None = None,
    cutset: str | None = None,
) -> Scored:
    """Scores, bands and flags of one sheet.

    `answers` by item number or field (absent or None = unanswered) or as a list in form order;
    `context` holds what a cut-off needs (`sex`: male or female). Raises AnswerRefused for a value
    out of range and KeyError for an unknown cut-set.
    """
    rules = definition.band_rules(cutset)
    read = read_answers(definition, answers)
    sheet = _Sheet(definition, read, tuple([item for item, value in read.items() if value is None]))
    _apply_scales(sheet)
    _apply_algorithm(sheet)
    for derived in definition.derived:
        sheet.scores[derived.key] = derived_score(derived, sheet.scores)
    for rule in rules:
        _apply_bands(sheet, rule, context or {})
    _apply_critical(sheet)
    _apply_flags(sheet)
    return _sealed(sheet, cutset or "default")


def _sealed(sheet: _Sheet, cutset: str) -> Scored:
    definition, missing = sheet.definition, sheet.missing
    return Scored(
        definition.key,
        definition.version,
        definition.checksum,
        sheet.scores,
        sheet.bands,
        flags=tuple(sorted(sheet.flags)),
        reasons=tuple(sheet.reasons),
        unanswered_critical=tuple([r.item for r in definition.criticals if r.item in missing]),
        missing=missing,
        cutset=cutset,
    )


def read_answers(definition: Definition, answers: Given) -> dict[str, Value]:
    """Every item of the form with its value or None; AnswerRefused names the first bad item."""
    given = _by_id(definition, answers)
    return {item.id: _stored(definition, item, given.get(item.id)) for item in definition.items}


def _stored(definition: Definition, item: Item, value: Value) -> Value:
    """An allowed answer or None; a code is an integer, however JSON spelled it."""
    if value is None or (type(value) is int and item.minimum is None and value in item.codes):
        return value
    if not isinstance(value, Real) or not item.accepts(value):
        raise AnswerRefused(definition.key, item.id, value, allowed_values(definition, item.id))
    return value if item.measured else int(value)


def _by_id(definition: Definition, answers: Given) -> Answers:
    """The answers by item identifier, each an item of the form and given once."""
    if not isinstance(answers, Mapping):
        if len(answers) != len(definition.items):
            expected = f"{len(definition.items)} answers expected"
            raise AnswerRefused(definition.key, "*", len(answers), expected)
        return dict(zip(definition.by_id, answers, strict=True))
    if answers.keys() <= definition.by_id.keys():
        return answers
    given: dict[str, Value] = {}
    for each, value in answers.items():
        item = str(each)
        if item not in definition.by_id:
            raise AnswerRefused(definition.key, item, value, "no such item")
        if item in given:
            raise AnswerRefused(definition.key, item, value, "answered twice")
        given[item] = value
    return given


def allowed_values(definition: Definition, item_id: str) -> str:
    """The allowed answers in words that fit every language: codes or a range."""
    item = definition.by_id[item_id]
    if item.measured:
        return f"{item.minimum:g}-{item.maximum:g}"
    return ", ".join(map(str, item.codes))


def rounded(over: int, under: int, rounding: Rounding) -> Number:
    """The exact quotient, half-up or truncated; unrounded it is an integer where it is whole."""
    if rounding is Rounding.HALF_UP:
        return (2 * over + under) // (2 * under)
    if rounding is Rounding.FLOOR or over % under == 0:
        return over // under
    return over / under


def too_many_missing(missing: Missing, unanswered: int) -> bool:
    """Whether the scale must stay null with this many unanswered items."""
    return unanswered > (0 if missing.method is Method.STRICT else missing.allowed)


def scale_value(scale: Scale, total: int, answered: int) -> Number:
    """The score for a keyed total (or count) over the answered items of a usable sheet."""
    over, under = total * scale.multiply.numerator, scale.multiply.denominator
    if scale.missing.method is Method.PRORATE and answered:
        over, under = over * len(scale.items), under * answered
    if scale.operation is not Operation.MEAN:
        return rounded(over, under, scale.rounding)
    return float(rounded(over, under * len(scale.items), scale.rounding))


def _apply_scales(sheet: _Sheet) -> None:
    """Every scale over the answers in its direction: what is reversed is turned once."""
    keyed = dict(sheet.answers)
    for item in sheet.definition.items:
        if item.reverse and (value := keyed[item.id]) is not None:
            keyed[item.id] = item.keyed(value)
    for scale in sheet.definition.scales:
        sheet.scores[scale.key] = _scale_score(sheet, scale, keyed)


def _scale_score(sheet: _Sheet, scale: Scale, keyed: Answers) -> Value:
    values = [value for item in scale.items if (value := keyed[item]) is not None]
    own = len(scale.items) - len(values)
    unanswered = len(sheet.missing) if scale.missing.over_form else own
    if too_many_missing(scale.missing, unanswered):
        if scale.missing.flags:
            sheet.flag("invalid_too_many_missing", {"unanswered": unanswered})
        return None
    if scale.operation is Operation.COUNT:
        return sum(value >= (scale.at_least or 0) for value in values)
    return scale_value(scale, int(sum(values)), len(values))


def derived_score(derived: Derived, scores: Mapping[str, Value]) -> Value:
    """The derived score, null when an input is null or the divisor is 0."""
    total: int | Fraction = derived.constant
    for term, coefficient in derived.terms:
        value = scores[term]
        if value is None:
            return None
        total += (value if isinstance(value, int) else Fraction(value)) * coefficient
    total *= derived.multiply
    if derived.divisor is None:
        return rounded(total.numerator, total.denominator, derived.rounding)
    divisor = scores[derived.divisor]
    return float(total / Fraction(divisor)) if divisor else None


def _apply_algorithm(sheet: _Sheet) -> None:
    algorithm = sheet.definition.algorithm
    if algorithm is None:
        return
    outcome = ALGORITHMS[algorithm.name](sheet.answers, sheet.scores, algorithm.parameters)
    sheet.scores.update(outcome.scores)
    sheet.bands.update(outcome.bands)
    for flag, inputs in outcome.flags.items():
        sheet.flag(flag, inputs)


def band_of(rule: BandRule, value: Value, context: Mapping[str, object]) -> str | None:
    """The band of a score; null when the score is, or when the context does not choose a table."""
    cuts = rule.cuts(context)
    if value is None or cuts is None:
        return None
    band = None
    for cut in cuts:
        if value < cut.start:
            break
        band = cut.band
    return band


def _apply_bands(sheet: _Sheet, rule: BandRule, context: Mapping[str, object]) -> None:
    value = sheet.scores[rule.scale]
    band = band_of(rule, value, context)
    sheet.bands[rule.name] = band
    if band is not None:
        inputs = {rule.scale: value}
        sheet.reasons.append(Reason(f"{sheet.definition.key}:{rule.name}:{band}", inputs))


def _apply_critical(sheet: _Sheet) -> None:
    for rule in sheet.definition.criticals:
        value = sheet.answers[rule.item]
        if rule.flag is None:
            continue
        if value is None:
            sheet.flag(f"critical_item_unanswered:{rule.item}", {"item": rule.item})
        elif value >= rule.at_least:
            sheet.flag(rule.flag, {"item": rule.item, "value": value})


def _apply_flags(sheet: _Sheet) -> None:
    for validity in sheet.definition.validity:
        value = sheet.scores[validity.scale]
        if value is not None and value >= validity.at_least:
            sheet.flag(validity.flag, {validity.scale: value})
    for each in sheet.definition.item_flags:
        values = {item: sheet.answers[item] for item in each.items}
        hits = {k: v for k, v in values.items() if v is not None and v <= each.at_most}
        if hits:
            sheet.flag(each.flag, {"items": hits})
