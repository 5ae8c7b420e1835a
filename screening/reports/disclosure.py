"""Which counts of a table may be printed so that no small group can be worked out (pure).

A row holds nested counts, the widest first: enrolled >= eligible >= finished >= valid >= positive.
A reader knows every printed count, the printed totals and that counts never grow along a row.
Hidden is whatever would tell him of 1 to k-1 people between two printed counts, then as many more
rows as it takes that the total leaves each hidden count a range; where that cannot be, the total.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from instruments.psychometrics.suppression import is_small

Counts = tuple[int, ...]
Shown = tuple[int | None, ...]


@dataclass(frozen=True)
class Scheme:
    """Which counts may be hidden, the most wanted first (it stays when two collide), and k."""

    keep: tuple[int, ...]
    k: int


class Row(NamedTuple):
    """A row of people with the places that are not printed."""

    counts: Counts
    hidden: frozenset[int]


@dataclass(frozen=True)
class Disclosed:
    """The rows and their total as they may be printed; None = hidden."""

    rows: tuple[Shown, ...]
    total: Shown
    sums: Counts
    # per place: hidden rows that no printed total below or here has settled yet
    loose: tuple[tuple[Row, ...], ...]


def disclose(rows: Sequence[Counts], scheme: Scheme, *, whole_known: bool = False) -> Disclosed:
    """A table of one level; `whole_known`: its total is printed elsewhere in any case."""
    hidden = [set(_small(row, scheme)) for row in rows]
    sums = tuple(map(sum, zip(*rows, strict=True)))
    closed = set() if whole_known or not rows else set(_small(sums, scheme))
    before = -1
    while before != (before := len(closed) + sum(map(len, hidden))):
        for place in scheme.keep:
            if place in closed or _protected(rows, hidden, place, scheme):
                continue
            if whole_known:
                for row, places in zip(rows, hidden, strict=True):
                    if _room(row, places, place) > 0:
                        places.add(place)
            else:
                closed.add(place)
    made = [Row(row, frozenset(places)) for row, places in zip(rows, hidden, strict=True)]
    loose = [
        tuple(row for row in made if place in row.hidden) if place in closed else ()
        for place in range(len(sums))
    ]
    shown = tuple(_without(row.counts, row.hidden) for row in made)
    return Disclosed(shown, _without(sums, closed), sums, tuple(loose))


def disclose_above(tables: Sequence[Disclosed], scheme: Scheme) -> Disclosed:
    """A table whose rows are the totals of tables: it hides its own total at most.

    So a county shows the same figures to itself, to its city and to its province.
    """
    sums = tuple(map(sum, zip(*(table.sums for table in tables), strict=True)))
    closed = set(_small(sums, scheme)) if tables else set()
    loose = [
        tuple(row for table in tables for row in table.loose[place]) for place in range(len(sums))
    ]
    for place in scheme.keep:
        rows = [row.counts for row in loose[place]]
        if not _safe(rows, [set(row.hidden) for row in loose[place]], place, scheme.k):
            closed.add(place)
    still = [rows if place in closed else () for place, rows in enumerate(loose)]
    return Disclosed(
        tuple(table.total for table in tables), _without(sums, closed), sums, tuple(still)
    )


def _without(row: Counts, places: Set[int]) -> Shown:
    return tuple(None if place in places else count for place, count in enumerate(row))


def _small(row: Counts, scheme: Scheme) -> set[int]:
    """Places to hide so that no step between printed counts holds 1..k-1 people."""
    hidden: set[int] = set()
    last = len(row) - 1
    if last in scheme.keep and row[last] and row[last] == row[last - 1]:
        hidden.add(last)  # everybody is: that would tell about each of them
    while (found := _collision(row, hidden, scheme)) is not None:
        hidden.add(found)
    return hidden


def _collision(row: Counts, hidden: set[int], scheme: Scheme) -> int | None:
    printed = [place for place in range(len(row)) if place not in hidden]
    steps = [(above, below, row[above] - row[below]) for above, below in pairwise(printed)]
    steps.append((printed[-1], printed[-1], row[printed[-1]]))
    for above, below, people in steps:
        free = [place for place in (above, below) if place in scheme.keep]
        if is_small(people, scheme.k) and free:
            return max(free, key=scheme.keep.index)
    return None


def _protected(rows: Sequence[Counts], hidden: list[set[int]], place: int, scheme: Scheme) -> bool:
    """Hide more rows until the printed total tells nothing; False when that cannot be."""
    while not _safe(rows, hidden, place, scheme.k):
        candidates = [
            at
            for at, row in enumerate(rows)
            if place not in hidden[at] and _room(row, hidden[at], place) > 0
        ]
        if not candidates:
            return False
        # the smallest row that gives the others room: the least is lost
        chosen = min(candidates, key=lambda at: (rows[at][place] == 0, rows[at][place]))
        hidden[chosen].add(place)
    return True


def bounds(row: Counts, hidden: set[int], place: int) -> tuple[int, int]:
    """Between which counts a reader knows a hidden one to lie, from its own row alone."""
    above = next(row[at] for at in range(place - 1, -1, -1) if at not in hidden)
    below = next((row[at] for at in range(place + 1, len(row)) if at not in hidden), 0)
    return below, above


def _room(row: Counts, hidden: set[int], place: int) -> int:
    low, high = bounds(row, hidden, place)
    return high - low


def _safe(rows: Sequence[Counts], hidden: Sequence[set[int]], place: int, k: int) -> bool:
    """Whether the sum of the hidden counts leaves each of them a range of k, or all its own."""
    closed = [at for at, places in enumerate(hidden) if place in places]
    ranges = {at: bounds(rows[at], hidden[at], place) for at in closed}
    known = sum(rows[at][place] for at in closed)
    lows, highs = (sum(each[side] for each in ranges.values()) for side in (0, 1))
    if is_small(known - lows, k) or is_small(highs - known, k):
        return False
    for low, high in ranges.values():
        least, most = max(low, known - (highs - high)), min(high, known - (lows - low))
        if most - least < min(k, high - low):
            return False
    return True
