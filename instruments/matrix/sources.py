"""Where the answers of many sheets come from: as they arrive, every one checked, or checked before.

No answer outside the codes is ever summed: it is refused, and its item named.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from instruments.library.definition import Definition
from instruments.matrix.packing import Packing, packing_of
from instruments.matrix.sums import Sum, sum_of
from instruments.matrix.tables import BLOCK
from instruments.scoring.single import AnswerRefused, allowed_values

Matrix = NDArray[Any]
Codes = NDArray[np.int8]
Bytes = NDArray[np.uint8]
Veils = Sequence[Bytes | None]
TURN = 1 << 13


class Source(Protocol):
    """Answers block by block, items x rows, -1 for unanswered."""

    @property
    def rows(self) -> int:
        """How many sheets there are."""

    def block(self, rows: slice) -> Codes:
        """The answers of some sheets, each item contiguous."""

    def gaps(self, block: Codes, places: Sequence[int]) -> bool:
        """Whether one of these items is unanswered somewhere in a block."""

    def veil(self, block: Codes, adder: Sum, rows: slice, parts: Veils) -> Bytes | None:
        """The veil of a scale; None when every item is answered. Those of its parts are known."""

    def lift(self, adder: Packing, rows: slice) -> Bytes | None:
        """The lift of a scale, if it was found before."""


@dataclass
class Arriving:
    """Sheets that nobody has looked at: n x items, of any integer type and layout."""

    definition: Definition
    sheets: Matrix
    seen_gaps: bool = False

    @property
    def rows(self) -> int:
        """How many sheets there are."""
        return len(self.sheets)

    def block(self, rows: slice) -> Codes:
        """Some sheets as bytes; a copy only where it must be."""
        part = self.sheets[rows]
        block = part.T if part.strides[0] == part.itemsize else _turned(part)
        if block.dtype == np.int8:
            return block
        with np.errstate(invalid="ignore"):
            small = block.astype(np.int8)
        # What does not fit a byte is refused before it could wrap round to a code.
        for place in np.flatnonzero(np.not_equal(small, block).any(axis=1)):
            refuse(self.definition, int(place), block[place][small[place] != block[place]][0])
        return small

    def gaps(self, block: Codes, places: Sequence[int], lowest: Codes | None = None) -> bool:
        """Refuses what is no code (codes rise by one); `lowest`, where known, saves a pass.

        As unsigned bytes an unanswered item is 255, so that the lowest byte is the lowest answer.
        """
        codes = self.definition.items[0].codes
        low, high = codes[0], codes[-1]
        answers = [block[place] for place in places]
        one_look_will_do = low == 0 and not self.seen_gaps
        if one_look_will_do and _most(each.view(np.uint8) for each in answers) <= high:
            return False
        least = _least(answers if lowest is None else [lowest])
        hidden = least < low and low > 0 and _least(each.view(np.uint8) for each in answers) < low
        if least < -1 or hidden or _most(answers) > high:
            self._refuse(block, places)
        self.seen_gaps = self.seen_gaps or least < low
        return least < low

    def veil(self, block: Codes, adder: Sum, rows: slice, parts: Veils) -> Bytes | None:
        """Where one block had gaps, the next is expected to have them, too."""
        if parts:
            hiding = [veil for veil in parts if veil is not None]
            return reduce(np.minimum, hiding) if hiding else None
        lowest = adder.lowest(block) if self.seen_gaps else None
        if not self.gaps(block, adder.places, lowest):
            return None
        return veil_of(adder.lowest(block) if lowest is None else lowest)

    def lift(self, adder: Packing, rows: slice) -> Bytes | None:
        """Not worth finding for one time."""
        return None

    def _refuse(self, block: Codes, places: Sequence[int]) -> None:
        for place in sorted(places):
            codes, answers = self.definition.items[place].codes, block[place]
            bad = answers[(answers != -1) & ((answers < codes[0]) | (answers > codes[-1]))]
            if len(bad):
                refuse(self.definition, place, bad[0])


@dataclass(frozen=True)
class Sheets:
    """Answers of many sheets, every one checked, items x n, never to change again."""

    instrument: tuple[str, str]
    by_item: Codes
    open_items: frozenset[int]
    veils: Mapping[str, Bytes]
    lifts: Mapping[str, Bytes]

    @property
    def rows(self) -> int:
        """How many sheets there are."""
        return int(self.by_item.shape[1])

    def block(self, rows: slice) -> Codes:
        """Some sheets."""
        return self.by_item[:, rows]

    def gaps(self, block: Codes, places: Sequence[int]) -> bool:
        """Whether one of these items is unanswered on any sheet."""
        return not self.open_items.isdisjoint(places)

    def veil(self, block: Codes, adder: Sum, rows: slice, parts: Veils) -> Bytes | None:
        """Found when the sheets were prepared."""
        veil = self.veils.get(adder.scale.key)
        return None if veil is None else veil[rows]

    def lift(self, adder: Packing, rows: slice) -> Bytes | None:
        """Found when the sheets were prepared."""
        lift = self.lifts.get(adder.scale.key)
        return None if lift is None else lift[rows]


def prepare(definition: Definition, sheets: Matrix) -> Sheets:
    """A checked copy of n x items coded answers, to be scored as often as one likes."""
    arriving = Arriving(definition, sheets)
    by_item = np.empty(sheets.shape[::-1], np.int8)
    open_items: set[int] = set()
    for rows in blocks_of(len(sheets)):
        block = by_item[:, rows]
        np.copyto(block, arriving.block(rows))
        open_items.update(place for place in range(len(block)) if arriving.gaps(block, [place]))
    by_item.flags.writeable = False
    veils, lifts = {}, {}
    for scale in definition.scales:
        if open_items.isdisjoint(definition.places[item] for item in scale.items):
            continue
        if strict := sum_of(definition, scale):
            veils[scale.key] = veil_of(strict.lowest(by_item))
        elif (lift := packing_of(definition, scale).lift(by_item)) is not None:
            lifts[scale.key] = lift
    form = (definition.key, definition.version)
    return Sheets(form, by_item, frozenset(open_items), veils, lifts)


def blocks_of(rows: int) -> Iterator[slice]:
    """Rows, so many at a time that what is read for one scale stays near the processor."""
    return (slice(start, min(start + BLOCK, rows)) for start in range(0, rows, BLOCK))


def veil_of(lowest: Codes) -> Bytes:
    """1 for rows in which everything is answered, 0 for the others."""
    return np.greater_equal(lowest, 0).view(np.uint8)


def check_measured(definition: Definition, sheets: Matrix) -> None:
    """Refuse measured answers (times, hours) outside their limits."""
    for place, item in enumerate(definition.items):
        answers = sheets[:, place]
        low = item.minimum if item.minimum is not None else item.codes[0]
        high = item.maximum if item.maximum is not None else item.codes[-1]
        bad = (answers != -1) & ~((answers >= low) & (answers <= high))
        if not item.measured:
            bad |= answers != np.floor(answers)
        if bad.any():
            refuse(definition, place, answers[bad][0])


def refuse(definition: Definition, place: int, value: np.generic) -> None:
    """Name the item of an answer that is no code."""
    item = definition.items[place].id
    raise AnswerRefused(definition.key, item, value.item(), allowed_values(definition, item))


def _least(rows: Iterable[Matrix]) -> int:
    return min((int(np.minimum.reduce(row)) for row in rows if len(row)), default=127)


def _most(rows: Iterable[Matrix]) -> int:
    return max((int(np.maximum.reduce(row)) for row in rows if len(row)), default=-1)


def _turned(rows: Matrix) -> Matrix:
    """Rows to columns, a few thousand at a time: all at once would read past every cache."""
    block = np.empty(rows.shape[::-1], rows.dtype)
    for start in range(0, len(rows), TURN):
        np.copyto(block[:, start : start + TURN], rows[start : start + TURN].T)
    return block
