"""Scores one sheet: the plain, exact rule that the fast matrix path must equal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

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
from instruments.scoring.algorithms import ALGORITHMS, Outcome

ENGINE_VERSION = "1"

Answers = Mapping[str, Value]


class AnswerRefused(ValueError):
    """An answer that the form does not allow; names the item and what is allowed."""

    def __init__(self, instrument: str, item: str, value: object, allowed: str) -> None:
        """Keep the parts for a form's own message."""
        self.instrument, self.item, self.value, self.allowed = instrument, item, value, allowed
        super().__init__(f"{instrument} item {item}: {value!r} is not allowed ({allowed})")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a band or a flag is there: the rule's id and the inputs that a person can read."""

    rule: str
    inputs: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Scored:
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
    scores: dict[str, Value] = field(default_factory=dict)
    bands: dict[str, str | None] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    reasons: list[Reason] = field(default_factory=list)

    def flag(self, flag: str, **inputs: object) -> None:
        self.flags.add(flag)
        self.reasons.append(Reason(f"{self.definition.key}:{flag}", inputs))


def score(
    definition: Definition,
    answers: Mapping[int | str, Value]
    | Mapping[int, Value]
    | Mapping[str, Value]
    | Sequence[Value],
    context: Mapping[str, object] | None = None,
    cutset: str | None = None,
) -> Scored:
    """Scores, bands and flags of one sheet.

    `answers` by item number or field (absent or None = unanswered) or as a list in form order;
    `context` holds what a cut-off needs (`sex`: male or female). Raises AnswerRefused for a value
    out of range and KeyError for an unknown cut-set.
    """
    rules = definition.band_rules(cutset)
    sheet = _Sheet(definition, read_answers(definition, answers))
    for scale in definition.scales:
        sheet.scores[scale.key] = _scale_score(sheet, scale)
    _apply_algorithm(sheet)
    for derived in definition.derived:
        sheet.scores[derived.key] = derived_score(derived, sheet.scores)
    for rule in rules:
        _apply_bands(sheet, rule, context or {})
    _apply_critical(sheet)
    _apply_flags(sheet)
    return _sealed(sheet, cutset or "default")


def _sealed(sheet: _Sheet, cutset: str) -> Scored:
    definition = sheet.definition
    criticals = (rule.item for rule in definition.criticals)
    return Scored(
        instrument=definition.key,
        version=definition.version,
        checksum=definition.checksum,
        scores=sheet.scores,
        bands=sheet.bands,
        flags=tuple(sorted(sheet.flags)),
        reasons=tuple(sheet.reasons),
        unanswered_critical=tuple(item for item in criticals if sheet.answers[item] is None),
        missing=tuple(item for item, value in sheet.answers.items() if value is None),
        cutset=cutset,
    )


def read_answers(
    definition: Definition,
    answers: Mapping[int | str, Value]
    | Mapping[int, Value]
    | Mapping[str, Value]
    | Sequence[Value],
) -> dict[str, Value]:
    """Every item of the form with its value or None; AnswerRefused names the first bad item."""
    given = _by_id(definition, answers)
    for item_id, value in given.items():
        item = definition.by_id.get(item_id)
        if item is None:
            raise AnswerRefused(definition.key, item_id, value, "no such item")
        if value is not None and not item.accepts(value):
            raise AnswerRefused(definition.key, item_id, value, allowed_values(definition, item_id))
    return {item.id: _stored(item, given.get(item.id)) for item in definition.items}


def _stored(item: Item, value: Value) -> Value:
    """A code is an integer, however JSON spelled it."""
    return value if value is None or item.measured else int(value)


def _by_id(
    definition: Definition,
    answers: Mapping[int | str, Value]
    | Mapping[int, Value]
    | Mapping[str, Value]
    | Sequence[Value],
) -> dict[str, Value]:
    if isinstance(answers, Mapping):
        return {str(item): value for item, value in answers.items()}
    if len(answers) != len(definition.items):
        expected = f"{len(definition.items)} answers expected"
        raise AnswerRefused(definition.key, "*", len(answers), expected)
    return dict(zip(definition.item_ids, answers, strict=True))


def allowed_values(definition: Definition, item_id: str) -> str:
    """The allowed answers in words that fit every language: codes or a range."""
    item = definition.by_id[item_id]
    if item.measured:
        return f"{item.minimum:g}-{item.maximum:g}"
    return ", ".join(map(str, item.codes))


def rounded(value: Fraction, rounding: Rounding) -> Number:
    """Half-up or truncated integer; unrounded integers stay integers, the rest become floats."""
    if rounding is Rounding.HALF_UP:
        return floor(value + Fraction(1, 2))
    if rounding is Rounding.FLOOR:
        return floor(value)
    return int(value) if value.denominator == 1 else float(value)


def too_many_missing(missing: Missing, unanswered: int) -> bool:
    """Whether the scale must stay null with this many unanswered items."""
    return unanswered > (0 if missing.method is Method.STRICT else missing.allowed)


def scale_value(scale: Scale, total: int, answered: int) -> Number:
    """The score for a keyed total (or count) over the answered items of a usable sheet."""
    value = Fraction(total)
    if scale.missing.method is Method.PRORATE and answered:
        value = Fraction(total * len(scale.items), answered)
    if scale.operation is Operation.MEAN:
        value /= len(scale.items)
    result = rounded(value * scale.multiply, scale.rounding)
    return float(result) if scale.operation is Operation.MEAN else result


def _scale_score(sheet: _Sheet, scale: Scale) -> Value:
    form = sheet.answers
    keyed = [
        sheet.definition.by_id[item].keyed(value)
        for item in scale.items
        if (value := form[item]) is not None
    ]
    counted = form.values() if scale.missing.over_form else [form[item] for item in scale.items]
    unanswered = sum(value is None for value in counted)
    if too_many_missing(scale.missing, unanswered):
        if scale.missing.flags:
            sheet.flag("invalid_too_many_missing", unanswered=unanswered)
        return None
    if scale.operation is Operation.COUNT:
        return sum(value >= (scale.at_least or 0) for value in keyed)
    return scale_value(scale, int(sum(keyed)), len(keyed))


def derived_score(derived: Derived, scores: Mapping[str, Value]) -> Value:
    """The derived score, null when an input is null or the divisor is 0."""
    total = Fraction(derived.constant)
    for term, coefficient in derived.terms:
        value = scores[term]
        if value is None:
            return None
        total += Fraction(value) * coefficient
    if derived.divisor is not None:
        divisor = scores[derived.divisor]
        if not divisor:
            return None
        return float(total * derived.multiply / Fraction(divisor))
    return rounded(total * derived.multiply, derived.rounding)


def _apply_algorithm(sheet: _Sheet) -> None:
    algorithm = sheet.definition.algorithm
    if algorithm is None:
        return
    outcome: Outcome = ALGORITHMS[algorithm.name](sheet.answers, sheet.scores, algorithm.parameters)
    sheet.scores.update(outcome.scores)
    sheet.bands.update(outcome.bands)
    for flag, inputs in outcome.flags.items():
        sheet.flag(flag, **inputs)


def band_of(rule: BandRule, value: Value, context: Mapping[str, object]) -> str | None:
    """The band of a score; null when the score is, or when the context does not choose a table."""
    cuts = rule.cuts(context)
    if value is None or cuts is None:
        return None
    reached = [cut.band for cut in cuts if value >= cut.start]
    return reached[-1] if reached else None


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
            sheet.flag(f"critical_item_unanswered:{rule.item}", item=rule.item)
        elif value >= rule.at_least:
            sheet.flag(rule.flag, item=rule.item, value=value)


def _apply_flags(sheet: _Sheet) -> None:
    for validity in sheet.definition.validity:
        value = sheet.scores[validity.scale]
        if value is not None and value >= validity.at_least:
            sheet.flag(validity.flag, **{validity.scale: value})
    for each in sheet.definition.item_flags:
        values = {item: sheet.answers[item] for item in each.items}
        hits = {k: v for k, v in values.items() if v is not None and v <= each.at_most}
        if hits:
            sheet.flag(each.flag, items=hits)
