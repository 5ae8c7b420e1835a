"""Scores many sheets at once, item by item; equal to `scoring.score` row by row.

Every answer of a scale is added into one small unsigned integer: an unanswered item adds more
than all answers together can, so that the sum alone says how many are missing and what the rest
add up to. Tables built by the single-sheet rules turn it into score and band.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instruments.columns import BLOCK, Columns, ScoreColumn, look_up
from instruments.definition import Definition
from instruments.matrix_algorithms import MATRIX_ALGORITHMS
from instruments.packing import Packing, packing_of
from instruments.parts import BandRule, Derived, Rounding
from instruments.scoring import AnswerRefused, allowed_values

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Matrix = NDArray[Any]


@dataclass(frozen=True)
class BandColumn:
    """One band of all rows: codes into `labels`, -1 for null."""

    codes: NDArray[np.int8]
    labels: tuple[str, ...]

    def label(self, row: int) -> str | None:
        """The band of a row."""
        code = int(self.codes[row])
        return None if code < 0 else self.labels[code]


@dataclass(frozen=True)
class MatrixScored:
    """What all sheets say, column by column, each of length n."""

    scores: Mapping[str, ScoreColumn]
    bands: Mapping[str, BandColumn]
    flags: Mapping[str, Flags]
    missing: NDArray[np.uint8]
    cutset: str

    @property
    def complete(self) -> Flags:
        """Rows without an unanswered item."""
        return np.equal(self.missing, 0)

    def row(self, row: int) -> tuple[dict[str, float | None], dict[str, str | None], list[str]]:
        """Scores, bands and sorted flags of one row, as the single-sheet rule writes them."""
        values = {key: float(column.values[row]) for key, column in self.scores.items()}
        scores = {key: None if np.isnan(value) else value for key, value in values.items()}
        bands = {name: column.label(row) for name, column in self.bands.items()}
        return scores, bands, sorted(flag for flag, rows in self.flags.items() if rows[row])


@dataclass
class _Work:
    definition: Definition
    sheets: Matrix
    columns: Columns
    indices: dict[str, Matrix] = field(default_factory=dict)
    packings: dict[str, Packing] = field(default_factory=dict)
    scores: dict[str, ScoreColumn] = field(default_factory=dict)
    bands: dict[str, BandColumn] = field(default_factory=dict)
    flags: dict[str, Flags] = field(default_factory=dict)


def score_matrix(
    definition: Definition,
    sheets: Matrix,
    context: Mapping[str, object] | None = None,
    cutset: str | None = None,
) -> MatrixScored:
    """Scores of n sheets (rows) x items (columns), -1 = unanswered.

    int8, best in Fortran order (item-major); PSQI takes floats. `context` holds one value for all
    rows or an array of n. Raises AnswerRefused naming the item, KeyError for an unknown cut-set.
    """
    rules = definition.band_rules(cutset)
    if sheets.ndim != 2 or sheets.shape[1] != len(definition.items):
        expected = f"{len(definition.items)} columns expected"
        raise AnswerRefused(definition.key, "*", sheets.shape, expected)
    work = _Work(definition, sheets, Columns(definition.item_ids, sheets))
    _add_up(work)
    missing = _missing(work)
    _score_scales(work, missing)
    _apply_algorithm(work)
    for derived in definition.derived:
        work.scores[derived.key] = ScoreColumn(None, _derived(derived, work.scores))
    for rule in rules:
        work.bands[rule.name] = _band(work, rule, context or {})
    _apply_flags(work)
    return MatrixScored(work.scores, work.bands, work.flags, missing, cutset or "default")


def _blocks(sheets: Matrix) -> Iterator[tuple[slice, Matrix]]:
    """Slices of rows with their answers, items x rows, each item contiguous."""
    for start in range(0, len(sheets), BLOCK):
        rows = slice(start, min(start + BLOCK, len(sheets)))
        if sheets.flags.f_contiguous:
            yield rows, sheets.T[:, rows]
        else:
            yield rows, np.ascontiguousarray(sheets[rows].T)


def _add_up(work: _Work) -> None:
    """Check every answer and pack every scale, one cache-sized block after the other."""
    definition = work.definition
    if any(item.measured for item in definition.items):
        _check_measured(definition, work.sheets)
        return
    work.packings = {scale.key: packing_of(definition, scale) for scale in definition.scales}
    for key, packing in work.packings.items():
        work.indices[key] = np.empty(len(work.sheets), packing.dtype)
    for rows, block in _blocks(work.sheets):
        _check_block(definition, block)
        answers = block.astype(np.int8, copy=False).view(np.uint8)
        for key, packing in work.packings.items():
            packing.add_up(answers, work.indices[key][rows])


def _check_block(definition: Definition, block: Matrix) -> None:
    """Refuse answers outside the codes; codes rise by one (checked by the definition)."""
    codes = definition.items[0].codes
    low, high = codes[0], codes[-1]
    wrong = (block.max(axis=1) > high) | (block.min(axis=1) < -1)
    if low > 0:
        # As unsigned bytes an unanswered item is 255, so the lowest byte is the lowest answer.
        wrong |= block.astype(np.int8, copy=False).view(np.uint8).min(axis=1) < low
    if wrong.any():
        place = int(np.argmax(wrong))
        answers = block[place]
        bad = answers[(answers > high) | (answers < -1) | ((answers >= 0) & (answers < low))]
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


def _missing(work: _Work) -> NDArray[np.uint8]:
    """Unanswered items per row: read off a scale over the whole form, else counted."""
    everything = set(work.definition.item_ids)
    for scale in work.definition.scales:
        if set(scale.items) == everything:
            table = work.packings[scale.key].missing_table()
            found: NDArray[np.uint8] = look_up(table.astype(np.uint8), work.indices[scale.key])
            return found
    total = np.zeros(len(work.sheets), np.uint8)
    for place in range(work.sheets.shape[1]):
        total += work.sheets[:, place] < 0
    return total


def _score_scales(work: _Work, missing: NDArray[np.uint8]) -> None:
    refused = np.zeros(len(work.sheets), np.bool_)
    flags = False
    for scale in work.definition.scales:
        packing, index = work.packings[scale.key], work.indices[scale.key]
        table = packing.value_table()
        work.scores[scale.key] = ScoreColumn(table, index)
        if scale.missing.over_form:
            void = missing > scale.missing.allowed
            index[void] = packing.void
        elif scale.missing.flags:
            void = look_up(np.isnan(table), index)
        else:
            continue
        flags |= scale.missing.flags
        refused |= void
    if flags:
        work.flags["invalid_too_many_missing"] = refused


def _apply_algorithm(work: _Work) -> None:
    algorithm = work.definition.algorithm
    if algorithm is None:
        return
    rule = MATRIX_ALGORITHMS[algorithm.name]
    outcome = rule(work.columns, work.scores, algorithm.parameters)
    for key, values in outcome.scores.items():
        counted = values.dtype == np.uint8
        work.scores[key] = ScoreColumn(np.arange(256.0) if counted else None, values)
    for name, codes in outcome.bands.items():
        work.bands[name] = BandColumn(codes, algorithm.bands[name])
    work.flags.update(outcome.flags)


def _derived(derived: Derived, scores: Mapping[str, ScoreColumn]) -> Floats:
    total: Any = float(derived.constant)
    for term, coefficient in derived.terms:
        total = total + scores[term].values * coefficient
    total = total * derived.multiply.numerator / derived.multiply.denominator
    if derived.divisor:
        divisor = scores[derived.divisor].values
        total = np.divide(total, divisor, out=np.full_like(total, np.nan), where=divisor != 0)
    if derived.rounding is Rounding.HALF_UP:
        total = np.floor(total + 0.5)
    elif derived.rounding is Rounding.FLOOR:
        total = np.floor(total)
    return np.asarray(total, np.float64)


def _band(work: _Work, rule: BandRule, context: Mapping[str, object]) -> BandColumn:
    labels = tuple(dict.fromkeys(cut.band for cuts in rule.tables.values() for cut in cuts))
    column = work.scores[rule.scale]
    if rule.by is None:
        return BandColumn(_codes(rule, labels, column, {}), labels)
    given = np.broadcast_to(np.asarray(context.get(rule.by), object), (len(work.sheets),))
    codes = np.full(len(work.sheets), -1, np.int8)
    for choice in rule.tables:
        rows = np.equal(given, choice).astype(np.bool_)
        codes[rows] = _codes(rule, labels, column, {rule.by: choice})[rows]
    return BandColumn(codes, labels)


def _codes(
    rule: BandRule, labels: tuple[str, ...], column: ScoreColumn, context: Mapping[str, object]
) -> NDArray[np.int8]:
    cuts = rule.cuts(context) or ()
    places = np.array([labels.index(cut.band) for cut in cuts], np.int8)
    values = column.values if column.table is None else column.table
    reached = np.searchsorted([float(cut.start) for cut in cuts], values, side="right") - 1
    found = np.where(reached >= 0, places[np.maximum(reached, 0)], np.int8(-1))
    codes = np.where(np.isnan(values), np.int8(-1), found).astype(np.int8)
    return codes if column.table is None else look_up(codes, column.index)


def _apply_flags(work: _Work) -> None:
    definition = work.definition
    for rule in definition.criticals:
        if rule.flag is not None:
            answers = work.columns[rule.item]
            work.flags[rule.flag] = answers >= rule.at_least
            work.flags[f"critical_item_unanswered:{rule.item}"] = answers < 0
    for validity in definition.validity:
        values = work.scores[validity.scale].values
        work.flags[validity.flag] = values >= validity.at_least
    for each in definition.item_flags:
        hits = np.zeros(len(work.sheets), np.bool_)
        for item in each.items:
            answers = work.columns[item]
            hits |= (answers >= 0) & (answers <= each.at_most)
        work.flags[each.flag] = hits
