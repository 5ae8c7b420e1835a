"""The parts of a definition: frozen values that refuse to exist when they contradict themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

Number = int | float
Value = int | float | None


class DefinitionError(ValueError):
    """A definition that must not be used; `place` says where in the file, `remedy` what to change."""

    def __init__(self, place: tuple[str | int, ...], problem: str, remedy: str) -> None:
        """Keep the three parts apart, so that the reader can add file and line."""
        self.place, self.problem, self.remedy = place, problem, remedy
        super().__init__(f"{'.'.join(map(str, place))}: {problem}; {remedy}")


def require(condition: bool, place: tuple[str | int, ...], problem: str, remedy: str) -> None:  # noqa: FBT001
    """Raise DefinitionError unless the condition holds."""
    if not condition:
        raise DefinitionError(place, problem, remedy)


class Operation(StrEnum):
    """How the answers of a scale become one number."""

    SUM = "sum"
    MEAN = "mean"
    COUNT = "count"


class Method(StrEnum):
    """What an unanswered item does to its scale."""

    STRICT = "strict"
    PRORATE = "prorate"
    ZERO = "zero"


class Rounding(StrEnum):
    """Half-up everywhere, except where the key truncates."""

    NONE = "none"
    HALF_UP = "half_up"
    FLOOR = "floor"


@dataclass(frozen=True, slots=True)
class Named:
    """A title in Chinese and English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Critical:
    """An answer of at least `at_least` (raw code) needs a person; `severity` is the default."""

    item: str
    at_least: int
    severity: int
    about: Named
    flag: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One question: its allowed codes, or a range for a measured field (minutes, hours)."""

    id: str
    codes: tuple[int, ...]
    reverse: bool = False
    minimum: float | None = None
    maximum: float | None = None
    critical: Critical | None = None

    @property
    def measured(self) -> bool:
        """Whether the answer is a quantity and not a code."""
        return self.minimum is not None

    def accepts(self, value: Number) -> bool:
        """Whether the value may be stored for this item."""
        if isinstance(value, bool):
            return False
        if self.minimum is not None and self.maximum is not None:
            return self.minimum <= value <= self.maximum
        return value in self.codes

    def keyed(self, value: Number) -> Number:
        """The value in the direction of the scale."""
        return self.codes[0] + self.codes[-1] - value if self.reverse else value


@dataclass(frozen=True, slots=True)
class Missing:
    """How many items may be unanswered, counted over the scale or the whole form."""

    method: Method = Method.STRICT
    allowed: int = 0
    over_form: bool = False
    flags: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """A score computed from items."""

    key: str
    title: Named
    items: tuple[str, ...]
    operation: Operation
    missing: Missing
    at_least: int | None = None
    multiply: Fraction = Fraction(1)
    rounding: Rounding = Rounding.NONE

    def __post_init__(self) -> None:
        """A scale has items, each once."""
        place = ("scales", self.key, "items")
        require(bool(self.items), place, "no items", "list the item numbers of this scale")
        require(
            len(set(self.items)) == len(self.items),
            place,
            "an item is listed twice",
            "list each item once",
        )
        require(
            self.missing.allowed < len(self.items),
            ("scales", self.key, "missing"),
            f"{self.missing.allowed} of {len(self.items)} items may be missing",
            "allow fewer missing answers than items",
        )
        self._check_rules()

    def _check_rules(self) -> None:
        """The rules of one scale do not contradict each other."""
        strict, place = self.missing.method is Method.STRICT, ("scales", self.key, "missing")
        remedy = "take allowed out, or name the method"
        require(not (strict and self.missing.allowed), place, "strict allows none", remedy)
        broken = self.missing.method is Method.PRORATE and self.operation is Operation.SUM
        require(
            not broken or self.rounding is not Rounding.NONE,
            place,
            "a prorated sum is no whole number",
            'say how it is rounded, e.g. rounding = "half_up"',
        )
        require(
            (self.operation is Operation.COUNT) == (self.at_least is not None),
            ("scales", self.key, "operation"),
            "count and at_least belong together",
            "give both or neither",
        )


@dataclass(frozen=True, slots=True)
class Derived:
    """A score computed from other scores: (sum of coefficient x score + constant) / divisor."""

    key: str
    title: Named
    terms: tuple[tuple[str, int], ...]
    constant: int = 0
    divisor: str | None = None
    multiply: Fraction = Fraction(1)
    rounding: Rounding = Rounding.NONE


@dataclass(frozen=True, slots=True)
class Cut:
    """The lower bound (inclusive) of a band."""

    start: Number
    band: str


@dataclass(frozen=True, slots=True)
class BandRule:
    """The bands of one score; `by` names the context value that chooses between tables.

    `worse` says which end of the score asks for a person: well-being and resilience are worse low.
    """

    name: str
    scale: str
    tables: Mapping[str, tuple[Cut, ...]]
    by: str | None = None
    worse: str = "high"

    def from_mild(self, cuts: tuple[Cut, ...]) -> tuple[str, ...]:
        """The bands of one table from the one that asks least for a person to the one most."""
        bands = tuple(cut.band for cut in cuts)
        return bands if self.worse == "high" else bands[::-1]

    def cuts(self, context: Mapping[str, object]) -> tuple[Cut, ...] | None:
        """The table that applies, or None when the context does not say."""
        return self.tables.get(str(context.get(self.by)) if self.by else "")

    def __post_init__(self) -> None:
        """Bands rise without overlap; no table is empty."""
        require(
            self.worse in ("high", "low"),
            ("cutsets", self.name, "worse"),
            f"{self.worse!r} is no end of a score",
            'write "high" or "low"',
        )
        for cuts in self.tables.values():
            place = ("cutsets", self.name, "cuts")
            starts = [cut.start for cut in cuts]
            require(bool(cuts), place, "no bands", "give at least one band")
            require(
                all(a < b for a, b in pairwise(starts)),
                place,
                "the lower bounds do not rise",
                "order the bands from low to high, each bound once",
            )
            require(
                len({cut.band for cut in cuts}) == len(cuts),
                place,
                "a band is named twice",
                "give every band its own name",
            )


@dataclass(frozen=True, slots=True)
class CutSet:
    """Named cut-offs with the population and the source they come from."""

    id: str
    title: Named
    population: Named
    source: str
    verified: bool
    bands: tuple[BandRule, ...]
    includes: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Validity:
    """A flag when a validity scale reaches a value; it invites to a retest, never discards."""

    scale: str
    at_least: int
    flag: str
    action: str


@dataclass(frozen=True, slots=True)
class ItemFlag:
    """A flag when any of the items is answered at or below a code."""

    flag: str
    items: tuple[str, ...]
    at_most: int


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A named rule that is not additive, with its numbers as data."""

    name: str
    scores: tuple[str, ...]
    bands: Mapping[str, tuple[str, ...]]
    flags: tuple[str, ...]
    parameters: Mapping[str, object]
    source: str


@dataclass(frozen=True, slots=True)
class Licence:
    """Who owns the text, what may be shipped, and where that was read."""

    code: str
    holder: str
    text: str
    evidence: str
    record_required: bool
    pack: str | None = None


@dataclass(frozen=True, slots=True)
class Sensitive:
    """Items that reach nobody below the age, nor any grade without a named approver."""

    items: tuple[str, ...]
    minimum_age: int
    reason: Named


@dataclass(frozen=True, slots=True)
class Window:
    """The span of time the questions ask about; 0 days when none is printed."""

    days: int
    text: Named


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who wrote the file, who compared it with the source, why it follows an earlier version."""

    sources: tuple[str, ...]
    authored_by: str
    authored_on: str
    checked_by: str
    checked_on: str
    reason: str = ""
