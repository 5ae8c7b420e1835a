"""Reliability of ordered categories: polychoric correlations (two-step) and ordinal alpha.

Source: Olsson 1979 for the two-step estimate; Zumbo, Gadermann and Zeisser 2007 for alpha.
"""

from functools import partial

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats
from scipy.special import ndtr

from instruments.psychometrics.arrays import Floats, matrix
from instruments.psychometrics.reliability import raw_alpha

EDGE = 0.998  # a likelihood that still rises there has its maximum at 1 or -1
FAR = 8.0  # standard normal quantile beyond which nothing is left
NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)


def thresholds(column: Floats) -> Floats:
    """Normal quantiles of the cumulative shares of the categories that occur."""
    _, counts = np.unique(column, return_counts=True)
    if len(counts) < 2:
        raise ValueError("an item has the same answer in every row")
    return np.asarray(stats.norm.ppf(counts.cumsum()[:-1] / counts.sum()))


def bivariate_normal(h: Floats, k: Floats, rho: float) -> Floats:
    """P(X <= h, Y <= k) on the grid h x k: the arcsine integral (Drezner and Wesolowsky 1990)."""
    top = np.arcsin(rho)
    angle = top * (NODES + 1) / 2
    sine, square = np.sin(angle), np.cos(angle) ** 2
    hh, kk = h[:, None, None], k[None, :, None]
    inner = np.exp(-(hh**2 + kk**2 - 2 * hh * kk * sine) / (2 * square)) @ WEIGHTS
    return np.asarray(np.outer(ndtr(h), ndtr(k)) + top / 2 * inner / (2 * np.pi))


def _negative_loglik(rho: float, counts: Floats, rows: Floats, columns: Floats) -> float:
    below = bivariate_normal(rows, columns, rho)
    cells = np.diff(np.diff(below, axis=0), axis=1)
    return -float((counts * np.log(np.maximum(cells, 1e-300))).sum())


def polychoric(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Correlation of the normal variables behind two ordered items (no continuity correction).

    ValueError where the answers determine none: too few people, or one item repeats the other.
    """
    x = matrix(np.column_stack([np.asarray(first, float), np.asarray(second, float)]))
    left, right = (np.unique(x[:, side], return_inverse=True)[1] for side in (0, 1))
    counts = np.zeros((left.max() + 1, right.max() + 1))
    np.add.at(counts, (left, right), 1)
    edges = [np.concatenate([[-FAR], thresholds(x[:, side]), [FAR]]) for side in (0, 1)]
    lost = partial(_negative_loglik, counts=counts, rows=edges[0], columns=edges[1])
    best = optimize.minimize_scalar(
        lost, bounds=(-0.999, 0.999), method="bounded", options={"xatol": 1e-7}
    )
    if abs(best.x) > EDGE:
        raise ValueError("two items never contradict each other: their polychoric r has no value")
    return float(best.x)


def polychoric_matrix(values: npt.ArrayLike) -> Floats:
    """Polychoric correlations of all item pairs, with a unit diagonal."""
    x = matrix(values)
    k = x.shape[1]
    out = np.eye(k)
    for first, second in zip(*np.triu_indices(k, 1), strict=True):
        out[first, second] = out[second, first] = polychoric(x[:, first], x[:, second])
    return out


def ordinal_alpha(values: npt.ArrayLike) -> float:
    """Standardised alpha of the polychoric correlations; ValueError above 40 items (too slow)."""
    x = matrix(values)
    if x.shape[1] > 40:
        raise ValueError("polychoric correlations are computed for at most 40 items")
    return raw_alpha(polychoric_matrix(x))
