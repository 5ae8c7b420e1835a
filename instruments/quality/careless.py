"""Indices of careless answering over a whole campaign: people x items, NaN = unanswered.

Each returns one value a person, NaN where it cannot be computed. Sources and limits:
reference/instruments.md section 4; R careless 1.2.2 and PerFit 1.4.6 for the definitions.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from instruments.psychometrics.arrays import Floats, correlations, floats
from instruments.quality.policy import HIGH_IS_ODD, Index

Pairs = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]


def longstring(values: npt.ArrayLike, minimum: float | None = None) -> npt.NDArray[np.int64]:
    """Longest run of identical neighbours; blanks break it, runs of `minimum` do not count."""
    x = np.asarray(values, dtype=np.float64)
    skip = ~np.isfinite(x) if minimum is None else ~np.isfinite(x) | (x == minimum)
    filled = np.where(skip, 255.0, x)
    # one byte a code, item by item: the whole campaign streams through the cache
    with np.errstate(invalid="ignore"):
        packed = filled.astype(np.uint8)
    if not (packed == filled).all():
        raise ValueError("answers are whole codes from 0 to 254, not measurements")
    columns = np.ascontiguousarray(packed.T)
    run = np.zeros(len(x), dtype=np.uint16)
    best, before = run.copy(), columns[0] if len(columns) else run
    for item in columns:
        run *= item == before
        run += item != 255
        np.maximum(best, run, out=best)
        before = item
    return best.astype(np.int64)


def irv(values: npt.ArrayLike) -> Floats:
    """Intra-individual response variability: SD (n - 1) of a person's answers."""
    x = np.asarray(values, dtype=np.float64)
    if x.shape[1] > 1 and np.isfinite(x).all():
        return np.asarray(x.std(axis=1, ddof=1))
    here = np.isfinite(x)
    n = here.sum(axis=1)
    filled = np.where(here, x, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = filled.sum(axis=1) / n
        squares = (np.where(here, x - mean[:, None], 0.0) ** 2).sum(axis=1)
        return np.asarray(np.where(n > 1, np.sqrt(squares / (n - 1)), np.nan))


def mahalanobis(values: npt.ArrayLike) -> Floats:
    """Squared distance to the mean in the metric of the covariance of the complete rows.

    ValueError when the items are linearly dependent. Large values are rare patterns, often
    simply severe ones (Conijn 2019), so it is never used alone.
    """
    x = floats(values)
    whole = np.isfinite(x).all(axis=1)
    n, k = int(whole.sum()), x.shape[1]
    cov = np.cov(x[whole], rowvar=False) if n > k else np.zeros((k, k))
    if np.linalg.matrix_rank(cov) < k:
        raise ValueError("the items are linearly dependent or the complete rows too few")
    off = x[whole] - x[whole].mean(axis=0)
    out = np.full(len(x), np.nan)
    out[whole] = (off @ np.linalg.inv(cov) * off).sum(axis=1)
    return out


def within_person(left: Floats, right: Floats, least: int = 3) -> Floats:
    """Row-wise Pearson r of two people x pairs arrays over the pairs both of which are there."""
    here = np.isfinite(left) & np.isfinite(right)
    n = here.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = (
            np.where(
                here, side - np.where(here, side, 0).sum(axis=1, keepdims=True) / n[:, None], 0
            )
            for side in (left, right)
        )
        r = (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.asarray(np.where((n >= least) & np.isfinite(r), r, np.nan))


def even_odd(values: npt.ArrayLike, scales: Sequence[Sequence[int]]) -> Floats:
    """Consistency of even and odd half-scale means within a person, Spearman-Brown stepped up.

    scales: column indices of each scale, at least three scales of two items (five or more for
    a stable r). Higher is more consistent: R careless 1.2 prints it with the opposite sign.
    """
    x = floats(values)
    if len(scales) < 3 or any(len(scale) < 2 for scale in scales):
        raise ValueError("needs at least three scales of two items")
    odd = np.column_stack([_mean(x[:, list(scale)[::2]]) for scale in scales])
    even = np.column_stack([_mean(x[:, list(scale)[1::2]]) for scale in scales])
    r = within_person(odd, even)
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(2 * r / (1 + r), -1.0))


def _mean(x: Floats) -> Floats:
    here = np.isfinite(x)
    n = here.sum(axis=1)
    total = np.where(here, x, 0.0).sum(axis=1)
    return np.asarray(np.where(n > 0, total / np.maximum(n, 1), np.nan))


def synonym_pairs(values: npt.ArrayLike, critical: float = 0.60) -> Pairs:
    """Item pairs that correlate above `critical` (below it for a negative one: antonyms)."""
    x = floats(values)
    whole = x[np.isfinite(x).all(axis=1)]
    r = correlations(whole)
    first, second = np.triu_indices(x.shape[1], 1)
    keep = r[first, second] > critical if critical > 0 else r[first, second] < critical
    return first[keep], second[keep]


def synonyms(values: npt.ArrayLike, critical: float = 0.60) -> Floats:
    """Within-person r over psychometric synonyms; all NaN with fewer than three pairs."""
    x = floats(values)
    first, second = synonym_pairs(x, critical)
    return within_person(x[:, first], x[:, second])


def person_total(values: npt.ArrayLike) -> Floats:
    """Within-person r of the answers with the item means of everybody."""
    x = floats(values)
    return within_person(x, np.broadcast_to(_mean(x.T), x.shape))


def guttman_normed(values: npt.ArrayLike, categories: int) -> Floats:
    """Polytomous Guttman errors divided by the most that the person's total allows (Emons 2008).

    Answers are 0..categories-1. Item steps are ordered by how many pass them; an error is a
    passed step with an easier one failed. NaN for incomplete rows and for the totals at which
    no error is possible.
    """
    x = floats(values)
    whole = np.isfinite(x).all(axis=1)
    answers = x[whole].astype(np.int64)
    weight = _cumulative_ranks(answers, categories)
    total = answers.sum(axis=1)
    ranks = weight[np.arange(x.shape[1]), answers].sum(axis=1)
    errors = ranks - total * (total + 1) / 2
    most = _most_ranks(weight)[total] - total * (total + 1) / 2
    out = np.full(len(x), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        out[whole] = np.where(most > 0, errors / most, np.nan)
    return out


def _cumulative_ranks(answers: npt.NDArray[np.int64], categories: int) -> Floats:
    """Sum of the ranks of the first m steps of each item, items x categories."""
    passed = np.column_stack([(answers >= step).sum(axis=0) for step in range(1, categories)])
    order = np.argsort(-passed.ravel(), kind="stable")
    rank = np.empty(passed.size)
    rank[order] = np.arange(1, passed.size + 1)
    summed = rank.reshape(passed.shape).cumsum(axis=1)
    return np.column_stack([np.zeros(len(summed)), summed])


def _most_ranks(weight: Floats) -> Floats:
    """Largest rank sum for every total: a knapsack over items."""
    items, categories = weight.shape
    best = np.full(items * (categories - 1) + 1, -np.inf)
    best[0] = 0.0
    for row in weight:
        taken = np.full((categories, len(best)), -np.inf)
        for code in range(categories):
            taken[code, code:] = best[: len(best) - code] + row[code]
        best = taken.max(axis=0)
    return best


def cutoffs(
    measured: Mapping[Index, npt.ArrayLike], share: float = 0.01, least: int = 100
) -> dict[Index, float]:
    """Empirical limits of a campaign: the worst `share` of its own answers by each index.

    Indices with fewer than `least` values are left out: a tail of a handful says nothing.
    The result goes into quality.Policy(limits=...).
    """
    limits: dict[Index, float] = {}
    for index, values in measured.items():
        x = floats(values)
        x = x[np.isfinite(x)]
        if len(x) >= least:
            limits[index] = float(np.quantile(x, 1 - share if index in HIGH_IS_ODD else share))
    return limits
