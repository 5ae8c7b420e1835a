"""Somebody with the page, the file and patience cannot work out a hidden count."""

import math
import random
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from screening.reports.disclosure import Counts, Scheme, Shown, disclose, disclose_above

K = 10
REGION = Scheme(keep=(2, 4, 3, 1), k=K)
KLASS = Scheme(keep=(3, 2), k=K)


def school(source: random.Random) -> Counts:
    """A school as schools are: small ones, nearly complete ones, ones that just began."""
    enrolled = source.choice((9, 14, 40, 120, 500, 1500))
    found = [enrolled]
    for share in (0.99, source.choice((0.02, 0.5, 0.97, 1.0)), 0.96, 0.12):
        found.append(sum(source.random() < share for _each in range(found[-1])))
    return tuple(found)


class Reader:
    """Somebody who puts all printed counts into one system of equations."""

    def __init__(self) -> None:
        self.counts: list[int | None] = []
        self.equal: list[tuple[list[int], int]] = []
        self.falling: list[tuple[int, int]] = []

    def row(self, shown: Shown) -> list[int]:
        """Reads a row; its places in the system."""
        first = len(self.counts)
        self.counts += shown
        places = list(range(first, len(self.counts)))
        self.falling += pairwise(places)
        self.equal += [
            ([at], value) for at, value in zip(places, shown, strict=True) if value is not None
        ]
        return places

    def total(self, rows: Sequence[list[int]], shown: Shown) -> None:
        """Reads a total over rows."""
        for place, value in enumerate(shown):
            if value is not None:
                self.equal.append(([row[place] for row in rows], value))

    def narrowest(self) -> float:
        """The smallest width that any hidden count is left with."""
        size = len(self.counts)
        matrix = np.zeros((len(self.equal), size))
        for line, (places, _value) in enumerate(self.equal):
            matrix[line, places] = 1
        falling = np.zeros((len(self.falling), size))
        for line, (above, below) in enumerate(self.falling):
            falling[line, above], falling[line, below] = -1, 1
        values = [value for _places, value in self.equal]
        widths = [math.inf]
        for at, count in enumerate(self.counts):
            if count is None:
                ends = [
                    linprog(
                        np.eye(size)[at] * sign,
                        A_ub=falling,
                        b_ub=np.zeros(len(falling)),
                        A_eq=matrix,
                        b_eq=values,
                    ).fun
                    for sign in (1, -1)
                ]
                widths.append(-float(ends[1] or 0) - float(ends[0] or 0))
        return min(widths)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**9), size=st.integers(1, 5))
def test_no_hidden_count_of_a_county_can_be_worked_out(seed: int, size: int) -> None:
    source = random.Random(seed)
    rows = [school(source) for _each in range(size)]
    shown, reader = disclose(rows, REGION), Reader()
    reader.total([reader.row(row) for row in shown.rows], shown.total)
    assert reader.narrowest() >= 1, (rows, shown)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_nor_with_the_pages_of_all_counties_and_of_the_city_side_by_side(seed: int) -> None:
    source = random.Random(seed)
    counties = [[school(source) for _s in range(source.randint(1, 4))] for _c in range(3)]
    tables, reader, everybody = [disclose(rows, REGION) for rows in counties], Reader(), []
    for table in tables:
        read = [reader.row(row) for row in table.rows]
        reader.total(read, table.total)
        everybody += read
    city = disclose_above(tables, REGION)
    assert city.rows == tuple(table.total for table in tables)
    reader.total(everybody, city.total)
    assert reader.narrowest() >= 1, (counties, tables, city)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**9), size=st.integers(2, 5))
def test_nor_where_the_total_of_a_school_is_known_anyway(seed: int, size: int) -> None:
    source = random.Random(seed)
    rows = [school(source)[1:] for _each in range(size)]
    shown, reader = disclose(rows, KLASS, whole_known=True), Reader()
    assert shown.total == shown.sums
    reader.total([reader.row(row) for row in shown.rows], shown.total)
    # a total that is small itself, or is one row's, says it whatever the rows hide
    telling = [above - below for above, below in pairwise((*shown.sums, 0))][1:]
    if min(telling) >= K and sum(row[1] > 0 for row in rows) > 1:
        assert reader.narrowest() >= 1, (rows, shown)


def test_small_steps_between_printed_counts_are_hidden() -> None:
    shown = disclose([(500, 500, 496, 480, 60), (800, 800, 700, 650, 90)], REGION)
    assert shown.rows[0][2] is None  # four are missing
    assert shown.rows[0][4] == 60
    everybody = disclose([(90, 90, 60, 60, 60)], REGION)
    assert everybody.rows[0][4] is None


def test_one_hidden_school_takes_another_or_the_total_with_it() -> None:
    two = disclose([(500, 500, 400, 390, 60), (100, 100, 60, 60, 3)], REGION)
    assert [row[4] for row in two.rows] == [None, None]
    assert two.total[4] == 63
    one = disclose([(100, 100, 60, 60, 3)], REGION)
    assert one.total[4] is None


def test_without_the_second_step_the_attack_does_find_a_count() -> None:
    rows, reader = [(500, 500, 400, 390, 60), (100, 100, 60, 60, 3)], Reader()
    read = [reader.row(rows[0]), reader.row((100, 100, 60, 60, None))]
    reader.total(read, tuple(map(sum, zip(*rows, strict=True))))
    assert reader.narrowest() == 0
