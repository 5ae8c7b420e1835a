"""Internal consistency, standard error of measurement and reliable change of one scale.

Sources: reference/instruments.md section 5; agrees with R psych 2.2.9 (tests/instruments).
"""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from instruments.psychometrics.arrays import Floats, correlation, correlations, matrix
from instruments.psychometrics.prevalence import Interval


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha with what an analyst reads beside it; lists are by item."""

    raw: float
    standardised: float
    lambda6: float
    interval: Interval
    item_rest: tuple[float, ...]
    if_deleted: tuple[float, ...]
    mean: tuple[float, ...]
    sd: tuple[float, ...]


def _varying(values: npt.ArrayLike) -> Floats:
    x = matrix(values)
    if (x.var(axis=0) == 0).any():
        raise ValueError("an item has the same answer in every row")
    return x


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
    """Alpha and item statistics of complete answers (people x items, already keyed)."""
    x = _varying(values)
    n, k = x.shape
    cov = np.cov(x, rowvar=False)
    sd = np.sqrt(np.diag(cov))
    corr = cov / np.outer(sd, sd)
    to_rest = (cov.sum(axis=0) - np.diag(cov)) / np.sqrt(
        np.diag(cov) * (cov.sum() - 2 * cov.sum(axis=0) + np.diag(cov))
    )
    raw = raw_alpha(cov)
    return Alpha(
        raw=raw,
        standardised=raw_alpha(corr),
        lambda6=_lambda6(corr),
        interval=feldt(raw, n, k, level),
        item_rest=tuple(to_rest.tolist()),
        if_deleted=_if_deleted(cov),
        mean=tuple(x.mean(axis=0).tolist()),
        sd=tuple(sd.tolist()),
    )


def _if_deleted(cov: Floats) -> tuple[float, ...]:
    """Alpha without each item in turn; alpha of a single item does not exist."""
    k = len(cov)
    if k == 2:
        return (float("nan"), float("nan"))
    return tuple(
        raw_alpha(cov[np.ix_(keep, keep)])
        for keep in (np.flatnonzero(np.arange(k) != item) for item in range(k))
    )


def lambda2(values: npt.ArrayLike) -> float:
    """Guttman's lambda 2 on the correlation matrix, as psych does."""
    corr = correlations(_varying(values))
    k, off = len(corr), corr - np.eye(len(corr))
    return float((off.sum() + sqrt(k / (k - 1) * float((off**2).sum()))) / corr.sum())


def lambda6(values: npt.ArrayLike) -> float:
    """Guttman's lambda 6: squared multiple correlations of the correlation matrix."""
    return _lambda6(correlations(_varying(values)))


def _lambda6(corr: Floats) -> float:
    unexplained = 1 / np.diag(np.linalg.pinv(corr, hermitian=True))
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
    odd, even = x[:, ::2].sum(axis=1), x[:, 1::2].sum(axis=1)
    r = correlation(odd, even)
    parts = odd.var(ddof=1) + even.var(ddof=1)
    whole = (odd + even).var(ddof=1)
    return SplitHalf(r, 2 * r / (1 + r), float(2 * (1 - parts / whole)))


@dataclass(frozen=True)
class OneFactor:
    """Minimum residual loadings of one common factor."""

    loadings: tuple[float, ...]
    omega: float


def one_factor(correlations: Floats) -> OneFactor:
    """Minres solution of a correlation matrix and omega total (McDonald 1999).

    Omega is 1 - unique variance / observed variance of the sum, as psych prints it. Least squares on the off-diagonal residuals, started at the first principal axis;
    loadings are signed so that their sum is positive.
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
    x = _varying(values)
    if x.shape[1] < 3:
        raise ValueError("one factor needs at least three items")
    return one_factor(correlations(x)).omega


def standard_error(sd: float, reliability: float) -> float:
    """Standard error of measurement SD sqrt(1 - r) in points of the scale."""
    if sd < 0 or not reliability <= 1:
        raise ValueError("needs SD >= 0 and reliability <= 1")
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
    """Recovered needs both: a reliable drop and crossing below the cut-off."""
    if after - before > difference:
        return Change.DETERIORATED
    if before - after <= difference:
        return Change.UNCHANGED
    return Change.RECOVERED if after < cut <= before else Change.IMPROVED
