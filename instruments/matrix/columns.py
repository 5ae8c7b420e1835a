"""Whole columns of answers and of scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instruments.matrix.room import Room
from instruments.matrix.tables import look_up

Floats = NDArray[np.float64]
Matrix = NDArray[Any]


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
        if table.max() < 128:
            return look_up(table.astype(np.int8), self.index, Room(len(self.index)))
        return table.astype(np.int16)[self.index]
