"""Prevalence with its interval, and what a cut-off means for the people who have to interview."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple


class Interval(NamedTuple):
    """A two-sided interval in the unit of the estimate."""

    low: float
    high: float


def normal_quantile(level: float) -> float:
    """Two-sided standard normal quantile, e.g. 1.95996... for level .95."""
    if not 0 < level < 1:
        raise ValueError("the confidence level lies between 0 and 1")
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson(positive: int, n: int, level: float = 0.95) -> Interval:
    """Score interval of a proportion without continuity correction (Wilson 1927).

    Raises ValueError for n = 0 or counts outside 0..n.
    """
    if n <= 0 or not 0 <= positive <= n:
        raise ValueError("a proportion needs 0 <= positive <= n and n > 0")
    z2 = normal_quantile(level) ** 2
    p = positive / n
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = sqrt(z2) / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def design_effect(cluster_size: float, rho: float) -> float:
    """Kish: variance inflation 1 + (m - 1) rho of clusters of m people."""
    return 1 + (cluster_size - 1) * rho


class Gate(NamedTuple):
    """How well one step of a screening finds (sensitivity) and spares (specificity)."""

    sensitivity: float
    specificity: float


def serial(first: Gate, second: Gate) -> Gate:
    """Positive only when both steps are, if they err independently.

    Real questionnaires correlate, so the gain in specificity is an upper bound
    (reference/instruments.md 3.2).
    """
    return Gate(
        first.sensitivity * second.sensitivity,
        1 - (1 - first.specificity) * (1 - second.specificity),
    )


def parallel(first: Gate, second: Gate) -> Gate:
    """Positive when either step is, if they err independently."""
    return Gate(
        1 - (1 - first.sensitivity) * (1 - second.sensitivity),
        first.specificity * second.specificity,
    )


@dataclass(frozen=True)
class Load:
    """What a gate means in a school: people flagged, right, missed, and hours of interviews."""

    prevalence: float
    n: int
    flagged: float
    true_positive: float
    missed: float
    ppv: float | None
    npv: float | None
    hours: float


def load(gate: Gate, prevalence: float, n: int, minutes: float = 30) -> Load:
    """Expected interviews of a campaign of n students; PPV/NPV are None when nobody is there."""
    if not all(0 <= share <= 1 for share in (prevalence, *gate)):
        raise ValueError("prevalence, sensitivity and specificity lie between 0 and 1")
    if not (n >= 0 and minutes >= 0):
        raise ValueError("n and minutes are not negative")
    ill, well = n * prevalence, n * (1 - prevalence)
    hit, false = ill * gate.sensitivity, well * (1 - gate.specificity)
    flagged, cleared = hit + false, n - hit - false
    return Load(
        prevalence=prevalence,
        n=n,
        flagged=flagged,
        true_positive=hit,
        missed=ill - hit,
        ppv=hit / flagged if flagged > 0 else None,
        npv=(well - false) / cleared if cleared > 0 else None,
        hours=flagged * minutes / 60,
    )


def load_over(gate: Gate, prevalences: Sequence[float], n: int, minutes: float = 30) -> list[Load]:
    """The load at each prevalence of a range, for the page before a campaign starts."""
    return [load(gate, prevalence, n, minutes) for prevalence in prevalences]
