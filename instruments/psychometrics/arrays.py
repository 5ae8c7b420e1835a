"""What every statistic asks of its input: plain float arrays, people by items, NaN = missing."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def floats(values: npt.ArrayLike) -> Floats:
    """A float64 copy of any array-like."""
    return np.array(values, dtype=np.float64)


def matrix(values: npt.ArrayLike, people: int = 3, items: int = 2) -> Floats:
    """A people x items matrix without gaps; ValueError names what is wrong with it."""
    x = floats(values)
    if x.ndim != 2 or x.shape[0] < people or x.shape[1] < items:
        raise ValueError(f"needs at least {people} people and {items} items")
    if not np.isfinite(x).all():
        raise ValueError("has missing answers: keep the complete rows first")
    return x


def complete(values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Which rows have every answer."""
    return np.asarray(np.isfinite(floats(values)).all(axis=1))


def correlation(x: Floats, y: Floats) -> float:
    """Pearson r; NaN when either side does not vary."""
    dx, dy = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((dx @ dx) * (dy @ dy)))
    return float(dx @ dy) / scale if scale > 0 else float("nan")


def correlations(x: Floats) -> Floats:
    """Pearson correlation matrix of the columns; an item that does not vary gives NaN."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.corrcoef(x, rowvar=False), dtype=np.float64)
