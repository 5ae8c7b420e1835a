"""Where a score stands in a described population: percentile, T and stanine.

A norm is relative and says nothing clinical; cut-offs live in the instrument's cut-sets.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import NormalDist, fmean, stdev

SMALLEST_CELL = 100
STANINES = (0.04, 0.11, 0.23, 0.40, 0.60, 0.77, 0.89, 0.96)
OLD_AFTER_YEARS = 20


class TooSmall(ValueError):
    """The cell holds too few people to stand for a population."""


@dataclass(frozen=True)
class Population:
    """Who was measured, where, when; sex and grade name the cell, None = all."""

    name: str
    region: str
    year: int
    sex: str | None = None
    grade: str | None = None


@dataclass(frozen=True)
class Standing:
    """One raw score in one norm."""

    percentile: float
    t_linear: float
    t_normalised: float
    stanine: int


@dataclass(frozen=True)
class Norms:
    """The score distribution of one cell: rising values and how many people had each."""

    population: Population
    values: tuple[float, ...]
    counts: tuple[int, ...]
    mean: float
    sd: float

    @property
    def n(self) -> int:
        """People in the cell."""
        return sum(self.counts)

    def is_old(self, year: int) -> bool:
        """Whether readers must see an "old norm" badge in that year."""
        return year - self.population.year > OLD_AFTER_YEARS

    def percentile(self, score: float) -> float:
        """Mid-point percentile rank (cum below + half of equals) / n, kept off 0 and 1.

        The ends are half a person away from 0 and 1: nobody is below or above everybody
        in the population only because of a sample.
        """
        place = bisect_left(self.values, score)
        below = sum(self.counts[:place])
        equal = self.counts[place] if self.values[place : place + 1] == (score,) else 0
        half = 0.5 / self.n
        return min(max((below + equal / 2) / self.n, half), 1 - half)

    def standing(self, score: float) -> Standing:
        """Percentile, T linear and normalised, stanine 1..9 of a raw score; not of a missing one."""
        if not isfinite(score):
            raise ValueError("a missing score stands nowhere")
        rank = self.percentile(score)
        return Standing(
            percentile=100 * rank,
            t_linear=50 + 10 * (score - self.mean) / self.sd,
            t_normalised=50 + 10 * NormalDist().inv_cdf(rank),
            stanine=1 + sum(rank >= cut for cut in STANINES),
        )


def norms(scores: Sequence[float], population: Population, smallest: int = SMALLEST_CELL) -> Norms:
    """Norms of one cell; TooSmall below `smallest` people, ValueError when nobody differs."""
    if not all(map(isfinite, scores)):
        raise ValueError("a score is missing: leave those people out")
    if len(scores) < smallest:
        raise TooSmall(f"{len(scores)} people: norms need at least {smallest} in a cell")
    values = tuple(sorted(set(scores)))
    if len(values) < 2:
        raise ValueError("everybody has the same score")
    place = {value: index for index, value in enumerate(values)}
    counts = [0] * len(values)
    for score in scores:
        counts[place[score]] += 1
    return Norms(population, values, tuple(counts), fmean(scores), stdev(scores))
