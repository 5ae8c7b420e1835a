"""Checks every answer of many sheets and adds up every scale, one cache-sized block at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instruments.library.definition import Definition
from instruments.matrix.columns import BLOCK
from instruments.matrix.packing import Packing, packing_of
from instruments.matrix.sums import Sum, sum_of
from instruments.scoring.single import AnswerRefused, allowed_values

Matrix = NDArray[Any]
Codes = NDArray[np.int8]
Adder = Sum | Packing
TURN = 1 << 13


@dataclass(frozen=True)
class Sheets:
    """Answers of many sheets, every one checked, items x n, never to change again."""

    instrument: tuple[str, str]
    by_item: Codes
    gaps: frozenset[int]


def prepare(definition: Definition, sheets: Matrix) -> Sheets:
    """A checked copy of n x items coded answers, to be scored as often as one likes."""
    by_item = np.empty((len(definition.items), len(sheets)), np.int8)
    gaps: set[int] = set()
    for rows in _slices(len(sheets)):
        block = by_item[:, rows]
        np.copyto(block, _by_item(definition, sheets[rows]))
        _check(definition, block, range(len(block)), _lowest(block, range(len(block))))
        gaps.update(np.flatnonzero(block.min(axis=1) < 0).tolist())
    by_item.flags.writeable = False
    return Sheets((definition.key, definition.version), by_item, frozenset(gaps))


def add_up(
    definition: Definition, sheets: Matrix | Sheets
) -> tuple[Mapping[str, Adder], Mapping[str, Matrix]]:
    """How each scale is added up, and its index for every row; AnswerRefused names the item."""
    if any(item.measured for item in definition.items) and not isinstance(sheets, Sheets):
        _check_measured(definition, sheets)
        return {}, {}
    adders = _adders(definition)
    if isinstance(sheets, Sheets):
        indices = _room(adders, sheets.by_item.shape[1])
        for rows in _slices(sheets.by_item.shape[1]):
            out = {key: index[rows] for key, index in indices.items()}
            _add_checked(sheets.by_item[:, rows], sheets.gaps, adders, out)
        return adders, indices
    indices = _room(adders, len(sheets))
    for rows in _slices(len(sheets)):
        out = {key: index[rows] for key, index in indices.items()}
        _add_block(definition, _by_item(definition, sheets[rows]), adders, out)
    return adders, indices


def _slices(rows: int) -> Iterator[slice]:
    return (slice(start, min(start + BLOCK, rows)) for start in range(0, rows, BLOCK))


def _room(adders: Mapping[str, Adder], rows: int) -> dict[str, Matrix]:
    return {key: np.empty(rows, each.dtype) for key, each in adders.items()}


def _adders(definition: Definition) -> Mapping[str, Adder]:
    found: dict[str, Adder] = {}
    for scale in definition.scales:
        sums = [each for each in found.values() if isinstance(each, Sum)]
        found[scale.key] = sum_of(definition, scale, sums) or packing_of(definition, scale)
    return found


def _by_item(definition: Definition, rows: Matrix) -> Codes:
    """The answers as int8, items x rows, each item contiguous; a copy only where it must be."""
    block = rows.T if rows.strides[0] == rows.itemsize else _turned(rows)
    if block.dtype == np.int8:
        return block
    small = block.astype(np.int8)
    # What does not fit a byte is refused before it could wrap round to a code.
    for place in np.flatnonzero(np.not_equal(small, block).any(axis=1)):
        _refuse(definition, int(place), block[place][small[place] != block[place]][0])
    return small


def _turned(rows: Matrix) -> Matrix:
    """Rows to columns, a few thousand at a time: all at once would read past every cache."""
    block = np.empty(rows.shape[::-1], rows.dtype)
    for start in range(0, len(rows), TURN):
        np.copyto(block[:, start : start + TURN], rows[start : start + TURN].T)
    return block


def _add_block(
    definition: Definition, block: Codes, adders: Mapping[str, Adder], out: Mapping[str, Matrix]
) -> None:
    """What is read for one scale is still in the cache when it is checked and added."""
    unseen = set(range(len(block)))
    for key, adder in adders.items():
        if isinstance(adder, Sum) and adder.parts:
            adder.join([out[part] for part in adder.parts], out[key])
            continue
        lowest = _lowest(block, adder.places)
        _check(definition, block, unseen.intersection(adder.places), lowest)
        unseen.difference_update(adder.places)
        adder.add_up(block.view(np.uint8), lowest, out[key])
    if unseen:
        _check(definition, block, unseen, _lowest(block, sorted(unseen)))


def _add_checked(
    block: Codes, gaps: frozenset[int], adders: Mapping[str, Adder], out: Mapping[str, Matrix]
) -> None:
    """The same for checked answers: the lowest is asked only where something is unanswered."""
    for key, adder in adders.items():
        if isinstance(adder, Sum) and adder.parts:
            adder.join([out[part] for part in adder.parts], out[key])
            continue
        strict = isinstance(adder, Sum) and not gaps.isdisjoint(adder.places)
        lowest = _lowest(block, adder.places) if strict else None
        adder.add_up(block.view(np.uint8), lowest, out[key])


def _lowest(block: Codes, places: Sequence[int]) -> Codes:
    """The lowest answer of each row over some items; -1 when one is unanswered."""
    lowest: Codes = block[places[0]].copy()
    for place in places[1:]:
        np.minimum(lowest, block[place], out=lowest)
    return lowest


def _check(definition: Definition, block: Codes, places: Iterable[int], lowest: Codes) -> None:
    """Refuse answers outside the codes; codes rise by one (checked by the definition)."""
    codes = definition.items[0].codes
    low, high = codes[0], codes[-1]
    least = int(lowest.min(initial=low))
    for place in sorted(places):
        answers = block[place]
        wrong = least < -1 or answers.max(initial=-1) > high
        if wrong or (least < low and low > 0 and _hidden(answers, low)):
            _refuse_codes(definition, place, answers)


def _hidden(answers: Codes, low: int) -> bool:
    """As unsigned bytes an unanswered item is 255, so the lowest byte is the lowest answer."""
    return bool(answers.view(np.uint8).min() < low)


def _refuse_codes(definition: Definition, place: int, answers: Codes) -> None:
    codes = definition.items[place].codes
    bad = answers[(answers != -1) & ((answers < codes[0]) | (answers > codes[-1]))]
    if len(bad):
        _refuse(definition, place, bad[0])


def _check_measured(definition: Definition, sheets: Matrix) -> None:
    for place, item in enumerate(definition.items):
        answers = sheets[:, place]
        low = item.minimum if item.minimum is not None else item.codes[0]
        high = item.maximum if item.maximum is not None else item.codes[-1]
        bad = (answers != -1) & ~((answers >= low) & (answers <= high))
        if not item.measured:
            bad |= answers != np.floor(answers)
        if bad.any():
            _refuse(definition, place, answers[bad][0])


def _refuse(definition: Definition, place: int, value: object) -> None:
    item = definition.items[place].id
    raise AnswerRefused(definition.key, item, value, allowed_values(definition, item))
