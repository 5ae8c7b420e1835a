"""The figures of a campaign: who took part, how it went, how many reached a cut-off (pure)."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from instruments.prevalence import Interval, wilson
from instruments.suppression import Table, is_small, suppress_table

# above this the exact search takes seconds (100 rows: 25 s)
EXACT_ROWS = 30


class Part(StrEnum):
    """Where one eligible student stands; every one is in exactly one part."""

    DECLINED = "declined"  # declined, exempt, excused or without consent
    ABSENT = "absent"
    UNFINISHED = "unfinished"
    INVALID = "invalid"
    VALID = "valid"


@dataclass(frozen=True)
class Taken:
    """One eligible student: his part, his groups, and what the valid sheet says."""

    student_id: int
    part: Part
    grade: str
    klass: str
    sex: str
    started: bool
    positive: bool = False
    critical: bool = False
    interviewed: bool = False
    concluded: bool = False


@dataclass(frozen=True)
class Share:
    """A rate with its numerator and denominator; None when there is nothing to divide by."""

    count: int
    of: int

    @property
    def percent(self) -> float | None:
        return round(100 * self.count / self.of, 2) if self.of else None

    @property
    def interval(self) -> Interval | None:
        """95 % Wilson interval as percentages."""
        if not self.of:
            return None
        low, high = wilson(self.count, self.of)
        return Interval(round(100 * low, 2), round(100 * high, 2))


@dataclass(frozen=True)
class Group:
    """One line of a table by grade, sex or class; None = hidden."""

    label: str
    eligible: int | None
    valid: int | None
    positive: int | None
    finished: int | None = None

    @property
    def share(self) -> Share | None:
        """The positive rate, when neither figure is hidden."""
        if self.valid is None or self.positive is None:
            return None
        return Share(self.positive, self.valid)


@dataclass(frozen=True)
class Figures:
    """All figures of one campaign."""

    enrolled: int
    covered: int
    people: Sequence[Taken]
    bands: Mapping[str, Mapping[str, int]]
    quality: Mapping[str, int]
    alerts: Mapping[int, int]
    notes: Sequence[str] = ()
    unanswered_critical: int = 0
    smallest: int = 10
    parts: Mapping[Part, int] = field(init=False)

    def __post_init__(self) -> None:
        """Count the parts once."""
        counts = Counter(each.part for each in self.people)
        object.__setattr__(self, "parts", {part: counts[part] for part in Part})

    @property
    def eligible(self) -> int:
        return len(self.people)

    @property
    def finished(self) -> int:
        return self.parts[Part.VALID] + self.parts[Part.INVALID]

    @property
    def started(self) -> int:
        return sum(each.started for each in self.people)

    @property
    def positive(self) -> int:
        return sum(each.positive for each in self.people)

    @property
    def reconciles(self) -> bool:
        """Eligible = declined + absent + not finished + invalid + valid, and no step grows."""
        counts = [count for _name, count in self.funnel]
        falling = all(after <= before for before, after in pairwise(counts))
        return sum(self.parts.values()) == self.eligible and falling

    @property
    def coverage(self) -> Share:
        return Share(self.covered, self.enrolled)

    @property
    def completion_of_eligible(self) -> Share:
        return Share(self.finished, self.eligible)

    @property
    def completion_of_started(self) -> Share:
        return Share(self.finished, self.started)

    @property
    def validity(self) -> Share:
        return Share(self.parts[Part.VALID], self.finished)

    @property
    def positives(self) -> Share:
        return Share(self.positive, self.parts[Part.VALID])

    @property
    def funnel(self) -> list[tuple[str, int]]:
        """Steps, each a subset of the one before."""
        asked = self.eligible - self.parts[Part.DECLINED]
        interviewed = [each for each in self.people if each.positive and each.interviewed]
        return [
            ("eligible", self.eligible),
            ("asked", asked),
            ("started", self.started),
            ("finished", self.finished),
            ("valid", self.parts[Part.VALID]),
            ("positive", self.positive),
            ("interviewed", len(interviewed)),
            ("concluded", sum(each.concluded for each in interviewed)),
        ]

    def by(self, what: str) -> list[Group]:
        """A table by "grade", "sex" or "klass" in the order of names, small cells hidden."""
        groups: dict[str, list[Taken]] = {}
        for each in self.people:
            groups.setdefault(getattr(each, what), []).append(each)
        labels = sorted(groups)
        return _hidden(labels, [groups[label] for label in labels], self.smallest)


def _hidden(labels: Sequence[str], groups: Sequence[Sequence[Taken]], k: int) -> list[Group]:
    """Positive and not positive are two columns, so that a nearly full cell is protected too."""
    cells = []
    for people in groups:
        positive = sum(each.positive for each in people)
        valid = sum(each.part is Part.VALID for each in people)
        cells.append([positive, valid - positive])
    shown = hide_small(cells, k)
    closed = _closed(cells, [row[0] is None for row in shown.cells])
    return [
        Group(
            label,
            len(people),
            None if place in closed else total,
            None if place in closed else row[0],
            _finished(people),
        )
        for place, (label, people, row, total) in enumerate(
            zip(labels, groups, shown.cells, shown.row_totals, strict=True)
        )
    ]


def _closed(cells: Sequence[Sequence[int]], hidden: Sequence[bool]) -> set[int]:
    """Rows to hide because everybody in them is positive: that would tell about each of them.

    A single hidden row would follow from the total, so the next smallest one is hidden with it.
    """
    full = {place for place, row in enumerate(cells) if row[0] and not row[1]}
    if not full:
        return set()
    others = [place for place in range(len(cells)) if place not in full and not hidden[place]]
    alone = len(full | {place for place, is_hidden in enumerate(hidden) if is_hidden}) == 1
    with_people = [place for place in others if sum(cells[place])]
    if alone and with_people:
        full.add(min(with_people, key=lambda place: sum(cells[place])))
    return full


def _finished(people: Sequence[Taken]) -> int:
    return sum(each.part in {Part.VALID, Part.INVALID} for each in people)


def hide_small(cells: Sequence[Sequence[int]], k: int) -> Table:
    """The exact search for up to EXACT_ROWS rows; beyond, whole rows are hidden: more, but fast."""
    if len(cells) <= EXACT_ROWS:
        return suppress_table(cells, k)
    hidden = {at for at, row in enumerate(cells) if any(is_small(count, k) for count in row)}
    rest = sorted(set(range(len(cells))) - hidden, key=lambda at: sum(cells[at]))
    while hidden and rest and _guessable(cells, hidden, k):
        hidden.add(rest.pop(0))
    columns = tuple(map(sum, zip(*cells, strict=True)))
    return Table(
        cells=tuple(
            (None,) * len(row) if at in hidden else tuple(row) for at, row in enumerate(cells)
        ),
        row_totals=tuple(None if at in hidden else sum(row) for at, row in enumerate(cells)),
        column_totals=columns,
        total=sum(columns),
    )


def _guessable(cells: Sequence[Sequence[int]], hidden: set[int], k: int) -> bool:
    """Whether total minus printed rows tells too much: one row, or fewer than k in a column."""
    sums = (sum(cells[at][column] for at in hidden) for column in range(len(cells[0])))
    return len(hidden) < 2 or any(is_small(count, k) for count in sums)


@dataclass(frozen=True)
class School:
    """What a region sees of one school: counts only; None = hidden."""

    name: str
    enrolled: int
    started: bool
    finished: int | None
    valid: int | None
    positive: int | None


def region(
    rows: Sequence[tuple[str, int, bool, int, int, int]], k: int
) -> tuple[list[School], tuple[int | None, ...]]:
    """Schools (name, enrolled, started, finished, valid, positive) with small cells hidden.

    The cells are positive, valid but not positive, and invalid: they add up to finished.
    Returns the schools and the totals of positive, not positive and invalid.
    """
    begun = [row for row in rows if row[2]]
    cells = [[p, v - p, f - v] for _n, _e, _s, f, v, p in begun]
    table = hide_small(cells, k)
    closed = _closed(cells, [row[0] is None for row in table.cells])
    shown: dict[Hashable, School] = {}
    for place, row in enumerate(begun):
        positive, negative = (None, None) if place in closed else table.cells[place][:2]
        # a sum is printed only where both of its parts are
        valid = None if positive is None or negative is None else positive + negative
        shown[row] = School(
            row[0],
            row[1],
            started=True,
            finished=table.row_totals[place],
            valid=valid,
            positive=positive,
        )
    schools = [
        shown.get(row) or School(row[0], row[1], started=False, finished=0, valid=0, positive=0)
        for row in rows
    ]
    return schools, table.column_totals or (0, 0, 0)
