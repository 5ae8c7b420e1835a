"""The figures of a campaign: who took part, how it went, how many reached a cut-off (pure)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

from instruments.psychometrics.prevalence import Interval, wilson
from schools.klass_names import grade_place, klass_place
from screening.reports.disclosure import Counts, Scheme, Shown, disclose, disclose_above

# eligible >= finished >= valid >= positive; who took part is no secret inside a school
OF_GROUP = (3, 2)
Key = tuple[str, str, str]  # grade, class, sex
# what follows a flag, in this order
COURSE = ("interviewed", "levelled", "in_care", "referred", "returned")


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
    alerted: bool = False
    course: frozenset[str] = frozenset()  # of COURSE

    @property
    def finished(self) -> bool:
        return self.part in {Part.VALID, Part.INVALID}

    @property
    def steps(self) -> int:
        """How many steps of COURSE he has taken without leaving one out."""
        return next((at for at, step in enumerate(COURSE) if step not in self.course), len(COURSE))


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
    finished: int | None
    valid: int | None
    positive: int | None

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
        reached = [each.steps for each in self.people if each.positive]
        return [
            ("invited", self.eligible),
            ("consented", self.eligible - self.parts[Part.DECLINED]),
            ("answered", self.finished),
            ("valid", self.parts[Part.VALID]),
            ("flagged", self.positive),
            *((step, sum(n > at for n in reached)) for at, step in enumerate(COURSE)),
        ]

    @property
    def out_of_order(self) -> int:
        """Flagged students further on than the funnel shows: danger does not wait for a talk."""
        return sum(each.positive and len(each.course) > each.steps for each in self.people)

    @property
    def alerted_outside(self) -> int:
        """Students with an alert whose sheet is no valid positive one: they are looked after too."""
        return sum(each.alerted and not each.positive for each in self.people)

    def by(self, what: str) -> list[Group]:
        """A table by "grade", "sex" or "klass" in the order of a school, small cells hidden."""
        counts = self._counts
        if what == "sex":
            return _flat(_summed(counts, 2), Scheme(OF_GROUP, self.smallest))
        grades, klasses = _grades_and_klasses(counts, Scheme(OF_GROUP, self.smallest))
        return grades if what == "grade" else klasses

    @cached_property
    def _counts(self) -> Mapping[Key, Counts]:
        return _counts(self.people)


def _counts(people: Sequence[Taken]) -> Mapping[Key, Counts]:
    found: dict[Key, list[int]] = {}
    for each in people:
        counts = found.setdefault((each.grade, each.klass, each.sex), [0, 0, 0, 0])
        counts[0] += 1
        counts[1] += each.finished
        counts[2] += each.part is Part.VALID
        counts[3] += each.positive
    return {key: tuple(counts) for key, counts in found.items()}


def _summed(
    counts: Mapping[Key, Counts], place: int, grade: str | None = None
) -> dict[str, Counts]:
    """By one part of the key (of one grade), in the order of a school."""
    found: dict[str, Counts] = {}
    for key, each in counts.items():
        if grade in {None, key[0]}:
            before = found.get(key[place], (0,) * len(each))
            found[key[place]] = tuple(a + b for a, b in zip(before, each, strict=True))
    order = (grade_place, klass_place, str)[place]
    return {label: found[label] for label in sorted(found, key=order)}


def _group(label: str, shown: Shown) -> Group:
    eligible, finished, valid, positive = shown
    return Group(label, eligible, finished, valid, positive)


def _flat(rows: Mapping[str, Counts], scheme: Scheme) -> list[Group]:
    """Rows whose total the report prints in any case."""
    shown = disclose(list(rows.values()), scheme, whole_known=True)
    return [_group(label, row) for label, row in zip(rows, shown.rows, strict=True)]


def _grades_and_klasses(
    counts: Mapping[Key, Counts], scheme: Scheme
) -> tuple[list[Group], list[Group]]:
    """Both tables together: classes add up to grades, grades to the school."""
    grades = _summed(counts, 0)
    by_grade = {grade: _summed(counts, 1, grade) for grade in grades}
    tables = [disclose(list(rows.values()), scheme) for rows in by_grade.values()]
    if None in disclose_above(tables, scheme).total:
        return _without_grades(grades, by_grade, scheme)
    klasses = [
        _group(label, row)
        for rows, table in zip(by_grade.values(), tables, strict=True)
        for label, row in zip(rows, table.rows, strict=True)
    ]
    totals = zip(grades, tables, strict=True)
    return [_group(label, table.total) for label, table in totals], klasses


def _without_grades(
    grades: Mapping[str, Counts], by_grade: Mapping[str, Mapping[str, Counts]], scheme: Scheme
) -> tuple[list[Group], list[Group]]:
    """The school's total is known: where grades would betray classes, they show attendance only."""
    rows = {label: row for klasses in by_grade.values() for label, row in klasses.items()}
    bare = [_group(label, (row[0], row[1], None, None)) for label, row in grades.items()]
    return bare, _flat(rows, scheme)
