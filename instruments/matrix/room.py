"""Memory for columns: in large pieces, and used again when asked, because fresh pages cost time."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Matrix = NDArray[Any]
PIECE = 16


@dataclass
class Room:
    """Hands out columns of n rows; pages that nobody writes to take no memory."""

    rows: int
    _columns: dict[np.dtype[Any], list[Matrix]] = field(default_factory=dict)
    _taken: Counter[np.dtype[Any]] = field(default_factory=Counter)

    def column(self, dtype: DTypeLike = np.uint8) -> Matrix:
        """A column that nobody else has, with anything in it."""
        kind = np.dtype(dtype)
        columns, taken = self._columns.setdefault(kind, []), self._taken[kind]
        if taken == len(columns):
            columns.extend(np.empty((PIECE // kind.itemsize, self.rows), kind))
        self._taken[kind] += 1
        return columns[taken]

    def again(self) -> "Room":
        """The same memory for the next sheets: what was written before is no longer valid."""
        self._taken.clear()
        return self
