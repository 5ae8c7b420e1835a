"""How well the total finds a criterion, and what that means for the people who interview."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from instruments.psychometrics.arrays import Floats
from instruments.psychometrics.prevalence import Gate, load_over, serial
from instruments.psychometrics.roc import (
    Cut,
    best_cut,
    bootstrap_cut,
    compare,
    cut_for_specificity,
    roc,
)

Section = dict[str, object]
SPECIFICITIES = (0.80, 0.90, 0.95)


@dataclass(frozen=True)
class Plan:
    """The campaign that a gate would be used in: what the load is worked out for."""

    prevalences: tuple[float, ...] = (0.02, 0.04, 0.08, 0.15)
    students: int = 2000
    minutes: float = 30


def curve(y: Floats, score: Floats) -> Section:
    """Area, best cut with its bootstrap interval, and the cuts at fixed specificities.

    Under `youden` stands sensitivity + specificity, as pROC prints it.
    """
    found, best = roc(y, score), best_cut(y, score)
    fixed = {each: cut_for_specificity(y, score, each) for each in SPECIFICITIES}
    spread = bootstrap_cut(y, score)
    return {
        "auc": found.auc,
        "ci": (found.interval.low, found.auc, found.interval.high),
        "var": found.variance,
        "best": {
            **asdict(best),
            "youden": best.youden + 1,
            "threshold_ci": spread.threshold,
            "sensitivity_ci": spread.sensitivity,
            "specificity_ci": spread.specificity,
        },
        "at_specificity": [{"asked": asked, **_cut(cut)} for asked, cut in fixed.items()],
    }


def _cut(cut: Cut | None) -> Mapping[str, object]:
    """None: no threshold spares that many."""
    return {"threshold": None} if cut is None else asdict(cut)


def compared(y: Floats, score: Floats, other: Floats) -> Section:
    """DeLong's paired test of the total against a second score."""
    test = compare(y, score, other)
    return {"delong_z": test.z, "delong_p": test.p, "auc2": roc(y, other).auc}


def workload(y: Floats, score: Floats, positive: float | None, plan: Plan) -> Section:
    """What the cut would ask of a school at each prevalence: `positive`, or else the best cut."""
    cut = best_cut(y, score).threshold if positive is None else positive
    return {"cut": cut, **_loads(_gate(y, score >= cut), plan)}


def two_steps(
    y: Floats, first: Floats, score: Floats, positive: float | None, plan: Plan
) -> Section:
    """A short score at its best cut, then the total of those it finds: as seen in these answers.

    `if_independent` is what arithmetic alone would promise; real scores err together.
    """
    opening = best_cut(y, first).threshold
    cut = best_cut(y, score).threshold if positive is None else positive
    one, two = first >= opening, score >= cut
    promised = serial(_gate(y, one), _gate(y, two))
    return {
        "first_cut": opening,
        "cut": cut,
        **_loads(_gate(y, one & two), plan),
        "if_independent": promised._asdict(),
    }


def _gate(y: Floats, found: npt.NDArray[np.bool_]) -> Gate:
    return Gate(float(found[y == 1].mean()), float((~found[y == 0]).mean()))


def _loads(gate: Gate, plan: Plan) -> Section:
    loads: Sequence[object] = [
        asdict(each) for each in load_over(gate, plan.prevalences, plan.students, plan.minutes)
    ]
    return {**gate._asdict(), "load": loads}
