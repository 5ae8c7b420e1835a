"""Strict scales: a plain sum a sheet, and one index that stands for "something is unanswered".

An unanswered item needs no counting here, so that a scale costs two steps an item: one adds, one
keeps the lowest answer. A veil is 1 where that says that everything is answered, and 0 where not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instruments.library.definition import Definition
from instruments.library.parts import Method, Operation, Scale
from instruments.scoring.single import scale_value

Matrix = NDArray[Any]
Bytes = NDArray[np.uint8]
Codes = NDArray[np.int8]
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

    @cached_property
    def places(self) -> tuple[int, ...]:
        """The columns of the form that it reads."""
        return self.plain + self.turned

    @cached_property
    def largest(self) -> int:
        """The highest sum."""
        return len(self.places) * self.high

    @cached_property
    def narrow(self) -> bool:
        """Whether a byte holds every sum."""
        return self.largest < VOID

    @cached_property
    def dtype(self) -> type[np.unsignedinteger[Any]]:
        """The smallest integer that holds every sum."""
        return np.uint8 if self.narrow else np.uint16

    @cached_property
    def void(self) -> int:
        """The index that no complete sheet can have: below the lowest sum, or what -1 is."""
        if self.low:
            return 0
        return VOID if self.narrow else self.largest + 1

    def add_up(self, answers: Bytes, veil: Bytes | None, out: Matrix) -> None:
        """Sum a block (items x rows; 255 = unanswered); no veil means nothing is unanswered."""
        plain, turned = ([answers[place] for place in some] for some in (self.plain, self.turned))
        self._add(plain, self.high, out)
        for row in turned:
            np.subtract(out, row, out=out)
        if turned:
            constant = (self.low + self.high) * len(turned)
            np.add(out, out.dtype.type(constant % 256**out.itemsize), out=out)
        self._void(veil, out)

    def join(self, parts: Sequence[Bytes], veil: Bytes | None, out: Matrix) -> None:
        """The same from the sums of its parts."""
        self._add(parts, self.largest_part, out)
        self._void(veil, out)

    def _add(self, rows: Sequence[Bytes], highest: int, out: Matrix) -> None:
        """Add bytes up; more than a byte holds in steps that fit one, for bytes add up fastest."""
        if self.narrow:
            add_bytes(rows, out)
            return
        room, part = VOID // highest, np.empty(len(out), np.uint8)
        add_bytes(rows[:room], part)
        out[:] = part
        for start in range(room, len(rows), room):
            add_bytes(rows[start : start + room], part)
            np.add(out, part, out=out)

    def lowest(self, block: Codes) -> Codes:
        """The lowest answer of each row of a block; -1 when one is unanswered."""
        lowest: Codes = np.minimum(block[self.places[0]], block[self.places[-1]])
        for place in self.places[1:-1]:
            np.minimum(lowest, block[place], out=lowest)
        return lowest

    def _void(self, veil: Bytes | None, out: Matrix) -> None:
        """Void the rows whose veil is 0, without a branch on any of them."""
        if veil is None:
            return
        if self.void == VOID:
            np.bitwise_or(out, np.subtract(veil, np.uint8(1)), out=out)
            return
        np.multiply(out, veil, out=out)
        if self.void:
            np.add(out, np.equal(veil, 0) * self.dtype(self.void), out=out)

    def value_table(self) -> NDArray[np.float64]:
        """Score for every index, NaN for the void one, by the rules of the single sheet."""
        return _value_table(self)


def add_bytes(rows: Sequence[Bytes], out: Bytes) -> None:
    """Sums that overflow on the way come round again: only the end must fit a byte."""
    if len(rows) < 2:
        out[:] = rows[0] if rows else 0
        return
    np.add(rows[0], rows[1], out=out)
    for row in rows[2:]:
        np.add(out, row, out=out)


@lru_cache(maxsize=1024)
def _value_table(sums: Sum) -> NDArray[np.float64]:
    count = len(sums.places)
    table = np.full(max(sums.void, sums.largest) + 1, np.nan)
    for total in range(count * sums.low, sums.largest + 1):
        table[total] = float(scale_value(sums.scale, total, count))
    table.flags.writeable = False
    return table


def sum_of(definition: Definition, scale: Scale, before: Iterable[Sum] = ()) -> Sum | None:
    """The plain sum of a strict scale; None when unanswered items must be counted."""
    if scale.missing.method is not Method.STRICT or scale.operation is Operation.COUNT:
        return None
    return plain_sum(definition, scale, _parts(scale, before))


def plain_sum(definition: Definition, scale: Scale, parts: Sequence[Sum] = ()) -> Sum:
    """The sum of a scale whose items are all answered."""
    codes, places = definition.items[0].codes, definition.places
    turned = tuple(places[i] for i in scale.items if definition.by_id[i].reverse)
    plain = tuple(places[i] for i in scale.items if places[i] not in turned)
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
