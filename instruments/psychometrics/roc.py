"""How well a score finds a criterion: ROC area, cut-offs and their uncertainty.

Sources: DeLong, DeLong and Clarke-Pearson 1988; agrees with R pROC 1.18.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import stats

from instruments.psychometrics.arrays import Floats, floats
from instruments.psychometrics.prevalence import Interval, normal_quantile


@dataclass(frozen=True)
class Roc:
    """Area under the curve with DeLong's variance and interval (not clipped)."""

    auc: float
    variance: float
    interval: Interval
    positive: int
    negative: int


@dataclass(frozen=True)
class Cut:
    """One threshold (positive means score above it) and what it does in this sample."""

    threshold: float
    sensitivity: float
    specificity: float
    ppv: float | None
    npv: float | None

    @property
    def youden(self) -> float:
        """Sensitivity + specificity - 1."""
        return self.sensitivity + self.specificity - 1


def _split(y: npt.ArrayLike, score: npt.ArrayLike) -> tuple[Floats, Floats]:
    truth, value = floats(y), floats(score)
    if not np.isin(truth, (0, 1)).all():
        raise ValueError("the criterion is 0 or 1 in every row")
    cases, controls = value[truth == 1], value[truth == 0]
    if len(cases) < 2 or len(controls) < 2:
        raise ValueError("needs at least two people on either side of the criterion")
    return cases, controls


def _placements(cases: Floats, controls: Floats) -> tuple[Floats, Floats]:
    """DeLong's structural components from midranks, O(n log n)."""
    together = stats.rankdata(np.concatenate([cases, controls]))
    m, n = len(cases), len(controls)
    of_cases = (together[:m] - stats.rankdata(cases)) / n
    of_controls = 1 - (together[m:] - stats.rankdata(controls)) / m
    return np.asarray(of_cases), np.asarray(of_controls)


def roc(y: npt.ArrayLike, score: npt.ArrayLike, level: float = 0.95) -> Roc:
    """Area, DeLong variance and Wald interval; higher scores point to y = 1."""
    cases, controls = _split(y, score)
    v10, v01 = _placements(cases, controls)
    area = float(v10.mean())
    variance = float(v10.var(ddof=1) / len(cases) + v01.var(ddof=1) / len(controls))
    half = normal_quantile(level) * sqrt(variance)
    return Roc(area, variance, Interval(area - half, area + half), len(cases), len(controls))


@dataclass(frozen=True)
class Comparison:
    """DeLong's paired test of two scores of the same people."""

    difference: float
    z: float
    p: float


def compare(y: npt.ArrayLike, first: npt.ArrayLike, second: npt.ArrayLike) -> Comparison:
    """Test whether two correlated areas differ; ValueError if one score repeats the other."""
    a10, a01 = _placements(*_split(y, first))
    b10, b01 = _placements(*_split(y, second))
    difference = float(a10.mean() - b10.mean())
    variance = (a10 - b10).var(ddof=1) / len(a10) + (a01 - b01).var(ddof=1) / len(a01)
    if variance == 0:
        raise ValueError("the two scores order everybody alike")
    z = difference / sqrt(float(variance))
    return Comparison(difference, z, float(2 * stats.norm.sf(abs(z))))


def cuts(y: npt.ArrayLike, score: npt.ArrayLike) -> list[Cut]:
    """Every threshold midway between neighbouring scores, lowest first."""
    cases, controls = _split(y, score)
    values = np.unique(np.concatenate([cases, controls]))
    between = (values[1:] + values[:-1]) / 2
    return [cut_at(cases, controls, float(threshold)) for threshold in between]


def cut_at(cases: Floats, controls: Floats, threshold: float) -> Cut:
    """Sensitivity, specificity and sample PPV/NPV of "score above the threshold"."""
    hit, false = int((cases > threshold).sum()), int((controls > threshold).sum())
    missed, spared = len(cases) - hit, len(controls) - false
    return Cut(
        threshold=threshold,
        sensitivity=hit / len(cases),
        specificity=spared / len(controls),
        ppv=hit / (hit + false) if hit + false else None,
        npv=spared / (spared + missed) if spared + missed else None,
    )


def best_cut(y: npt.ArrayLike, score: npt.ArrayLike) -> Cut:
    """The threshold of the largest Youden index (the lowest one of equals)."""
    every = cuts(y, score)
    if not every:
        raise ValueError("all scores are equal")
    return max(every, key=lambda cut: round(cut.youden, 12))


def cut_for_specificity(y: npt.ArrayLike, score: npt.ArrayLike, specificity: float) -> Cut | None:
    """The most sensitive threshold that keeps the specificity; None when none does."""
    kept = [cut for cut in cuts(y, score) if cut.specificity >= specificity - 1e-12]
    return max(kept, key=lambda cut: cut.sensitivity, default=None)


@dataclass(frozen=True)
class CutInterval:
    """Percentile bootstrap of the Youden threshold and of what it achieves."""

    threshold: Interval
    sensitivity: Interval
    specificity: Interval
    draws: int


def bootstrap_cut(
    y: npt.ArrayLike, score: npt.ArrayLike, draws: int = 1000, seed: int = 1, level: float = 0.95
) -> CutInterval:
    """Resample cases and controls separately; the same seed gives the same interval."""
    cases, controls = _split(y, score)
    grid = np.unique(np.concatenate([cases, controls]))
    if len(grid) < 2:
        raise ValueError("all scores are equal")
    middle = (grid[1:] + grid[:-1]) / 2
    rng = np.random.default_rng(seed)
    sens = _above(cases, grid, draws, rng)
    spec = 1 - _above(controls, grid, draws, rng)
    best = np.round(sens + spec, 12).argmax(axis=1)
    row = np.arange(draws)
    picked = (middle[best], sens[row, best], spec[row, best])
    edges = ((1 - level) / 2, (1 + level) / 2)
    low_high = [Interval(*(float(q) for q in np.quantile(values, edges))) for values in picked]
    return CutInterval(low_high[0], low_high[1], low_high[2], draws)


def _above(values: Floats, grid: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """Resampled share above each threshold, draws x (len(grid) - 1), by multinomial counts."""
    seen = (values[:, None] == grid[None, :]).sum(axis=0)
    counts = rng.multinomial(len(values), seen / len(values), size=draws)
    return np.asarray(1 - counts.cumsum(axis=1)[:, :-1] / len(values))
