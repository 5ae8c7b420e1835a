"""Prevalence of students who come in schools: cluster-robust interval and intraschool correlation."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from instruments.psychometrics.arrays import Floats, floats
from instruments.psychometrics.prevalence import Interval


@dataclass(frozen=True)
class ClusterPrevalence:
    """A proportion with the standard error that respects schools."""

    p: float
    n: int
    clusters: int
    se: float
    deff: float
    df: int
    interval: Interval


def cluster_prevalence(
    positive: npt.ArrayLike, cluster: npt.ArrayLike, level: float = 0.95
) -> ClusterPrevalence:
    """Ratio estimator, linearised variance, t with clusters - 1 degrees of freedom.

    positive: 0/1 by person; cluster: school by person. deff compares with p(1-p)/n.
    The interval is clipped to 0..1. ValueError for fewer than two schools and where everybody,
    or every school, is alike: then nothing tells how schools differ.
    """
    y, place, sizes = _placed(positive, cluster)
    groups, n = len(sizes), len(y)
    if groups < 2:
        raise ValueError("needs at least two schools")
    p = float(y.mean())
    if p in (0.0, 1.0):
        raise ValueError("everybody is alike: no variance to estimate")
    totals = np.bincount(place, weights=y - p)
    variance = groups / (groups - 1) * float((totals**2).sum()) / n**2
    if variance < 1e-12 * p * (1 - p) / n:
        raise ValueError("every school has the same share: no variance to estimate")
    half = float(stats.t.ppf(0.5 + level / 2, groups - 1)) * variance**0.5
    return ClusterPrevalence(
        p=p,
        n=n,
        clusters=groups,
        se=variance**0.5,
        deff=variance / (p * (1 - p) / n),
        df=groups - 1,
        interval=Interval(max(0.0, p - half), min(1.0, p + half)),
    )


def _placed(
    values: npt.ArrayLike, cluster: npt.ArrayLike
) -> tuple[Floats, npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The values, the place of each one's school, and how many each school has."""
    y = floats(values)
    names, place = np.unique(np.asarray(cluster), return_inverse=True)
    if len(place) != len(y) or not np.isfinite(y).all():
        raise ValueError("needs a value and a school for everybody")
    return y, place, np.bincount(place, minlength=len(names))


def intracluster(values: npt.ArrayLike, cluster: npt.ArrayLike) -> float:
    """One-way ANOVA estimate of rho with unequal cluster sizes (Donner 1986)."""
    y, place, sizes = _placed(values, cluster)
    groups, n = len(sizes), len(y)
    if groups < 2 or n <= groups:
        raise ValueError("needs two schools and more students than schools")
    means = np.bincount(place, weights=y) / sizes
    between = float((sizes * (means - y.mean()) ** 2).sum()) / (groups - 1)
    within = float(((y - means[place]) ** 2).sum()) / (n - groups)
    if between + within == 0:
        raise ValueError("everybody is alike: no variance to estimate")
    size = (n - float((sizes**2).sum()) / n) / (groups - 1)
    return (between - within) / (between + (size - 1) * within)
