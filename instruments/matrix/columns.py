"""Whole columns of answers and scores, and the fast ways to look up a table in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 16  # rows of one byte that stay in the nearest cache but one

Floats = NDArray[np.float64]
Matrix = NDArray[Any]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Columns:
    """The answers by item; -1 = unanswered."""

    ids: tuple[str, ...]
    sheets: NDArray[Any]

    def __getitem__(self, item: int | str) -> NDArray[Any]:
        """The column of an item."""
        column: NDArray[Any] = self.sheets[:, self.ids.index(str(item))]
        return column

    def count(self, items: Sequence[int | str], code: int) -> NDArray[np.int64]:
        """How many of the items hold the code, per row."""
        total = np.zeros(len(self.sheets), np.int64)
        for item in items:
            total += self[item] == code
        return total

    def any(self, items: Sequence[int | str], code: int) -> NDArray[np.bool_]:
        """Whether any of the items holds the code."""
        return self.count(items, code) > 0

    @cached_property
    def complete(self) -> NDArray[np.bool_]:
        """Rows without an unanswered item."""
        lowest = self.sheets[:, 0].copy()
        for place in range(1, self.sheets.shape[1]):
            np.minimum(lowest, self.sheets[:, place], out=lowest)
        answered: NDArray[np.bool_] = np.greater_equal(lowest, 0)
        return answered


@dataclass(frozen=True)
class ScoreColumn:
    """One score of all rows: `values` is NaN where the score is null."""

    table: Floats | None
    index: Matrix

    @property
    def values(self) -> Floats:
        """Scores as float64, NaN for null."""
        return self.index if self.table is None else self.table[self.index]

    @property
    def compact(self) -> Matrix:
        """Whole scores as int8 or int16 (-1 for null); only for scores that are whole and not negative."""
        if self.table is None:
            return np.where(np.isnan(self.index), -1, self.index).astype(np.int16)
        table = np.where(np.isnan(self.table), -1, self.table)
        small = np.int8 if table.max() < 128 else np.int16
        return look_up(table.astype(small), self.index)


@dataclass(frozen=True)
class _Stairs:
    """Even stairs: one division between two bounds.

    The bounds are arrays: NumPy compares two arrays as wide as the processor can, an array and a
    number it does not.
    """

    width: int
    least: Matrix
    most: Bytes

    def climb(self, part: Matrix, target: Bytes) -> None:
        """How many of the stairs each index has reached."""
        rows, number = slice(len(part)), part.dtype.type
        at = np.maximum(part, self.least[rows], out=target if part.itemsize == 1 else None)
        np.subtract(at, self.least[rows], out=at)
        np.floor_divide(at, number(self.width), out=at)
        target[:] = at
        np.minimum(target, self.most[rows], out=target)


def look_up(table: Matrix, index: Matrix) -> Matrix:
    """table[index]; few steps are compared, single bytes translated, the rest gathered."""
    steps = np.flatnonzero(np.diff(table)) + 1
    if table.dtype.itemsize == 1 and len(steps) <= 8:
        return _by_steps(table, index, steps)
    if index.dtype == np.uint8 and table.dtype.itemsize == 1:
        padded = np.zeros(256, table.dtype)
        padded[: len(table)] = table
        return np.frombuffer(index.tobytes().translate(padded.tobytes()), table.dtype)
    found: Matrix = np.take(table, index)
    return found


def _by_steps(table: Matrix, index: Matrix, steps: Matrix) -> Matrix:
    """A step function by arithmetic, block by block: it runs as wide as the processor can."""
    bytes_ = table.view(np.uint8)
    out = np.empty(len(index), np.uint8)
    even = _even(bytes_, steps)
    stairs = _stairs(even, index)
    room = np.empty(min(BLOCK, len(index)), np.bool_)
    for start in range(0, len(index), BLOCK):
        part, target = index[start : start + BLOCK], out[start : start + BLOCK]
        if stairs:
            stairs.climb(part, target)
        else:
            target[:] = 0
        if bytes_[0]:
            np.add(target, bytes_[0], out=target)
        for step in steps[len(even) :]:
            reached = np.greater_equal(part, part.dtype.type(step), out=room[: len(part)])
            _raise(target, reached.view(np.uint8), int(bytes_[step]) - int(bytes_[step - 1]))
    return out.view(table.dtype)


def _raise(target: Bytes, reached: Bytes, rise: int) -> None:
    if rise != 1:
        np.multiply(reached, np.uint8(rise % 256), out=reached)
    np.add(target, reached, out=target)


def _stairs(even: list[int], index: Matrix) -> _Stairs | None:
    if not even:
        return None
    rows, width = min(BLOCK, len(index)), even[1] - even[0]
    least = np.full(rows, even[0] - width, index.dtype)
    return _Stairs(width, least, np.full(rows, len(even), np.uint8))


def _even(table: Bytes, steps: Matrix) -> list[int]:
    """The first steps, while each rises by one and lies as far from the last as the others."""
    found: list[int] = []
    for step in map(int, steps):
        even = len(found) < 2 or step - found[-1] == found[1] - found[0]
        if not even or int(table[step]) - int(table[step - 1]) != 1:
            break
        found.append(step)
    return found if len(found) > 2 and found[0] >= found[1] - found[0] else []
