"""Packs the answers of a scale into one unsigned integer per sheet."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instruments.definition import Definition
from instruments.parts import Item, Operation, Scale
from instruments.scoring import scale_value, too_many_missing

Matrix = NDArray[Any]


@dataclass(frozen=True)
class Packing:
    """How one scale is packed: an unanswered item counts `base`, more than all answers can."""

    scale: Scale
    places: tuple[int, ...]
    codings: tuple[Matrix | None, ...]
    highest: int
    base: int
    dtype: type[np.unsignedinteger[Any]]

    @property
    def void(self) -> int:
        """The index that no sheet can have and that stands for a refused sheet."""
        return len(self.places) * self.base + 1

    def add_up(self, answers: NDArray[np.uint8], out: Matrix) -> None:
        """Pack a block (items x rows; 255 = unanswered) into `out`."""
        room = np.empty(len(out), np.uint8)
        out[:] = 0
        for place, coding in zip(self.places, self.codings, strict=True):
            if coding is None:
                np.minimum(answers[place], np.uint8(self.base), out=room)
                np.add(out, room, out=out)
            else:
                np.add(out, np.take(coding, answers[place]), out=out)

    def missing_table(self) -> Matrix:
        """Unanswered items for every index."""
        return np.arange(self.void + 1) // self.base

    def value_table(self) -> NDArray[np.float64]:
        """Score for every index, NaN for null, by the rules of the single sheet."""
        table = np.full(self.void + 1, np.nan)
        for unanswered in range(len(self.places) + 1):
            if self._refused(unanswered):
                continue
            answered = len(self.places) - unanswered
            for total in range(answered * self.highest + 1):
                table[unanswered * self.base + total] = self._value(total, answered)
        return table

    def _refused(self, unanswered: int) -> bool:
        if self.scale.missing.over_form:
            return False
        return too_many_missing(self.scale.missing, unanswered)

    def _value(self, total: int, answered: int) -> float:
        if self.scale.operation is Operation.COUNT:
            return float(total)
        return float(scale_value(self.scale, total, answered))


def packing_of(definition: Definition, scale: Scale) -> Packing:
    """The packing of a scale with the smallest integer that holds it."""
    counted = scale.operation is Operation.COUNT
    highest = 1 if counted else definition.items[0].codes[-1]
    base = len(scale.items) * highest + 1
    largest = len(scale.items) * base + 1
    dtype = np.uint8 if largest < 256 else np.uint16 if largest < 65536 else np.uint32
    items = [definition.by_id[item] for item in scale.items]
    plain = base < 256 and not counted
    codings = [None if plain and not i.reverse else _coding(i, scale, base, dtype) for i in items]
    ids = definition.item_ids
    places = tuple(ids.index(item) for item in scale.items)
    return Packing(scale, places, tuple(codings), highest, base, dtype)


def _coding(item: Item, scale: Scale, base: int, dtype: type[np.unsignedinteger[Any]]) -> Matrix:
    """What each stored byte adds; bytes that are no code are refused before."""
    table = np.full(256, base, dtype)
    for code in item.codes:
        keyed = int(item.keyed(code))
        counted = scale.operation is Operation.COUNT
        table[code] = int(keyed >= (scale.at_least or 0)) if counted else keyed
    return table
