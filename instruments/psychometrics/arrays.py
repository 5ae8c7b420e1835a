"""What every statistic asks of its input: people by items, complete or with gaps.

Answers come as int8 codes with -1 for unanswered, as in instruments.matrix, or as floats with NaN.
Bytes are the fast form: their sums are exact, and a column that lies in one piece (order "F")
streams through the cache.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Answers = npt.NDArray[Any]

# 1024 squares of a signed byte stay below 2**24: float32 still counts every one of them.
BLOCK = 1024


def floats(values: npt.ArrayLike) -> Floats:
    """Any array-like as float64, an unanswered byte as NaN; not to be written into."""
    x = np.asarray(values)
    if x.dtype != np.int8:
        return np.asarray(x, dtype=np.float64)
    return np.asarray(np.where(x < 0, np.nan, x), dtype=np.float64)


def answers(values: npt.ArrayLike) -> Answers:
    """People x items as bytes or floats, as they came; ValueError for another shape."""
    x = np.asarray(values)
    if x.ndim != 2:
        raise ValueError("needs a table of people by items")
    return x if x.dtype == np.int8 else np.asarray(x, dtype=np.float64)


def matrix(values: npt.ArrayLike, people: int = 3, items: int = 2) -> Answers:
    """A people x items matrix without gaps; ValueError names what is wrong with it."""
    x = np.asarray(values)
    if x.ndim != 2 or x.shape[0] < people or x.shape[1] < items:
        raise ValueError(f"needs at least {people} people and {items} items")
    x = answers(x)
    if not (x.min() >= 0 if x.dtype == np.int8 else np.isfinite(x).all()):
        raise ValueError("has missing answers: keep the complete rows first")
    return x


def answered(x: Answers) -> npt.NDArray[np.bool_]:
    """Where there is an answer."""
    return np.asarray(x >= 0 if x.dtype == np.int8 else np.isfinite(x))


def complete(values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Which rows have every answer."""
    return np.asarray(answered(answers(values)).all(axis=1))


def blocks(x: Answers) -> Iterator[tuple[slice, npt.NDArray[Any]]]:
    """Rows that fit the cache: bytes as float32 (-1 stays -1), anything else as it is."""
    kind = np.float32 if x.dtype == np.int8 else np.float64
    for start in range(0, len(x), BLOCK):
        rows = slice(start, start + BLOCK)
        yield rows, x[rows].astype(kind)


@dataclass(frozen=True)
class Moments:
    """Means by item and the covariance matrix (n - 1) of n people."""

    n: int
    mean: Floats
    covariance: Floats

    @property
    def correlation(self) -> Floats:
        """Pearson correlations; an item that does not vary gives NaN."""
        sd = np.sqrt(np.diag(self.covariance))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.covariance / np.outer(sd, sd))


def moments(x: Answers) -> Moments:
    """Moments of a matrix without gaps in one pass, exact for bytes.

    Floats are shifted by the first row, so that a common offset costs no digits.
    """
    n, k = x.shape
    shift = np.zeros(k) if x.dtype == np.int8 or not n else x[0]
    sums, products = np.zeros(k), np.zeros((k, k))
    for _, block in blocks(x):
        off = block if x.dtype == np.int8 else block - shift
        sums += off.sum(axis=0)
        products += off.T @ off
    return Moments(n, shift + sums / n, (products - np.outer(sums, sums) / n) / (n - 1))


def correlation(x: Floats, y: Floats) -> float:
    """Pearson r; NaN when either side does not vary."""
    dx, dy = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((dx @ dx) * (dy @ dy)))
    return float(dx @ dy) / scale if scale > 0 else float("nan")
