"""Indices of careless answering over a whole campaign: people x items, as bytes or floats.

Each takes the form of instruments.psychometrics.arrays (-1 or NaN = unanswered) and returns one
value a person, NaN where it cannot be computed. Definitions as in R careless 1.2.2 and PerFit
1.4.6; the limits a policy uses stand in quality.policy.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from instruments.psychometrics.arrays import (
    BLOCK,
    Answers,
    Floats,
    answers,
    blocks,
    complete,
    floats,
    moments,
)
from instruments.quality.policy import HIGH_IS_ODD, Index

Pairs = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
BLANK = np.int8(-1)
STRIPE = 65_536  # people whose runs stay in the cache while the items pass by


def longstring(values: npt.ArrayLike, minimum: int | None = None) -> npt.NDArray[np.int64]:
    """Longest run of identical neighbours; blanks break it, runs of `minimum` do not count.

    Johnson 2005. Codes are whole numbers from 0 to 126, and `minimum` is the lowest of them.
    """
    x = answers(values)
    packed: npt.NDArray[np.int8] = x if x.dtype == np.int8 else _packed(x)
    below = int(BLANK) if minimum is None else minimum
    parts = [
        _longest(packed[start : start + STRIPE].T, below) for start in range(0, len(packed), STRIPE)
    ]
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


def _longest(columns: npt.NDArray[np.int8], below: int) -> npt.NDArray[np.int64]:
    """Longest run of codes above `below` of each person, items x people."""
    items, people = columns.shape
    kind = np.uint8 if items < 256 else np.uint16
    run: npt.NDArray[Any] = np.zeros(people, dtype=kind)
    best, before = run.copy(), np.full(people, BLANK)
    for column in columns if columns.strides[1] == 1 else np.ascontiguousarray(columns):
        run *= _ones(column == before)
        run += _ones(column > below)
        np.maximum(best, run, out=best)
        before = column
    return best.astype(np.int64)


def _ones(where: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    return where.view(np.uint8)


def _packed(x: Floats) -> npt.NDArray[np.int8]:
    filled = np.where(np.isnan(x), BLANK, x)
    if not ((filled == np.rint(filled)) & (filled >= BLANK) & (filled < 127)).all():
        raise ValueError("answers are whole codes from 0 to 126, not measurements")
    return np.asarray(filled, dtype=np.int8)


def irv(values: npt.ArrayLike) -> Floats:
    """Intra-individual response variability: SD (n - 1) of a person's answers, in codes.

    Dunn et al. 2018. NaN with fewer than two answers.
    """
    x = answers(values)
    out = np.full(len(x), np.nan)
    ones = np.ones(x.shape[1], dtype=np.float32 if x.dtype == np.int8 else np.float64)
    for rows, block in blocks(x):
        here = block >= 0 if x.dtype == np.int8 else np.isfinite(block)
        codes = block if here.all() else np.where(here, block, 0)
        out[rows] = _sd(here.astype(ones.dtype) @ ones, codes @ ones, (codes * codes) @ ones)
    return out


def _sd(n: Floats, sums: Floats, squares: Floats) -> Floats:
    """SD from sums of codes, which are exact; no spread is exactly none."""
    n, sums, squares = (part.astype(np.float64) for part in (n, sums, squares))
    spread = np.maximum(n * squares - sums**2, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(n > 1, np.sqrt(spread / (n * (n - 1))), np.nan))


def mahalanobis(values: npt.ArrayLike) -> Floats:
    """Squared distance to the mean in the metric of the covariance of the complete rows.

    NaN for an incomplete row; ValueError when the items are linearly dependent. Large values are
    rare patterns, often simply severe ones (Conijn 2019), so it is never used alone.
    """
    x = answers(values)
    whole = complete(x)
    if not 0 < x.shape[1] < whole.sum():
        raise ValueError("needs more complete rows than items")
    found = moments(x if whole.all() else x[whole])
    if np.linalg.matrix_rank(found.covariance, hermitian=True) < len(found.covariance):
        raise ValueError("the items are linearly dependent")
    root = np.linalg.inv(np.linalg.cholesky(found.covariance)).T
    out = np.full(len(x), np.nan)
    for rows, block in blocks(x):
        off = (block - found.mean) @ root
        out[rows] = np.einsum("ij,ij->i", off, off)
    out[~whole] = np.nan
    return out


def within_person(left: Floats, right: Floats, least: int = 3) -> Floats:
    """Row-wise Pearson r of two people x pairs arrays over the pairs both of which are there.

    NaN below `least` pairs and where a side does not vary (but for rounding).
    """
    here = np.isfinite(left) & np.isfinite(right)
    n = here.sum(axis=1)
    a, b = (_centred(np.where(here, side, 0.0), here) for side in (left, right))
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.asarray(np.where((n >= least) & np.isfinite(r), np.clip(r, -1, 1), np.nan))


def _centred(side: Floats, here: npt.NDArray[np.bool_]) -> Floats:
    """Distances from the row's own mean, exactly none where only rounding makes them."""
    mean = side.sum(axis=1, keepdims=True) / np.maximum(here.sum(axis=1, keepdims=True), 1)
    off = np.where(here, side - mean, 0.0)
    size = np.abs(side).max(axis=1, initial=0.0)[:, None]
    return np.asarray(np.where(np.abs(off) > 1e-12 * size, off, 0.0))


def _row_by_row(x: Answers, measure: Callable[[Floats], Floats]) -> Floats:
    """A measure that looks at each person alone, over blocks of people so that memory stays low."""
    parts = [measure(floats(x[start : start + BLOCK])) for start in range(0, len(x), BLOCK)]
    return np.concatenate([np.empty(0), *parts])


def even_odd(values: npt.ArrayLike, scales: Sequence[Sequence[int]]) -> Floats:
    """Consistency of even and odd half-scale means within a person, Spearman-Brown stepped up.

    Johnson 2005. scales: column indices of each scale, at least three scales of two items (five
    or more for a stable r), reversed items keyed. Higher is more consistent: R careless 1.2
    prints it with the opposite sign. Values below -1 are printed as -1, as there.
    """
    x = answers(values)
    if len(scales) < 3 or any(len(scale) < 2 for scale in scales):
        raise ValueError("needs at least three scales of two items")

    def stepped_up(block: Floats) -> Floats:
        odd, even = (
            np.column_stack([_mean(block[:, list(scale)[half::2]]) for scale in scales])
            for half in (0, 1)
        )
        r = within_person(odd, even)
        with np.errstate(divide="ignore"):
            return np.asarray(np.maximum(2 * r / (1 + r), -1.0))

    return _row_by_row(x, stepped_up)


def _mean(x: Floats) -> Floats:
    """Mean of what each row holds, NaN where it holds nothing."""
    here = np.isfinite(x)
    n = here.sum(axis=1)
    total = np.where(here, x, 0.0).sum(axis=1)
    return np.asarray(np.where(n > 0, total / np.maximum(n, 1), np.nan))


def synonym_pairs(values: npt.ArrayLike, critical: float = 0.60) -> Pairs:
    """Item pairs that correlate above `critical` (below it for a negative one: antonyms)."""
    x = answers(values)
    whole = complete(x)
    first, second = np.triu_indices(x.shape[1], 1)
    if whole.sum() < 3:
        return first[:0], second[:0]
    r = moments(x if whole.all() else x[whole]).correlation[first, second]
    keep = r > critical if critical > 0 else r < critical
    return first[keep], second[keep]


def synonyms(values: npt.ArrayLike, critical: float = 0.60) -> Floats:
    """Within-person r over psychometric synonyms (Meade and Craig 2012).

    All NaN with fewer than three pairs. A negative `critical` gives the antonyms: there an
    attentive person is near -1.
    """
    x = answers(values)
    first, second = synonym_pairs(x, critical)
    return _row_by_row(x, lambda block: within_person(block[:, first], block[:, second]))


def person_total(values: npt.ArrayLike) -> Floats:
    """Within-person r of the answers with the item means of everybody (Curran 2016)."""
    x = answers(values)
    means = np.array([_mean(floats(column)[None, :])[0] for column in x.T])
    return _row_by_row(x, lambda block: within_person(block, np.broadcast_to(means, block.shape)))


def guttman_normed(values: npt.ArrayLike, categories: int) -> Floats:
    """Polytomous Guttman errors divided by the most that the person's total allows (Emons 2008).

    Answers are 0..categories-1, ValueError for another. Item steps are ordered by how many pass
    them (Molenaar 1991); an error is a passed step with an easier one failed. NaN for incomplete
    rows and for the totals at which no error is possible.
    """
    x = answers(values)
    whole = complete(x)
    codes = x if whole.all() else x[whole]
    if not np.isin(codes, np.arange(categories)).all():
        raise ValueError(f"answers are codes from 0 to {categories - 1}")
    weight = _cumulative_ranks(codes, categories)
    total, ranks = np.zeros(len(codes), dtype=np.int64), np.zeros(len(codes))
    for column, summed in zip(codes.T, weight, strict=True):
        code = column.astype(np.int64)
        total += code
        ranks += summed[code]
    least = total * (total + 1) / 2
    most = _most_ranks(weight)[total] - least
    out = np.full(len(x), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        out[whole] = np.where(most > 0, (ranks - least) / most, np.nan)
    return out


def _cumulative_ranks(codes: Answers, categories: int) -> Floats:
    """Sum of the ranks of the first m steps of each item, items x categories."""
    passed = np.column_stack([(codes >= step).sum(axis=0) for step in range(1, categories)])
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
