"""The few scoring rules that are not a sum: each takes one sheet, its numbers come from the data."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

from instruments.library.parts import Number, Value

Answers = Mapping[str, Value]
Parameters = Mapping[str, Any]


NOTHING: Mapping[str, Any] = MappingProxyType({})


class Outcome(NamedTuple):
    """What an algorithm adds to a sheet; a flag carries its inputs."""

    scores: Mapping[str, Value] = NOTHING
    bands: Mapping[str, str | None] = NOTHING
    flags: Mapping[str, Mapping[str, object]] = NOTHING


def _values(answers: Answers, items: Sequence[int | str]) -> list[Value]:
    return [answers[str(item)] for item in items]


def _yes(answers: Answers, items: Sequence[int | str]) -> list[str]:
    return [str(item) for item in items if answers[str(item)] == 1]


def phq_symptoms(answers: Answers, scores: Mapping[str, Value], numbers: Parameters) -> Outcome:
    """DSM algorithm of the PHQ-9: symptoms present on more than half the days, one of them core.

    Source: PHQ-9 scoring (docs/instruments.md [3]); complete sheets only, the count uses what was
    answered.
    """
    at_least, exceptions = numbers["at_least"], numbers["at_least_by_item"]
    symptoms = [
        item
        for item, value in answers.items()
        if value is not None and value >= exceptions.get(item, at_least)
    ]
    flags: dict[str, Mapping[str, object]] = {}
    enough = len(symptoms) >= numbers["other"] and None not in answers.values()
    if enough and any(str(item) in symptoms for item in numbers["core"]):
        kind = "major" if len(symptoms) >= numbers["major"] else "other"
        flags[f"dsm_algorithm:{kind}_depressive_syndrome"] = {"symptoms": symptoms}
    return Outcome({"n_symptoms": len(symptoms)}, flags=flags)


def scl90_screen(answers: Answers, scores: Mapping[str, Value], numbers: Parameters) -> Outcome:
    """Chinese SCL-90 screen: total, positive items or any factor; complete factors always count.

    Source: docs/instruments.md [35, 36].
    """
    given = [value for value in answers.values() if value is not None]
    complete = len(given) == len(answers)
    total = sum(given)
    positive = sum(value >= numbers["positive_at_least"] for value in given)
    factors = {key: scores[key] for key in numbers["factors"]}
    high = {k: v for k, v in factors.items() if v is not None and v >= numbers["factor_at_least"]}
    flags: dict[str, Mapping[str, object]] = {}
    if high:
        flags["screen_factor_ge2"] = high
    if complete and total > numbers["total_above"]:
        flags["screen_total_gt160"] = {"total": total}
    if complete and positive > numbers["positive_above"]:
        flags["screen_pst_gt43"] = {"pst": positive}
    settled = "negative" if complete else None
    return Outcome(NOTHING, {"screen": "positive" if flags else settled}, flags)


def upi_class(answers: Answers, scores: Mapping[str, Value], numbers: Parameters) -> Outcome:
    """UPI classes: I first, then II, else III; null when the total is null.

    Source: docs/instruments.md [41, 43]; class II by one auxiliary item is R+.
    """
    auxiliary = _yes(answers, numbers["auxiliary"])
    complete = None not in _values(answers, numbers["auxiliary"])
    total = scores["total"]
    band: str | None = None
    if total is not None and complete:
        band = _upi_band(total, len(auxiliary), answers, numbers)
    return Outcome({"aux_yes": len(auxiliary) if complete else None}, {"class": band})


def _upi_band(total: Number, auxiliary: int, answers: Answers, numbers: Parameters) -> str:
    if (
        total >= numbers["class_1_total"]
        or _yes(answers, numbers["class_1_items"])
        or auxiliary >= numbers["class_1_auxiliary"]
    ):
        return "I"
    if (
        total >= numbers["class_2_total"]
        or _yes(answers, numbers["class_2_items"])
        or auxiliary >= numbers["class_2_auxiliary"]
    ):
        return "II"
    return "III"


def asq_triage(answers: Answers, scores: Mapping[str, Value], numbers: Parameters) -> Outcome:
    """ASQ: any yes, or an unanswered question, among the first four is positive; then "right now".

    Source: NIMH ASQ toolkit (docs/instruments.md [66]); refusal counts as positive.
    """
    yes = _yes(answers, numbers["gate"])
    refused = [str(i) for i in numbers["gate"] if answers[str(i)] is None]
    now = answers[str(numbers["acuity"])] == 1
    band = "negative"
    if yes or refused or now:
        band = "acute_positive" if now else "non_acute_positive"
    flags: dict[str, Mapping[str, object]] = {}
    if band != "negative":
        inputs = {"yes": yes, "unanswered": refused, "right_now": answers[str(numbers["acuity"])]}
        flags[f"suicide_risk_{band}"] = inputs
    return Outcome({"n_yes": len(yes)}, {"triage": band}, flags)


def cssrs_triage(answers: Answers, scores: Mapping[str, Value], numbers: Parameters) -> Outcome:
    """C-SSRS screener triage: high, moderate, low, none, or null when it was not asked.

    Source: docs/instruments.md [63, 64].
    """
    positive = {level: _yes(answers, numbers[level]) for level in ("high", "moderate", "low")}
    ideation = _yes(answers, numbers["ideation"])
    asked = None not in _values(answers, numbers["ideation_always_asked"])
    reached = [level for level in positive if positive[level]]
    flags: dict[str, Mapping[str, object]] = {}
    if reached:
        flags[f"suicide_risk_{reached[0]}"] = {"yes": positive[reached[0]]}
    if _skip_violated(answers, numbers):
        flags["skip_logic_violation"] = {"items": numbers["after_yes"]}
    settled = None if None in _values(answers, numbers["always_asked"]) else "none"
    highest = max(int(item) for item in ideation) if ideation else 0
    known = highest if ideation or asked else None
    return Outcome({"max_ideation": known}, {"triage": reached[0] if reached else settled}, flags)


def _skip_violated(answers: Answers, numbers: Parameters) -> bool:
    followed = _values(answers, numbers["after_yes"])
    return answers[str(numbers["gate"])] == 0 and any(value is not None for value in followed)


def psqi_components(answers: Answers, scores: Mapping[str, Value], numbers: Parameters) -> Outcome:
    """The seven PSQI components and the sleep efficiency in percent.

    Source: Buysse 1989, docs/instruments.md [76, 77]; fields are named because item numbers differ
    between the article and the current form.
    """
    get = answers.get
    efficiency = _efficiency(get("bed"), get("wake"), get("hours"))
    latency = _step(get("latency_min"), numbers["latency_above"], inclusive=False)
    disturbances = _total(_values(answers, numbers["disturbances"]))
    components: dict[str, Value] = {
        "C1": get("quality"),
        "C2": _step(_total([latency, get("5a")]), numbers["pair_at_least"]),
        "C3": _fall(get("hours"), numbers["hours_at_least"]),
        "C4": _fall(efficiency, numbers["efficiency_at_least"]),
        "C5": _step(disturbances, numbers["disturbances_at_least"]),
        "C6": get("medication"),
        "C7": _step(_total([get("awake"), get("enthusiasm")]), numbers["pair_at_least"]),
    }
    total = _total(list(components.values()))
    shown = None if efficiency is None else float(efficiency)
    return Outcome({**components, "total": total, "efficiency": shown})


def _total(values: Sequence[Value]) -> Value:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _step(value: Value, bounds: Sequence[float], *, inclusive: bool = True) -> Value:
    """How many bounds the value reaches (or passes)."""
    if value is None:
        return None
    return sum(value >= bound if inclusive else value > bound for bound in bounds)


def _fall(value: Value | Fraction, bounds: Sequence[float]) -> Value:
    """How many bounds the value stays below."""
    return None if value is None else sum(value < bound for bound in bounds)


def _efficiency(bed: Value, wake: Value, hours: Value) -> Fraction | None:
    """Percent of the time in bed that was slept, exact in the decimals that were typed."""
    if bed is None or wake is None or hours is None:
        return None
    in_bed = Fraction(str(wake)) - Fraction(str(bed))
    in_bed %= 1440
    return Fraction(str(hours)) * 6000 / in_bed if in_bed else None


Rule = Callable[[Answers, Mapping[str, Value], Parameters], Outcome]

ALGORITHMS: Mapping[str, Rule] = {
    "phq-symptoms": phq_symptoms,
    "scl90-screen": scl90_screen,
    "upi-class": upi_class,
    "asq-triage": asq_triage,
    "cssrs-triage": cssrs_triage,
    "psqi-components": psqi_components,
}
