"""Differential item functioning: does one item treat two groups of equal standing alike?"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt
from scipy import stats

from instruments.psychometrics.arrays import Floats, floats
from instruments.psychometrics.prevalence import Interval, normal_quantile

SEPARATED = "no finite estimate: the groups are separated, or a column never varies"


@dataclass(frozen=True)
class MantelHaenszel:
    """Common odds ratio over strata; table[group][item][stratum], False before True."""

    table: npt.NDArray[np.int64]
    odds_ratio: float
    interval: Interval
    chi2: float
    chi2_corrected: float
    p: float
    delta: float

    @property
    def ets_class(self) -> str:
        """ETS size by the delta alone: A below 1, C from 1.5 on."""
        size = abs(self.delta)
        return "A" if size < 1 else "B" if size < 1.5 else "C"


def strata_table(
    item: npt.ArrayLike, group: npt.ArrayLike, matching: npt.ArrayLike, bounds: Sequence[float]
) -> npt.NDArray[np.int64]:
    """Counts of people, group (0/1) x item (0/1) x stratum, without gaps.

    bounds are the inclusive upper ends of all strata but the last; ValueError for another code.
    """
    if not np.isfinite(floats(matching)).all():
        raise ValueError("a matching score is missing")
    if not (np.isin(item, (0, 1)).all() and np.isin(group, (0, 1)).all()):
        raise ValueError("the item and the group are 0 or 1 in every row")
    stratum = np.searchsorted(np.asarray(bounds, dtype=float), floats(matching), side="left")
    table = np.zeros((2, 2, len(bounds) + 1), dtype=np.int64)
    np.add.at(table, (np.asarray(group, int), np.asarray(item, int), stratum), 1)
    return table


def mantel_haenszel(table: npt.NDArray[np.int64], level: float = 0.95) -> MantelHaenszel:
    """Mantel-Haenszel of 2 x 2 x K counts, interval by Robins, Breslow and Greenland (1986).

    chi2 without and with the continuity correction; p belongs to the first.
    ValueError where the odds ratio is not defined.
    """
    used = table[:, :, table.sum(axis=(0, 1)) > 1].astype(np.float64)
    (a, b), (c, d) = used[0], used[1]
    n = used.sum(axis=(0, 1))
    r, s = a * d / n, b * c / n
    if r.sum() == 0 or s.sum() == 0:
        raise ValueError("the odds ratio is not defined: an empty margin")
    odds = float(r.sum() / s.sum())
    off, squared = _test(used)
    se = _log_se(used, r, s)
    half = normal_quantile(level) * se
    chi2 = off**2 / squared
    return MantelHaenszel(
        table=table,
        odds_ratio=odds,
        interval=Interval(exp(log(odds) - half), exp(log(odds) + half)),
        chi2=chi2,
        chi2_corrected=max(0.0, off - 0.5) ** 2 / squared,
        p=float(stats.chi2.sf(chi2, 1)),
        delta=-2.35 * log(odds),
    )


def _test(used: Floats) -> tuple[float, float]:
    """Distance of the first cells from their expectation, and their variance."""
    n = used.sum(axis=(0, 1))
    group, item = used.sum(axis=1), used.sum(axis=0)
    off = abs(float((used[0, 0] - item[0] * group[0] / n).sum()))
    variance = item[0] * item[1] * group[0] * group[1] / (n**2 * (n - 1))
    return off, float(variance.sum())


def _log_se(used: Floats, r: Floats, s: Floats) -> float:
    (a, b), (c, d) = used[0], used[1]
    n = used.sum(axis=(0, 1))
    p, q = (a + d) / n, (b + c) / n
    rs, ss = r.sum(), s.sum()
    parts = (p * r).sum() / rs**2 + (p * s + q * r).sum() / (rs * ss) + (q * s).sum() / ss**2
    return sqrt(float(parts) / 2)


@dataclass(frozen=True)
class Logit:
    """Maximum likelihood fit: intercept first."""

    coefficients: tuple[float, ...]
    loglik: float


def logit(y: npt.ArrayLike, columns: Sequence[npt.ArrayLike]) -> Logit:
    """Logistic regression by Newton's method; ValueError where no finite estimate exists."""
    truth = floats(y)
    x = np.column_stack([np.ones(len(truth)), *(floats(column) for column in columns)])
    if not (np.isfinite(x).all() and np.isin(truth, (0, 1)).all()):
        raise ValueError("the answer is 0 or 1 and the columns have no gaps")
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -35, 35)))
        information = (x * (p * (1 - p))[:, None]).T @ x
        try:
            step = np.linalg.solve(information, x.T @ (truth - p))
        except np.linalg.LinAlgError as error:
            raise ValueError(SEPARATED) from error
        beta = beta + step
        if float(np.abs(step).max()) < 1e-12:
            break
    else:
        raise ValueError(SEPARATED)
    eta = x @ beta
    return Logit(tuple(beta.tolist()), float((truth * eta - np.logaddexp(0, eta)).sum()))


@dataclass(frozen=True)
class LogisticDif:
    """Likelihood-ratio tests of three nested models (Swaminathan and Rogers 1990)."""

    uniform_chi2: float
    uniform_p: float
    total_chi2: float
    total_p: float
    coefficients: tuple[float, ...]
    delta_r2: float

    @property
    def size(self) -> str:
        """Jodoin and Gierl (2001) on Nagelkerke's R2: A below .035, C from .070 on."""
        return "A" if self.delta_r2 < 0.035 else "B" if self.delta_r2 < 0.070 else "C"


def logistic_dif(item: npt.ArrayLike, matching: npt.ArrayLike, group: npt.ArrayLike) -> LogisticDif:
    """Item on the matching score; + group (uniform, 1 df); + product (total, 2 df)."""
    score, member = floats(matching), floats(group)
    plain = logit(item, [score])
    uniform = logit(item, [score, member])
    crossed = logit(item, [score, member, score * member])
    one = 2 * (uniform.loglik - plain.loglik)
    two = 2 * (crossed.loglik - plain.loglik)
    return LogisticDif(
        uniform_chi2=one,
        uniform_p=float(stats.chi2.sf(one, 1)),
        total_chi2=two,
        total_p=float(stats.chi2.sf(two, 2)),
        coefficients=uniform.coefficients,
        delta_r2=_nagelkerke(item, crossed.loglik) - _nagelkerke(item, plain.loglik),
    )


def _nagelkerke(y: npt.ArrayLike, loglik: float) -> float:
    n = len(floats(y))
    none = logit(y, []).loglik
    return (1 - exp(2 * (none - loglik) / n)) / (1 - exp(2 * none / n))
