"""Adds up every scale of many sheets, one block of rows at a time."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instruments.library.definition import Definition
from instruments.matrix.packing import Packing, packing_of
from instruments.matrix.room import Room
from instruments.matrix.sources import Bytes, Codes, Source, blocks_of
from instruments.matrix.sums import Sum, sum_of

Matrix = NDArray[Any]
Adder = Sum | Packing


def add_up(
    definition: Definition, source: Source, room: Room
) -> tuple[Mapping[str, Adder], Mapping[str, Matrix]]:
    """How each scale was added up, and its index for every row."""
    adders = _adders(definition)
    indices = {key: room.column(each.dtype) for key, each in adders.items()}
    unread = set(range(len(definition.items))).difference(*(a.places for a in adders.values()))
    gaps: set[str] = set()
    for rows in blocks_of(source.rows):
        block = source.block(rows)
        out = {key: index[rows] for key, index in indices.items()}
        gaps |= _add_block(source, block, rows, adders, out)
        source.gaps(block, sorted(unread))
    return {key: _plainest(each, gaps=key in gaps) for key, each in adders.items()}, indices


def _adders(definition: Definition) -> Mapping[str, Adder]:
    found: dict[str, Adder] = {}
    for scale in definition.scales:
        sums = [each for each in found.values() if isinstance(each, Sum)]
        found[scale.key] = sum_of(definition, scale, sums) or packing_of(definition, scale)
    return found


def _plainest(adder: Adder, *, gaps: bool) -> Adder:
    """Where every item is answered, a packed index is the plain sum, whose table is shorter."""
    return adder if gaps or isinstance(adder, Sum) else adder.complete or adder


def _add_block(
    source: Source,
    block: Codes,
    rows: slice,
    adders: Mapping[str, Adder],
    out: Mapping[str, Matrix],
) -> set[str]:
    """Every scale of a block; returns the scales with something unanswered."""
    veils: dict[str, Bytes | None] = {}
    gaps = set()
    for key, adder in adders.items():
        if isinstance(adder, Packing):
            if source.gaps(block, adder.places):
                gaps.add(key)
            lift = source.lift(adder, rows)
            adder.add_up(block.view(np.uint8), out[key], gaps=key in gaps, lift=lift)
            continue
        veils[key] = source.veil(block, adder, rows, [veils[part] for part in adder.parts])
        if adder.parts:
            adder.join([out[part] for part in adder.parts], veils[key], out[key])
        else:
            adder.add_up(block.view(np.uint8), veils[key], out[key])
    return gaps
