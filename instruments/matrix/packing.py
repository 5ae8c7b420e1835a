"""Packs the answers of a scale into one unsigned integer per sheet."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instruments.library.definition import Definition
from instruments.library.parts import Operation, Scale
from instruments.matrix.sums import Sum, plain_sum
from instruments.scoring.single import scale_value, too_many_missing

Matrix = NDArray[Any]
Bytes = NDArray[np.uint8]
Codes = NDArray[np.int8]


@dataclass(frozen=True)
class Packing:
    """How one scale is packed: an unanswered item counts `base`, more than all answers can."""

    scale: Scale
    places: tuple[int, ...]
    turns: tuple[int, ...]
    highest: int
    base: int
    dtype: type[np.unsignedinteger[Any]]
    complete: Sum | None

    @property
    def void(self) -> int:
        """The index that no sheet can have and that stands for a refused sheet."""
        return len(self.places) * self.base + 1

    def add_up(self, answers: Bytes, out: Matrix, *, gaps: bool, lift: Bytes | None) -> None:
        """Pack a block (items x rows; 255 = unanswered); without gaps the sum is the index."""
        if self.complete and (lift is not None or not gaps):
            self.complete.add_up(answers, None, out)
            if lift is not None:
                np.add(out, lift, out=out)
            return
        out[:] = 0
        if self.wide:
            self._add_wide(answers, out)
            return
        room = np.empty(len(out), np.uint8)
        # NumPy compares two arrays as wide as the processor can, an array and a number it does not.
        bases = {base: np.full(len(out), base, np.uint8) for base in self._bases()}
        for place, turn in zip(self.places, self.turns, strict=True):
            np.minimum(answers[place], bases[self._stand_in(turn)], out=room)
            if turn:
                np.subtract(np.uint8(turn), room, out=room)
            np.add(out, room, out=out)

    def lift(self, block: Codes) -> Bytes | None:
        """What lifts the plain sum of bytes, to which a blank adds -1, to the index; None if wide."""
        if self.wide or self.complete is None or self.dtype is not np.uint8:
            return None
        lift = np.zeros(block.shape[1], np.uint8)
        for place, turn in zip(self.places, self.turns, strict=True):
            lacks = self.base - turn - 1 if turn else self.base + 1
            np.add(lift, np.less(block[place], 0) * np.uint8(lacks % 256), out=lift)
        return lift

    def _bases(self) -> set[int]:
        return {self._stand_in(turn) for turn in self.turns}

    def _stand_in(self, turn: int) -> int:
        """The byte for "unanswered" that is `base` once a reversed answer was turned."""
        return (turn - self.base) % 256 if turn else self.base

    @property
    def wide(self) -> bool:
        """Whether sum and number of answers must be kept apart before they are packed."""
        counts = self.scale.operation is Operation.COUNT
        return counts or self.base > 255 or self.base <= max(self.turns)

    def _add_wide(self, answers: NDArray[np.uint8], out: Matrix) -> None:
        answered, few, raised = (np.zeros(len(out), np.uint8) for _ in range(3))
        # Bytes add up several times faster than wider numbers, as long as they hold the sum.
        room = 255 // (self.highest + 1)
        for number, (place, turn) in enumerate(zip(self.places, self.turns, strict=True)):
            if number % room == 0:
                np.add(out, few, out=out)
                few[:] = 0
            # One more than the answer, and 0 when there is none.
            np.add(answers[place], np.uint8(1), out=raised)
            given = np.not_equal(raised, np.uint8(0)).view(np.uint8)
            np.add(answered, given, out=answered)
            np.add(few, self._keyed(raised, given, turn), out=few)
        np.add(out, few, out=out)
        np.subtract(out, answered, out=out)
        unanswered = np.uint8(len(self.places)) - answered
        np.add(out, unanswered * self.dtype(self.base), out=out)

    def _keyed(self, raised: Matrix, given: Matrix, turn: int) -> Matrix:
        """One more than what the answer adds, 0 when there is none."""
        if turn:
            raised = (np.uint8(turn + 2) - raised) * given
        if self.scale.operation is not Operation.COUNT:
            return raised
        least = np.uint8((self.scale.at_least or 0) + 1)
        return given + np.greater_equal(raised, least).view(np.uint8) * given

    def missing_table(self) -> Matrix:
        """Unanswered items for every index."""
        return np.arange(self.void + 1) // self.base

    def value_table(self) -> NDArray[np.float64]:
        """Score for every index, NaN for null, by the rules of the single sheet."""
        return _value_table(self.scale, self.highest, self.base)


@lru_cache(maxsize=1024)
def _value_table(scale: Scale, highest: int, base: int) -> NDArray[np.float64]:
    table = np.full(len(scale.items) * base + 2, np.nan)
    for unanswered in range(len(scale.items) + 1):
        if not scale.missing.over_form and too_many_missing(scale.missing, unanswered):
            break
        answered = len(scale.items) - unanswered
        for total in range(answered * highest + 1):
            table[unanswered * base + total] = _value(scale, total, answered)
    table.flags.writeable = False
    return table


def _value(scale: Scale, total: int, answered: int) -> float:
    if scale.operation is Operation.COUNT:
        return float(total)
    return float(scale_value(scale, total, answered))


def packing_of(definition: Definition, scale: Scale) -> Packing:
    """The packing of a scale with the smallest integer that holds it."""
    codes = definition.items[0].codes
    base = len(scale.items) * codes[-1] + 1
    largest = len(scale.items) * base + 1
    dtype = np.uint8 if largest < 256 else np.uint16 if largest < 65536 else np.uint32
    items = [definition.by_id[item] for item in scale.items]
    turns = tuple(codes[0] + codes[-1] if item.reverse else 0 for item in items)
    places = tuple(definition.places[item] for item in scale.items)
    counts = scale.operation is Operation.COUNT
    complete = None if counts else plain_sum(definition, scale)
    return Packing(scale, places, turns, codes[-1], base, dtype, complete)
