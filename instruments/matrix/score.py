"""Scores many sheets at once, item by item; equal to `scoring.score` row by row.

Every scale of every sheet becomes one small unsigned integer (`blocks`); tables built by the
single-sheet rules turn it into score and band.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from instruments.library.definition import Definition
from instruments.library.parts import BandRule, Cut, Derived, ItemFlag, Rounding, Validity
from instruments.matrix.algorithms import MATRIX_ALGORITHMS, ColumnOutcome
from instruments.matrix.blocks import Adder, add_up
from instruments.matrix.columns import Columns, ScoreColumn
from instruments.matrix.packing import Packing
from instruments.matrix.room import Room
from instruments.matrix.sources import Arriving, Sheets, check_measured
from instruments.matrix.sums import Sum
from instruments.matrix.tables import look_up
from instruments.scoring.single import AnswerRefused

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Matrix = NDArray[Any]
Column = TypeVar("Column")


@dataclass(frozen=True)
class BandColumn:
    """One band of all rows: codes into `labels`, the first of which is None for null."""

    codes: NDArray[np.uint8]
    labels: tuple[str | None, ...]

    def label(self, row: int) -> str | None:
        """The band of a row."""
        return self.labels[int(self.codes[row])]


class Late(Mapping[str, Column]):
    """Columns that are computed when they are first read, and then kept."""

    def __init__(self, makers: Mapping[str, Callable[[], Column]]) -> None:
        """Keep how to make each column."""
        self._makers = makers
        self._made: dict[str, Column] = {}

    def __getitem__(self, key: str) -> Column:
        """The column; KeyError when there is none of that name."""
        if key not in self._made:
            self._made[key] = self._makers[key]()
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        """The names, without computing anything."""
        return iter(self._makers)

    def __len__(self) -> int:
        """How many columns there are."""
        return len(self._makers)


@dataclass
class _Work:
    """One matrix on its way: every answer checked, every scale added up, the rest when asked."""

    definition: Definition
    sheets: Matrix
    columns: Columns
    context: Mapping[str, object]
    adders: Mapping[str, Adder]
    indices: Mapping[str, Matrix]
    room: Room
    scores: Late[ScoreColumn] = field(default_factory=lambda: Late({}))

    @cached_property
    def outcome(self) -> ColumnOutcome:
        algorithm = self.definition.algorithm
        if algorithm is None:
            return ColumnOutcome()
        rule = MATRIX_ALGORITHMS[algorithm.name]
        return rule(self.columns, self.scores, algorithm.parameters)

    @cached_property
    def missing(self) -> NDArray[np.uint8]:
        """Unanswered items per row: read off a scale over the whole form, else counted."""
        whole = self._whole()
        if isinstance(whole, Packing):
            table = whole.missing_table().astype(np.uint8)
            return look_up(table, self.indices[whole.scale.key], self.room)
        total = np.zeros(len(self.sheets), np.uint8)
        for item in self.columns.ids:
            total += self.columns[item] < 0
        return total

    @cached_property
    def complete(self) -> Flags:
        """Rows without an unanswered item."""
        whole = self._whole()
        if whole is None:
            return self.columns.complete
        index, flags = self.indices[whole.scale.key], self.flags()
        if isinstance(whole, Sum):
            return np.not_equal(index, whole.dtype(whole.void), out=flags)
        return np.less(index, whole.dtype(whole.base), out=flags)

    def flags(self) -> Flags:
        """A column for flags."""
        return self.room.column(np.bool_)

    def _whole(self) -> Adder | None:
        everything = set(self.definition.item_ids)
        for adder in self.adders.values():
            if set(adder.scale.items) == everything:
                return adder
        return None


@dataclass(frozen=True)
class MatrixScored:
    """What all sheets say, column by column, each of length n; the sheets must stay as they are."""

    scores: Mapping[str, ScoreColumn]
    bands: Mapping[str, BandColumn]
    flags: Mapping[str, Flags]
    cutset: str
    _work: _Work = field(repr=False)

    @property
    def missing(self) -> NDArray[np.uint8]:
        """Unanswered items per row."""
        return self._work.missing

    @property
    def complete(self) -> Flags:
        """Rows without an unanswered item."""
        return self._work.complete

    def row(self, row: int) -> tuple[dict[str, float | None], dict[str, str | None], list[str]]:
        """Scores, bands and sorted flags of one row, as the single-sheet rule writes them."""
        values = {key: float(column.values[row]) for key, column in self.scores.items()}
        scores = {key: None if np.isnan(value) else value for key, value in values.items()}
        bands = {name: column.label(row) for name, column in self.bands.items()}
        return scores, bands, sorted(flag for flag, rows in self.flags.items() if rows[row])


def score_matrix(
    definition: Definition,
    sheets: Matrix | Sheets,
    context: Mapping[str, object] | None = None,
    cutset: str | None = None,
    room: Room | None = None,
) -> MatrixScored:
    """Scores of n sheets (rows) x items (columns), -1 = unanswered.

    int8, best item by item in memory (Fortran order: `by_item.T` of an items x n array costs
    nothing); rows in C order are turned first; `prepare` checks and turns them once and for all.
    PSQI takes floats. `context` holds one value for all
    rows or an array of n. Every answer is checked and every scale added up at once; bands, flags,
    counts and decoded scores when they are first read. `room` is memory for n rows, for callers who
    score again and again. Raises AnswerRefused naming the item,
    KeyError for an unknown cut-set.
    """
    rules = definition.band_rules(cutset)
    rows = _rows(definition, sheets)
    room = Room(len(rows)) if room is None else room
    adders, indices = _added(definition, sheets, room)
    columns = Columns(definition.item_ids, rows)
    work = _Work(definition, rows, columns, context or {}, adders, indices, room)
    _void_forms(work)
    work.scores = _scores(work)
    bands = _bands(work, rules)
    return MatrixScored(work.scores, bands, _flags(work), cutset or "default", work)


def _added(
    definition: Definition, sheets: Matrix | Sheets, room: Room
) -> tuple[Mapping[str, Adder], Mapping[str, Matrix]]:
    if isinstance(sheets, Sheets):
        return add_up(definition, sheets, room)
    if any(item.measured for item in definition.items):
        check_measured(definition, sheets)
        return {}, {}
    return add_up(definition, Arriving(definition, sheets), room)


def _rows(definition: Definition, sheets: Matrix | Sheets) -> Matrix:
    """The n x items view; refuses another form's sheets."""
    if isinstance(sheets, Sheets):
        if sheets.instrument != (definition.key, definition.version):
            raise AnswerRefused(definition.key, "*", sheets.instrument, "sheets of this form")
        return sheets.by_item.T
    if sheets.ndim != 2 or sheets.shape[1] != len(definition.items):
        expected = f"{len(definition.items)} columns expected"
        raise AnswerRefused(definition.key, "*", sheets.shape, expected)
    return sheets


def _void_forms(work: _Work) -> None:
    """Void the scales whose rule counts the blanks of the whole form, once those are counted."""
    for key, adder in work.adders.items():
        if adder.scale.missing.over_form:
            work.indices[key][work.missing > adder.scale.missing.allowed] = adder.void


def _scores(work: _Work) -> Late[ScoreColumn]:
    makers: dict[str, Callable[[], ScoreColumn]] = {
        key: partial(ScoreColumn, adder.value_table(), work.indices[key])
        for key, adder in work.adders.items()
    }
    algorithm = work.definition.algorithm
    for key in algorithm.scores if algorithm else ():
        makers[key] = partial(_of_algorithm, work, key)
    for derived in work.definition.derived:
        makers[derived.key] = partial(_derived, derived, work)
    return Late(makers)


def _of_algorithm(work: _Work, key: str) -> ScoreColumn:
    values = work.outcome.scores[key]
    return ScoreColumn(np.arange(256.0) if values.dtype == np.uint8 else None, values)


def _band_of_algorithm(work: _Work, name: str, labels: tuple[str, ...]) -> BandColumn:
    # An algorithm says -1 for null.
    return BandColumn((work.outcome.bands[name] + 1).view(np.uint8), (None, *labels))


def _bands(work: _Work, rules: Sequence[BandRule]) -> Late[BandColumn]:
    makers: dict[str, Callable[[], BandColumn]] = {}
    algorithm = work.definition.algorithm
    for name, labels in algorithm.bands.items() if algorithm else ():
        makers[name] = partial(_band_of_algorithm, work, name, labels)
    for rule in rules:
        makers[rule.name] = partial(_band, work, rule)
    return Late(makers)


def _derived(derived: Derived, work: _Work) -> ScoreColumn:
    scores = work.scores
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
    return ScoreColumn(None, np.asarray(total, np.float64))


def _band(work: _Work, rule: BandRule) -> BandColumn:
    names = dict.fromkeys(cut.band for cuts in rule.tables.values() for cut in cuts)
    labels, column = (None, *names), work.scores[rule.scale]
    if rule.by is None:
        return BandColumn(_codes(rule.cuts({}), labels, column, work.room), labels)
    given = np.broadcast_to(np.asarray(work.context.get(rule.by), object), (len(work.sheets),))
    codes = np.zeros(len(work.sheets), np.uint8)
    for choice in rule.tables:
        rows = np.equal(given, choice).astype(np.bool_)
        codes[rows] = _codes(rule.cuts({rule.by: choice}), labels, column, work.room)[rows]
    return BandColumn(codes, labels)


def _codes(
    cuts: Sequence[Cut] | None, labels: tuple[str | None, ...], column: ScoreColumn, room: Room
) -> NDArray[np.uint8]:
    reached = [0, *(labels.index(cut.band) for cut in cuts or ())]
    values = column.values if column.table is None else column.table
    steps = np.searchsorted([cut.start for cut in cuts or ()], values, side="right")
    codes = np.where(np.isnan(values), 0, np.array(reached)[steps]).astype(np.uint8)
    return codes if column.table is None else look_up(codes, column.index, room)


def _flags(work: _Work) -> Late[Flags]:
    definition = work.definition
    makers: dict[str, Callable[[], Flags]] = {}
    if any(scale.missing.flags for scale in definition.scales):
        makers["invalid_too_many_missing"] = partial(_refused, work)
    for flag in definition.algorithm.flags if definition.algorithm else ():
        makers[flag] = partial(_flag_of_algorithm, work, flag)
    for rule in definition.criticals:
        if rule.flag is not None:
            makers[rule.flag] = partial(_at_least, work, rule.item, rule.at_least)
            makers[f"critical_item_unanswered:{rule.item}"] = partial(_unanswered, work, rule.item)
    for validity in definition.validity:
        makers[validity.flag] = partial(_reached, work, validity)
    for each in definition.item_flags:
        makers[each.flag] = partial(_low_item, work, each)
    return Late(makers)


def _refused(work: _Work) -> Flags:
    """Rows in which a scale that says so has too many unanswered items."""
    refused = np.zeros(len(work.sheets), np.bool_)
    for key, adder in work.adders.items():
        if adder.scale.missing.flags:
            refused |= look_up(np.isnan(adder.value_table()), work.indices[key], work.room)
    return refused


def _flag_of_algorithm(work: _Work, flag: str) -> Flags:
    return work.outcome.flags[flag]


def _at_least(work: _Work, item: str, code: int) -> Flags:
    reached: Flags = np.greater_equal(work.columns[item], code, out=work.flags())
    return reached


def _unanswered(work: _Work, item: str) -> Flags:
    blank: Flags = np.less(work.columns[item], 0, out=work.flags())
    return blank


def _reached(work: _Work, rule: Validity) -> Flags:
    column = work.scores[rule.scale]
    if column.table is None:
        return np.greater_equal(column.values, rule.at_least)
    return look_up(np.greater_equal(column.table, rule.at_least), column.index, work.room)


def _low_item(work: _Work, rule: ItemFlag) -> Flags:
    hits = np.zeros(len(work.sheets), np.bool_)
    for item in rule.items:
        answers = work.columns[item]
        hits |= (answers >= 0) & (answers <= rule.at_most)
    return hits
