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
    """Area under the curve with DeLong's variance and interval, clipped to 0..1 as pROC does.

    The interval is NaN where the variance is none: of people who are separated perfectly, or all
    alike, the method knows nothing.
    """

    auc: float
    variance: float
    interval: Interval
    positive: int
    negative: int


@dataclass(frozen=True)
class Cut:
    """One threshold (positive means score above it) and what it does in this sample.

    PPV and NPV are those of the sample's own share of cases.
    """

    threshold: float
    sensitivity: float
    specificity: float
    ppv: float
    npv: float

    @property
    def youden(self) -> float:
        """Sensitivity + specificity - 1."""
        return self.sensitivity + self.specificity - 1


def _split(y: npt.ArrayLike, score: npt.ArrayLike) -> tuple[Floats, Floats]:
    truth, value = floats(y), floats(score)
    if truth.shape != value.shape:
        raise ValueError("the criterion and the score are not of the same people")
    if not np.isin(truth, (0, 1)).all():
        raise ValueError("the criterion is 0 or 1 in every row")
    if not np.isfinite(value).all():
        raise ValueError("a score is missing")
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
    half = normal_quantile(level) * sqrt(variance) if variance > 0 else float("nan")
    interval = Interval(*np.clip([area - half, area + half], 0, 1).tolist())
    return Roc(area, variance, interval, len(cases), len(controls))


@dataclass(frozen=True)
class Comparison:
    """DeLong's paired test of two scores of the same people."""

    difference: float
    z: float
    p: float


def compare(y: npt.ArrayLike, first: npt.ArrayLike, second: npt.ArrayLike) -> Comparison:
    """Test whether two correlated areas differ (two-sided, normal).

    ValueError where nobody's placement differs between the two, so that there is no variance.
    """
    a10, a01 = _placements(*_split(y, first))
    b10, b01 = _placements(*_split(y, second))
    difference = float(a10.mean() - b10.mean())
    variance = (a10 - b10).var(ddof=1) / len(a10) + (a01 - b01).var(ddof=1) / len(a01)
    if variance == 0:
        raise ValueError("the two scores order everybody alike, or as far apart: no variance")
    z = difference / sqrt(float(variance))
    return Comparison(difference, z, float(2 * stats.norm.sf(abs(z))))


def cuts(y: npt.ArrayLike, score: npt.ArrayLike) -> list[Cut]:
    """Every threshold midway between neighbouring scores, lowest first."""
    cases, controls = _split(y, score)
    between = _thresholds(cases, controls)
    missed = np.searchsorted(np.sort(cases), between).tolist()
    spared = np.searchsorted(np.sort(controls), between).tolist()
    sizes = len(cases), len(controls)
    return [_cut(*each, *sizes) for each in zip(between.tolist(), missed, spared, strict=True)]


def _thresholds(cases: Floats, controls: Floats) -> Floats:
    values = np.unique(np.concatenate([cases, controls]))
    return np.asarray((values[1:] + values[:-1]) / 2)


def _cut(threshold: float, missed: int, spared: int, cases: int, controls: int) -> Cut:
    """Both sides of a threshold have somebody, so PPV and NPV exist."""
    hit, false = cases - missed, controls - spared
    return Cut(
        threshold=threshold,
        sensitivity=hit / cases,
        specificity=spared / controls,
        ppv=hit / (hit + false),
        npv=spared / (spared + missed),
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
    between = _thresholds(cases, controls)
    if not len(between):
        raise ValueError("all scores are equal")
    rng = np.random.default_rng(seed)
    here, there = _shares(cases, between), _shares(controls, between)
    picked = np.empty((draws, 3))
    for draw in range(draws):
        found = 1 - _below(rng.multinomial(len(cases), here))
        spared = _below(rng.multinomial(len(controls), there))
        best = int(np.round(found + spared, 12).argmax())
        picked[draw] = between[best], found[best], spared[best]
    low, high = np.quantile(picked, ((1 - level) / 2, (1 + level) / 2), axis=0).tolist()
    threshold, sensitivity, specificity = map(Interval, low, high)
    return CutInterval(threshold, sensitivity, specificity, draws)


def _shares(values: Floats, between: Floats) -> Floats:
    """Share of the people between neighbouring thresholds, beyond the ends included."""
    place = np.searchsorted(between, values)
    return np.asarray(np.bincount(place, minlength=len(between) + 1) / len(values))


def _below(counts: npt.NDArray[np.int64]) -> Floats:
    """Share of the resampled people below each threshold."""
    return np.asarray(counts.cumsum()[:-1] / counts.sum())
