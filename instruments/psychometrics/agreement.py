"""Agreement of repeated measurements: the intraclass correlations of Shrout and Fleiss (1979)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from instruments.psychometrics.arrays import correlation, matrix
from instruments.psychometrics.prevalence import Interval

NOTHING = 1e-12  # a share of the variance that is rounding, not people


@dataclass(frozen=True)
class Icc:
    """Single-measure coefficients with intervals, and Pearson r for two occasions.

    The interval of ICC(2,1) is an approximation and NaN where that breaks down.
    """

    icc1: float
    icc2: float
    icc3: float
    icc1_interval: Interval
    icc2_interval: Interval
    icc3_interval: Interval
    pearson: float | None


def icc(values: npt.ArrayLike, level: float = 0.95) -> Icc:
    """ICC(1,1), ICC(2,1), ICC(3,1) of people x occasions without gaps.

    A test and its retest are ICC(2,1) (absolute agreement) and ICC(3,1) (consistency).
    """
    x = matrix(values)
    n, k = x.shape
    rows = k * ((x.mean(axis=1) - x.mean()) ** 2).sum()
    columns = n * ((x.mean(axis=0) - x.mean()) ** 2).sum()
    whole = ((x - x.mean()) ** 2).sum()
    between = rows / (n - 1)
    within = (whole - rows) / (n * (k - 1))
    occasion = columns / (k - 1)
    error = (whole - rows - columns) / ((n - 1) * (k - 1))
    if between <= NOTHING * whole:
        raise ValueError("people do not differ: agreement is undefined")
    within, occasion, error = (
        part if part > NOTHING * between else 0.0 for part in (within, occasion, error)
    )
    icc2 = (between - error) / (between + (k - 1) * error + k * (occasion - error) / n)
    return Icc(
        icc1=float((between - within) / (between + (k - 1) * within)),
        icc2=float(icc2),
        icc3=float((between - error) / (between + (k - 1) * error)),
        icc1_interval=_interval(between, within, (n - 1, n * (k - 1)), k, level),
        icc2_interval=_absolute_interval(between, occasion, error, icc2, (n, k), level),
        icc3_interval=_interval(between, error, (n - 1, (n - 1) * (k - 1)), k, level),
        pearson=correlation(x[:, 0], x[:, 1]) if k == 2 else None,
    )


def _interval(between: float, error: float, df: tuple[int, int], k: int, level: float) -> Interval:
    """F interval of the ratio of mean squares, turned into a correlation."""
    if error == 0:
        return Interval(1.0, 1.0)
    tail = 1 - (1 - level) / 2
    ratio = between / error
    low = ratio / stats.f.ppf(tail, *df)
    high = ratio * stats.f.ppf(tail, *reversed(df))
    return Interval(*(float((f - 1) / (f + k - 1)) for f in np.array([low, high])))


def _absolute_interval(
    between: float, occasion: float, error: float, icc2: float, size: tuple[int, int], level: float
) -> Interval:
    """Of ICC(2,1), with Satterthwaite's degrees of freedom (Shrout and Fleiss 1979, p. 424)."""
    n, k = size
    if error == 0 and occasion == 0:
        return Interval(1.0, 1.0)
    tail = 1 - (1 - level) / 2
    rest = n * (1 + (k - 1) * icc2) - k * icc2
    # With the mean squares multiplied out, so that answers without any error divide nothing.
    upper = (k - 1) * (n - 1) * (k * icc2 * occasion + rest * error) ** 2
    lower = (n - 1) * (k * icc2 * occasion) ** 2 + (rest * error) ** 2
    df = upper / lower
    high, low = stats.f.ppf(tail, n - 1, df), stats.f.ppf(tail, df, n - 1)
    noise = k * occasion + (k * n - k - n) * error
    found = Interval(
        float(n * (between - high * error) / (high * noise + n * between)),
        float(n * (low * between - error) / (noise + n * low * between)),
    )
    # the approximation breaks down where people agree less than by chance
    return found if found.low <= icc2 <= found.high else Interval(float("nan"), float("nan"))
