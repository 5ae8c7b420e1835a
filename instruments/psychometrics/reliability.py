"""Internal consistency, standard error of measurement and reliable change of one scale.

Sources: reference/instruments.md section 5; agrees with R psych 2.2.9 (tests/instruments).
"""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite, sqrt

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from instruments.psychometrics.arrays import Floats, Moments, correlation, matrix, moments
from instruments.psychometrics.prevalence import Interval

NOTHING = 1e-12  # a share of the variance that is rounding, not people


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha with what an analyst reads beside it; lists are by item, in item points.

    NaN where a figure does not exist: lambda 6 of items that depend on each other linearly,
    alpha without one of two items.
    """

    raw: float
    standardised: float
    lambda6: float
    interval: Interval
    item_rest: tuple[float, ...]
    if_deleted: tuple[float, ...]
    mean: tuple[float, ...]
    sd: tuple[float, ...]


def _moments(values: npt.ArrayLike) -> Moments:
    """Moments of complete answers in which every item and their sum vary."""
    found = moments(matrix(values))
    variances = np.diag(found.covariance)
    if (variances == 0).any():
        raise ValueError("an item has the same answer in every row")
    if found.covariance.sum() <= NOTHING * variances.sum():
        raise ValueError("the total is the same in every row")
    return found


def raw_alpha(covariance: Floats) -> float:
    """k/(k-1) (1 - trace / sum) of a covariance matrix (Cronbach 1951)."""
    k = len(covariance)
    return float(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))


def feldt(alpha: float, n: int, k: int, level: float = 0.95) -> Interval:
    """Exact interval of alpha under essential tau-equivalence (Feldt 1965)."""
    tail = (1 - level) / 2
    quantile = stats.f(n - 1, (n - 1) * (k - 1)).ppf
    return Interval(
        float(1 - (1 - alpha) * quantile(1 - tail)), float(1 - (1 - alpha) * quantile(tail))
    )


def alpha(values: npt.ArrayLike, level: float = 0.95) -> Alpha:
    """Alpha and item statistics of complete answers (people x items, already keyed).

    item_rest is the correlation of an item with the sum of the others (r.drop of psych).
    """
    found = _moments(values)
    cov = found.covariance
    raw = raw_alpha(cov)
    return Alpha(
        raw=raw,
        standardised=raw_alpha(found.correlation),
        lambda6=_lambda6(found.correlation),
        interval=feldt(raw, found.n, len(cov), level),
        item_rest=tuple(_item_rest(cov).tolist()),
        if_deleted=tuple(_if_deleted(cov).tolist()),
        mean=tuple(found.mean.tolist()),
        sd=tuple(np.sqrt(np.diag(cov)).tolist()),
    )


def _rest(cov: Floats) -> Floats:
    """Variance of the sum of the other items, by item; 0 where it is rounding only."""
    rest = cov.sum() - 2 * cov.sum(axis=0) + np.diag(cov)
    return np.asarray(np.where(rest > NOTHING * np.trace(cov), rest, 0.0))


def _item_rest(cov: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        together = cov.sum(axis=0) - np.diag(cov)
        return np.asarray(together / np.sqrt(np.diag(cov) * _rest(cov)))


def _if_deleted(cov: Floats) -> Floats:
    """Alpha without each item in turn; alpha of a single item does not exist."""
    left = len(cov) - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = (np.trace(cov) - np.diag(cov)) / _rest(cov)
        return np.asarray(np.float64(left) / (left - 1) * (1 - apart))


def lambda2(values: npt.ArrayLike) -> float:
    """Guttman's lambda 2 on the correlation matrix, as psych does."""
    corr = _moments(values).correlation
    k, off = len(corr), corr - np.eye(len(corr))
    return float((off.sum() + sqrt(k / (k - 1) * float((off**2).sum()))) / corr.sum())


def lambda6(values: npt.ArrayLike) -> float:
    """Guttman's lambda 6: squared multiple correlations of the correlation matrix.

    NaN when an item is a sum of others, or people are fewer than items: nothing is unexplained.
    """
    return _lambda6(_moments(values).correlation)


def _lambda6(corr: Floats) -> float:
    if np.linalg.matrix_rank(corr, hermitian=True) < len(corr):
        return float("nan")
    unexplained = 1 / np.diag(np.linalg.inv(corr))
    return float(1 - unexplained.sum() / corr.sum())


@dataclass(frozen=True)
class SplitHalf:
    """Odd against even items."""

    r: float
    spearman_brown: float
    lambda4: float


def split_half(values: npt.ArrayLike) -> SplitHalf:
    """Correlation of the odd and even halves, stepped up, and lambda 4 of that split."""
    x = matrix(values)
    odd, even = (x[:, half::2].sum(axis=1, dtype=np.float64) for half in (0, 1))
    halves = odd.var(ddof=1), even.var(ddof=1)
    whole = (odd + even).var(ddof=1)
    if min(halves) == 0 or whole <= NOTHING * sum(halves):
        raise ValueError("a half or the total is the same in every row")
    r = correlation(odd, even)
    return SplitHalf(r, 2 * r / (1 + r), float(2 * (1 - sum(halves) / whole)))


@dataclass(frozen=True)
class OneFactor:
    """Minimum residual loadings of one common factor."""

    loadings: tuple[float, ...]
    omega: float


def one_factor(correlations: Floats) -> OneFactor:
    """Minres solution of a correlation matrix and omega total (McDonald 1999).

    Omega is 1 - unique variance / observed variance of the sum, as psych prints it. Least squares
    on the off-diagonal residuals, started at the first principal axis; loadings are signed so that
    their sum is positive.
    """
    k = len(correlations)
    above = np.triu_indices(k, 1)
    wanted = correlations[above]
    values, vectors = np.linalg.eigh(correlations)
    start = vectors[:, -1] * sqrt(max(float(values[-1]) - 1, 0.1)) / 1.1

    def residual(load: Floats) -> Floats:
        return np.asarray(wanted - load[above[0]] * load[above[1]])

    fit = optimize.least_squares(residual, start, xtol=1e-15, ftol=1e-15, gtol=1e-15)
    load = fit.x * (1 if fit.x.sum() >= 0 else -1)
    unique = float((1 - load**2).sum())
    return OneFactor(tuple(load.tolist()), 1 - unique / float(correlations.sum()))


def omega_total(values: npt.ArrayLike) -> float:
    """Omega total of one factor on Pearson correlations; needs three items."""
    corr = _moments(values).correlation
    if len(corr) < 3:
        raise ValueError("one factor needs at least three items")
    return one_factor(corr).omega


def standard_error(sd: float, reliability: float) -> float:
    """Standard error of measurement SD sqrt(1 - r) in points of the scale."""
    if not (sd >= 0 and 0 <= reliability <= 1):
        raise ValueError("needs SD >= 0 and a reliability from 0 to 1")
    return sd * sqrt(1 - reliability)


class Change(StrEnum):
    """Jacobson-Truax (1991) outcome, for a scale on which less is better."""

    RECOVERED = "recovered"
    IMPROVED = "improved"
    UNCHANGED = "unchanged"
    DETERIORATED = "deteriorated"


def reliable_difference(sd: float, reliability: float, z: float = 1.96) -> float:
    """Smallest change that measurement error alone rarely makes: z sqrt(2) SEM."""
    return z * sqrt(2) * standard_error(sd, reliability)


def reliable_change(before: float, after: float, difference: float, cut: float) -> Change:
    """Recovered needs both: a reliable drop and crossing below the cut-off.

    difference: points that a change must exceed (reliable_difference); ValueError for a score
    that is missing.
    """
    if not all(map(isfinite, (before, after, difference, cut))):
        raise ValueError("a missing score has not changed")
    if after - before > difference:
        return Change.DETERIORATED
    if before - after <= difference:
        return Change.UNCHANGED
    return Change.RECOVERED if after < cut <= before else Change.IMPROVED
