"""Samejima's graded response model: marginal maximum likelihood fit with standard errors.

P(X >= k | theta) = 1 / (1 + exp(-a (theta - b_k))), theta standard normal. Sources: Samejima
1969; Bock and Aitkin 1981 for the EM algorithm; cross-product information for the errors.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from instruments.psychometrics.arrays import Floats, floats

NODES = np.linspace(-6, 6, 61)  # beyond them lie two people in a thousand million
WEIGHTS = np.exp(-(NODES**2) / 2)
WEIGHTS /= WEIGHTS.sum()
TINY = 1e-12
LIMIT = 20.0  # a slope where no form has one
NEWTON = 2  # steps of each maximisation: it starts where the last one ended


@dataclass(frozen=True)
class GradedItem:
    """One item: the codes that occur, discrimination a, difficulties b, and their errors.

    `slope` and `intercepts` are the fitted form a theta + d_k with d_k = -a b_k.
    """

    codes: tuple[float, ...]
    slope: float
    intercepts: tuple[float, ...]
    slope_se: float = float("nan")
    difficulty_se: tuple[float, ...] = ()

    @property
    def difficulty(self) -> tuple[float, ...]:
        """Where on theta the next category becomes more likely than not."""
        return tuple(-d / self.slope if self.slope else float("nan") for d in self.intercepts)


@dataclass(frozen=True)
class Grm:
    """A fitted scale."""

    items: tuple[GradedItem, ...]
    loglik: float
    iterations: int
    converged: bool
    n: int


def cumulative(item: GradedItem, theta: Floats) -> Floats:
    """P(X >= k) for k = 0..m+1 (1 first, 0 last), shape theta x (categories + 1)."""
    inner = expit(theta[:, None] * item.slope + np.array(item.intercepts))
    return np.column_stack([np.ones(len(theta)), inner, np.zeros(len(theta))])


def probabilities(item: GradedItem, theta: Floats) -> Floats:
    """P(X = k), shape theta x categories."""
    return np.asarray(np.maximum(-np.diff(cumulative(item, theta), axis=1), TINY))


def jacobian(item: GradedItem, theta: Floats) -> Floats:
    """dP(X = k)/d(a, d_1..d_m), shape theta x categories x parameters."""
    c = cumulative(item, theta)
    w = c * (1 - c)
    m = len(item.intercepts)
    out = np.zeros((len(theta), m + 1, m + 1))
    out[:, :, 0] = theta[:, None] * -np.diff(w, axis=1)
    for k in range(1, m + 1):
        out[:, k, k] = w[:, k]
        out[:, k - 1, k] = -w[:, k]
    return out


def one_hot(column: Floats, codes: tuple[float, ...]) -> Floats:
    """Indicator of each code; a missing answer is a row of zeros."""
    return np.asarray(column[:, None] == np.array(codes)[None, :], dtype=np.float64)


def stacked(items: Iterable[GradedItem], x: Floats) -> Floats:
    """The indicators of all items side by side, people x categories of all items."""
    return np.column_stack([one_hot(x[:, j], item.codes) for j, item in enumerate(items)])


def fit(values: npt.ArrayLike, tolerance: float = 1e-5, most: int = 1000) -> Grm:
    """Fit people x items; NaN is ignored (missing at random).

    Categories nobody chose have no threshold: `codes` of each item lists those that occur.
    Stops when no parameter moves by more than `tolerance`; ValueError for an item without
    variation, for one that repeats another, and for fewer people than 50.
    """
    x = floats(values)
    if x.ndim != 2 or len(x) < 50 or x.shape[1] < 3:
        raise ValueError("needs at least 50 people and three items")
    items = [_start(column) for column in x.T]
    hot = stacked(items, x)
    moved, rounds = np.inf, 0
    while moved > tolerance and rounds < most:
        items, moved, steps = _stride(items, hot)
        rounds += steps
    if any(abs(item.slope) > LIMIT - 1 for item in items):
        raise ValueError("the slope of an item has no limit: it repeats another item")
    posterior, loglik = expect(items, hot)
    return Grm(_with_errors(items, hot, posterior), loglik, rounds, moved <= tolerance, len(x))


def _stride(items: list[GradedItem], hot: Floats) -> tuple[list[GradedItem], float, int]:
    """Two steps of EM and a leap in their direction (SQUAREM, Varadhan and Roland 2008, S3).

    EM crawls when much of the trait is unknown; the leap is kept only where it leads uphill, so
    that the likelihood never falls. Returns the items, how far the last plain step went, steps.
    """
    once, _ = _step(items, hot)
    twice, low = _step(once, hot)
    moved = max(_distance(a, b) for a, b in zip(once, twice, strict=True))
    leapt = _leap(items, once, twice)
    if leapt is None:
        return twice, moved, 2
    settled, high = _step(leapt, hot)
    return (settled if high >= low else twice), moved, 3


def _step(items: list[GradedItem], hot: Floats) -> tuple[list[GradedItem], float]:
    """One step of EM, and the log-likelihood it starts from."""
    posterior, loglik = expect(items, hot)
    expected = hot.T @ posterior
    edges = _edges(items)
    new = [
        _maximise(item, expected[low:high])
        for item, low, high in zip(items, edges[:-1], edges[1:], strict=True)
    ]
    return new, loglik


def _leap(
    start: list[GradedItem], once: list[GradedItem], twice: list[GradedItem]
) -> list[GradedItem] | None:
    a, b, c = (np.concatenate([_vector(item) for item in each]) for each in (start, once, twice))
    first, bend = b - a, c - 2 * b + a
    if not (bend @ bend) > 0:
        return None
    length = max(1.0, float(np.sqrt((first @ first) / (bend @ bend))))
    to = a + 2 * length * first + length**2 * bend
    found, at = [], 0
    for item in start:
        own = to[at : at + len(item.codes)]
        at += len(item.codes)
        if not _proper(own):
            return None
        found.append(GradedItem(item.codes, float(own[0]), tuple(own[1:].tolist())))
    return found


def _vector(item: GradedItem) -> Floats:
    return np.array([item.slope, *item.intercepts])


def _proper(vector: Floats) -> bool:
    """Thresholds in order, and a slope that a form can have."""
    return bool((np.diff(vector[1:]) < 0).all() and abs(vector[0]) < LIMIT)


def _edges(items: list[GradedItem]) -> list[int]:
    """Where each item's categories begin in the stacked indicators."""
    return [0, *np.cumsum([len(item.codes) for item in items]).tolist()]


def _start(column: Floats) -> GradedItem:
    codes, counts = np.unique(column[np.isfinite(column)], return_counts=True)
    if len(codes) < 2:
        raise ValueError("an item has the same answer in every row")
    share = 1 - counts.cumsum()[:-1] / counts.sum()
    intercepts = 1.4 * np.log(share / (1 - share))
    return GradedItem(tuple(codes.tolist()), 1.4, tuple(intercepts.tolist()))


def expect(items: Sequence[GradedItem], hot: Floats) -> tuple[Floats, float]:
    """Posterior over the nodes, people x nodes, and the marginal log-likelihood."""
    table = np.concatenate([np.log(probabilities(item, NODES)) for item in items], axis=1)
    logs = hot @ table.T
    logs += np.log(WEIGHTS)
    highest = logs.max(axis=1, keepdims=True)
    logs -= highest
    np.exp(logs, out=logs)
    total = logs.sum(axis=1, keepdims=True)
    logs /= total
    return logs, float((np.log(total) + highest).sum())


def _maximise(item: GradedItem, expected: Floats) -> GradedItem:
    """Fisher scoring on the expected counts, categories x nodes, with step halving."""
    counts = expected.T
    value = _expected_loglik(item, counts)
    for _ in range(NEWTON):
        p, jac = probabilities(item, NODES), jacobian(item, NODES)
        score = np.einsum("qk,qkp->p", counts / p, jac)
        weight = counts.sum(axis=1)[:, None] / p
        information = np.einsum("qk,qkp,qkr->pr", weight, jac, jac)
        step = np.linalg.solve(information + 1e-9 * np.eye(len(score)), score)
        item, better = _climb(item, step, counts, value)
        if better - value < 1e-9:
            break
        value = better
    return item


def _climb(
    item: GradedItem, step: Floats, counts: Floats, value: float
) -> tuple[GradedItem, float]:
    """The longest of the halved steps that keeps the thresholds in order and does not descend."""
    at = np.array([item.slope, *item.intercepts])
    for halving in range(12):
        to = at + step / 2**halving
        if _proper(to):
            moved = GradedItem(item.codes, float(to[0]), tuple(to[1:].tolist()))
            if (reached := _expected_loglik(moved, counts)) >= value:
                return moved, reached
    return item, value


def _expected_loglik(item: GradedItem, counts: Floats) -> float:
    return float((counts * np.log(probabilities(item, NODES))).sum())


def _distance(a: GradedItem, b: GradedItem) -> float:
    return float(np.abs(_vector(a) - _vector(b)).max())


def _with_errors(items: list[GradedItem], hot: Floats, posterior: Floats) -> tuple[GradedItem, ...]:
    """Standard errors from the outer product of every person's score; b by the delta method."""
    blocks = np.split(hot, _edges(items)[1:-1], axis=1)
    scores = [_scores(item, here, posterior) for item, here in zip(items, blocks, strict=True)]
    together = np.column_stack(scores)
    covariance = floats(np.linalg.pinv(together.T @ together, hermitian=True))
    edges = np.cumsum([0, *(score.shape[1] for score in scores)])
    return tuple(
        _errors(item, covariance[low:high, low:high])
        for item, low, high in zip(items, edges[:-1], edges[1:], strict=True)
    )


def _scores(item: GradedItem, here: Floats, posterior: Floats) -> Floats:
    """Gradient of every person's marginal log-likelihood by the item's parameters."""
    log_slopes = jacobian(item, NODES) / probabilities(item, NODES)[:, :, None]
    each = (posterior @ log_slopes.reshape(len(NODES), -1)).reshape(-1, *log_slopes.shape[1:])
    return np.asarray(np.einsum("nk,nkp->np", here, each))


def _errors(item: GradedItem, covariance: Floats) -> GradedItem:
    a = item.slope
    errors = []
    for k, d in enumerate(item.intercepts, start=1):
        gradient = np.zeros(len(covariance))
        gradient[0], gradient[k] = d / a**2, -1 / a
        errors.append(float(np.sqrt(gradient @ covariance @ gradient)))
    return GradedItem(
        item.codes, a, item.intercepts, float(np.sqrt(covariance[0, 0])), tuple(errors)
    )


def simulate(items: tuple[GradedItem, ...], theta: Floats, seed: int) -> Floats:
    """Answers of people with these abilities, people x items."""
    rng = np.random.default_rng(seed)
    columns = []
    for item in items:
        above = cumulative(item, theta)[:, 1:-1]
        passed = (rng.random(len(theta))[:, None] < above).sum(axis=1)
        columns.append(np.array(item.codes)[passed])
    return np.column_stack(columns)
