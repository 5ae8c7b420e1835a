"""The named algorithms over whole columns; each equals its single-sheet twin in algorithms.py."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instruments.matrix.columns import Columns, ScoreColumn

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]
Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class ColumnOutcome:
    """Scores (NaN null; uint8 = never null), band codes into the labels (-1 null) and flags."""

    scores: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    bands: Mapping[str, Codes] = field(default_factory=dict)
    flags: Mapping[str, Flags] = field(default_factory=dict)


def phq_symptoms(
    columns: Columns, scores: Mapping[str, ScoreColumn], numbers: Parameters
) -> ColumnOutcome:
    """Columns of algorithms.phq_symptoms."""
    rows = len(columns.sheets)
    present, core = np.zeros(rows, np.uint8), np.zeros(rows, np.bool_)
    exceptions = numbers["at_least_by_item"]
    for item in columns.ids:
        symptom = columns[item] >= exceptions.get(item, numbers["at_least"])
        present += symptom.view(np.uint8)
        if int(item) in numbers["core"]:
            core |= symptom
    syndrome = columns.complete & core
    major = syndrome & (present >= numbers["major"])
    other = syndrome & (present >= numbers["other"]) & ~major
    flags = {
        "dsm_algorithm:major_depressive_syndrome": major,
        "dsm_algorithm:other_depressive_syndrome": other,
    }
    return ColumnOutcome({"n_symptoms": present}, {}, flags)


def scl90_screen(
    columns: Columns, scores: Mapping[str, ScoreColumn], numbers: Parameters
) -> ColumnOutcome:
    """Columns of algorithms.scl90_screen."""
    total, positive = scores["total"].values, scores["pst"].values
    complete = ~np.isnan(total)
    factors = [scores[key].values >= numbers["factor_at_least"] for key in numbers["factors"]]
    flags = {
        "screen_factor_ge2": reduce(np.logical_or, factors),
        "screen_total_gt160": total > numbers["total_above"],
        "screen_pst_gt43": positive > numbers["positive_above"],
    }
    hit = reduce(np.logical_or, flags.values())
    screen = np.where(hit, 1, np.where(complete, 0, -1)).astype(np.int8)
    return ColumnOutcome({}, {"screen": screen}, flags)


def upi_class(
    columns: Columns, scores: Mapping[str, ScoreColumn], numbers: Parameters
) -> ColumnOutcome:
    """Columns of algorithms.upi_class; codes follow the labels III, II, I."""
    total = scores["total"].values
    auxiliary = columns.count(numbers["auxiliary"], 1)
    complete = ~columns.any(numbers["auxiliary"], -1)
    reached = [
        (total >= numbers[f"class_{level}_total"])
        | columns.any(numbers[f"class_{level}_items"], 1)
        | (auxiliary >= numbers[f"class_{level}_auxiliary"])
        for level in (1, 2)
    ]
    codes = np.where(reached[0], 2, np.where(reached[1], 1, 0))
    codes = np.where(complete & ~np.isnan(total), codes, -1).astype(np.int8)
    shown = np.where(complete, auxiliary, np.nan)
    return ColumnOutcome({"aux_yes": shown}, {"class": codes})


def asq_triage(
    columns: Columns, scores: Mapping[str, ScoreColumn], numbers: Parameters
) -> ColumnOutcome:
    """Columns of algorithms.asq_triage."""
    yes = columns.count(numbers["gate"], 1)
    now = columns[numbers["acuity"]] == 1
    positive = (yes > 0) | columns.any(numbers["gate"], -1) | now
    codes = np.where(now, 2, np.where(positive, 1, 0)).astype(np.int8)
    flags = {
        "suicide_risk_acute_positive": now,
        "suicide_risk_non_acute_positive": positive & ~now,
    }
    return ColumnOutcome({"n_yes": yes.astype(np.float64)}, {"triage": codes}, flags)


def cssrs_triage(
    columns: Columns, scores: Mapping[str, ScoreColumn], numbers: Parameters
) -> ColumnOutcome:
    """Columns of algorithms.cssrs_triage; codes follow the labels none, low, moderate, high."""
    high, moderate, low = (columns.any(numbers[level], 1) for level in ("high", "moderate", "low"))
    asked = ~columns.any(numbers["always_asked"], -1)
    codes = np.where(high, 3, np.where(moderate, 2, np.where(low, 1, np.where(asked, 0, -1))))
    highest = np.zeros(len(columns.sheets))
    for item in numbers["ideation"]:
        highest = np.where(columns[item] == 1, float(item), highest)
    known = ~columns.any(numbers["ideation_always_asked"], -1) | (highest > 0)
    followed = [columns[item] >= 0 for item in numbers["after_yes"]]
    flags = {
        "suicide_risk_high": high,
        "suicide_risk_moderate": moderate & ~high,
        "suicide_risk_low": low & ~moderate & ~high,
        "skip_logic_violation": (columns[numbers["gate"]] == 0) & reduce(np.logical_or, followed),
    }
    ideation = np.where(known, highest, np.nan)
    return ColumnOutcome({"max_ideation": ideation}, {"triage": codes.astype(np.int8)}, flags)


def psqi_components(
    columns: Columns, scores: Mapping[str, ScoreColumn], numbers: Parameters
) -> ColumnOutcome:
    """Columns of algorithms.psqi_components; hours may be decimal."""
    given = {item: _known(columns[item]) for item in columns.ids}
    efficiency = _efficiency(given["bed"], given["wake"], given["hours"])
    latency = _reached(given["latency_min"], numbers["latency_above"], inclusive=False)
    disturbances = sum(given[item] for item in numbers["disturbances"])
    components = {
        "C1": given["quality"],
        "C2": _reached(latency + given["5a"], numbers["pair_at_least"]),
        "C3": _below(given["hours"], numbers["hours_at_least"]),
        # Rounded, so that 85 % typed in decimals is 85 as on the exact single sheet.
        "C4": _below(np.round(efficiency, 9), numbers["efficiency_at_least"]),
        "C5": _reached(np.asarray(disturbances), numbers["disturbances_at_least"]),
        "C6": given["medication"],
        "C7": _reached(given["awake"] + given["enthusiasm"], numbers["pair_at_least"]),
    }
    total = np.asarray(sum(components.values()))
    return ColumnOutcome({**components, "total": total, "efficiency": efficiency})


def _known(answers: NDArray[Any]) -> Floats:
    return np.where(answers < 0, np.nan, answers).astype(np.float64)


def _efficiency(bed: Floats, wake: Floats, hours: Floats) -> Floats:
    """Percent of the time in bed that was slept; NaN when no time was spent in bed."""
    in_bed = np.mod(wake - bed, 1440)
    in_bed[in_bed == 0] = np.nan
    return hours * 6000 / in_bed


def _reached(values: Floats, bounds: Sequence[float], *, inclusive: bool = True) -> Floats:
    steps = [values >= bound if inclusive else values > bound for bound in bounds]
    return np.where(np.isnan(values), np.nan, np.sum(steps, axis=0))


def _below(values: Floats, bounds: Sequence[float]) -> Floats:
    steps = [values < bound for bound in bounds]
    return np.where(np.isnan(values), np.nan, np.sum(steps, axis=0))


ColumnRule = Callable[[Columns, Mapping[str, ScoreColumn], Parameters], ColumnOutcome]

MATRIX_ALGORITHMS: Mapping[str, ColumnRule] = {
    "phq-symptoms": phq_symptoms,
    "scl90-screen": scl90_screen,
    "upi-class": upi_class,
    "asq-triage": asq_triage,
    "cssrs-triage": cssrs_triage,
    "psqi-components": psqi_components,
}
