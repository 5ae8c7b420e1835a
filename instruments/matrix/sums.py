"""Strict scales: a plain sum a sheet, and one index that stands for "something is unanswered".

An unanswered item needs no counting here, so that a scale costs two steps an item: one adds, one
keeps the lowest answer, and -1 as the lowest answer voids the sum.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instruments.library.definition import Definition
from instruments.library.parts import Method, Operation, Scale
from instruments.scoring.single import scale_value

Matrix = NDArray[Any]
Bytes = NDArray[np.uint8]
VOID = 255  # all bits set: what -1 is as a byte


@dataclass(frozen=True)
class Sum:
    """How one strict scale is added up; `parts` are scales whose sums already hold its items."""

    scale: Scale
    plain: tuple[int, ...]
    turned: tuple[int, ...]
    low: int
    high: int
    parts: tuple[str, ...] = ()
    largest_part: int = 0

    @property
    def places(self) -> tuple[int, ...]:
        """The columns of the form that it reads."""
        return self.plain + self.turned

    @property
    def largest(self) -> int:
        """The highest sum."""
        return len(self.places) * self.high

    @property
    def narrow(self) -> bool:
        """Whether a byte holds every sum."""
        return self.largest < VOID

    @property
    def dtype(self) -> type[np.unsignedinteger[Any]]:
        """The smallest integer that holds every sum."""
        return np.uint8 if self.narrow else np.uint16

    @property
    def void(self) -> int:
        """The index that no complete sheet can have."""
        return VOID if self.narrow else self.largest + 1

    def add_up(self, answers: Bytes, lowest: NDArray[np.int8] | None, out: Matrix) -> None:
        """Sum a block (items x rows; 255 = unanswered); no `lowest` means nothing is unanswered."""
        room = VOID // self.high
        if self.narrow:
            self._add(answers, self.plain, self.turned, out)
        else:
            out[:] = 0
            part = np.empty(len(out), np.uint8)
            for start in range(0, len(self.places), room):
                some = self.places[start : start + room]
                turned = [place for place in some if place in self.turned]
                self._add(answers, [p for p in some if p not in turned], turned, part)
                np.add(out, part, out=out)
        if lowest is not None:
            # The sign of the lowest answer, spread over the byte: 255 where one is missing.
            self._void_where(np.right_shift(lowest, 7).view(np.uint8), out)

    def _add(self, answers: Bytes, plain: Sequence[int], turned: Sequence[int], out: Bytes) -> None:
        """Sums that overflow on the way come round again: only the end must fit a byte."""
        if plain:
            np.copyto(out, answers[plain[0]])
        else:
            out[:] = 0
        for place in plain[1:]:
            np.add(out, answers[place], out=out)
        for place in turned:
            np.subtract(out, answers[place], out=out)
        if turned:
            np.add(out, np.uint8((self.low + self.high) * len(turned) % 256), out=out)

    def _void_where(self, hit: Bytes, out: Matrix) -> None:
        """Void the rows marked 255 in bytes marked 255 or 0, without a branch on any of them."""
        if self.narrow:
            np.bitwise_or(out, hit, out=out)
        else:
            np.multiply(out, np.equal(hit, 0), out=out)
            np.add(out, (hit & np.uint8(1)) * self.dtype(self.void), out=out)

    def join(self, parts: Sequence[Bytes], out: Matrix) -> None:
        """The same from the sums of its parts, bytes that are 255 where one is void."""
        highest = parts[0].copy()
        for part in parts[1:]:
            np.maximum(highest, part, out=highest)
        room = VOID // self.largest_part
        out[:] = 0
        for start in range(0, len(parts), room):
            some = parts[start].copy()
            for part in parts[start + 1 : start + room]:
                np.add(some, part, out=some)
            np.add(out, some, out=out)
        self._void_where(np.negative(np.equal(highest, VOID).view(np.uint8)), out)

    def value_table(self) -> NDArray[np.float64]:
        """Score for every index, NaN for the void one, by the rules of the single sheet."""
        return _value_table(self)


@lru_cache(maxsize=1024)
def _value_table(sums: Sum) -> NDArray[np.float64]:
    """Sums that cannot occur stand as their nearest neighbour, so that bands have few steps."""
    table = np.full(sums.void + 1, np.nan)
    count = len(sums.places)
    for index in range(sums.void):
        total = min(max(index, count * sums.low), sums.largest)
        table[index] = float(scale_value(sums.scale, total, count))
    table.flags.writeable = False
    return table


def sum_of(definition: Definition, scale: Scale, before: Iterable[Sum] = ()) -> Sum | None:
    """The plain sum of a strict scale; None when unanswered items must be counted."""
    if scale.missing.method is not Method.STRICT or scale.operation is Operation.COUNT:
        return None
    codes = definition.items[0].codes
    ids = definition.item_ids
    plain = tuple(ids.index(i) for i in scale.items if not definition.by_id[i].reverse)
    turned = tuple(ids.index(i) for i in scale.items if definition.by_id[i].reverse)
    parts = _parts(scale, before)
    keys = tuple(each.scale.key for each in parts)
    largest = max((each.largest for each in parts), default=0)
    return Sum(scale, plain, turned, codes[0], codes[-1], keys, largest)


def _parts(scale: Scale, before: Iterable[Sum]) -> list[Sum]:
    """Scales that share no item and together are the whole of it; none when there are no such."""
    wanted, found = set(scale.items), []
    for each in before:
        if each.narrow and wanted.issuperset(each.scale.items):
            wanted -= set(each.scale.items)
            found.append(each)
    return [] if wanted else found
