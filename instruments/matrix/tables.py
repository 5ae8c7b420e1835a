"""Looks a small table up in a whole column, as wide as the processor can.

A table with few steps is computed block by block; one with many is translated, or gathered where
the index is wider than a byte. NumPy's minimum of an array and a number is ten times slower than of two arrays,
so that bounds are arrays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instruments.matrix.room import Room

BLOCK = 1 << 17  # rows of one byte that stay in the nearest cache but one
FEW = 8
WIDEST = 100  # of stairs: twice as much is still a byte

Matrix = NDArray[Any]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Stairs:
    """Steps of one width: (index + start) // width, at most `top`; 255 may come round to 0."""

    start: int
    width: int
    top: int | None

    def climb(self, part: Matrix, target: Bytes) -> None:
        """The value for every index of a block."""
        number = part.dtype.type
        at = target if part.itemsize == 1 else np.empty_like(part)
        if self.start:
            part = np.add(part, number(self.start), out=at)
        np.floor_divide(part, number(self.width), out=at)
        if self.top is not None:
            np.minimum(at, np.full_like(at, self.top), out=at)
        if at is not target:
            target[:] = at


@dataclass(frozen=True)
class Steps:
    """Steps anywhere: the first value and at which index it changes by how much."""

    first: int
    changes: tuple[tuple[int, int], ...]

    def climb(self, part: Matrix, target: Bytes) -> None:
        """The value for every index of a block."""
        target[:] = self.first
        reached = np.empty(len(part), np.bool_)
        for index, rise in self.changes:
            np.greater_equal(part, part.dtype.type(index), out=reached)
            step = reached.view(np.uint8)
            if rise != 1:
                np.multiply(step, np.uint8(rise % 256), out=step)
            np.add(target, step, out=target)


def look_up(table: Matrix, index: Matrix, room: Room) -> Matrix:
    """table[index] for a table of bytes and unsigned indices."""
    out = room.column()
    write = _writer(table.tobytes(), index.itemsize)
    for start in range(0, len(index), BLOCK):
        write(index[start : start + BLOCK], out[start : start + BLOCK])
    return out.view(table.dtype)


def _writer(table: bytes, width: int) -> Callable[[Matrix, Bytes], None]:
    way = _way(table, width)
    if way:
        return way.climb
    return partial(_translate if width == 1 else _gather, table.ljust(256))


def _translate(table: bytes, part: Bytes, target: Bytes) -> None:
    target[:] = np.frombuffer(part.tobytes().translate(table), np.uint8)


def _gather(table: bytes, part: Matrix, target: Bytes) -> None:
    target[:] = np.frombuffer(table, np.uint8)[part]


@lru_cache(maxsize=1024)
def _way(table: bytes, width: int) -> Stairs | Steps | None:
    """How to compute a table of bytes from indices of a width in bytes; None when it is too uneven."""
    values = np.frombuffer(table, np.uint8)
    at = np.flatnonzero(np.diff(values)) + 1
    index = np.arange(len(values), dtype=f"u{width}")
    for stairs in _candidates(values, at.tolist()):
        found = np.empty_like(values)
        stairs.climb(index, found)
        if np.array_equal(found, values):
            return stairs
    if len(at) > FEW:
        return None
    rises = np.diff(values.astype(int))[at - 1]
    return Steps(int(values[0]), tuple(zip(at.tolist(), rises.tolist(), strict=True)))


def _candidates(values: Bytes, at: list[int]) -> list[Stairs]:
    """Stairs as wide as two neighbouring steps, with and without a last one that is wider."""
    widths = {second - first for first, second in pairwise(at)}
    top = int(np.max(values, initial=0))
    return [
        Stairs(-first % width + lift, width, cap)
        for width in sorted(widths)
        for first in at[:2]
        for lift in (0, width)
        for cap in (None, top)
        if width <= WIDEST
    ]
