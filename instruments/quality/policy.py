"""Whether one finished sheet looks answered with care, and whether to ask quietly for another go.

The rules read answers and times only. They return reasons; they cannot withdraw, lower or delay
a critical flag, a score or an alert, because none of those is among their inputs or results.
Sources: reference/instruments.md section 4 (Huang 2012 for times, Goldammer 2024 and Jones 2023
for combining indices).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Family(StrEnum):
    """Indices of one family see the same thing, so two of them are not two witnesses."""

    TIME = "time"
    PATTERN = "pattern"
    VALIDITY = "validity"
    CONSISTENCY = "consistency"


class Index(StrEnum):
    """The indices a policy knows; the value is the stored name."""

    TIME_PER_ITEM = "time_per_item"
    TIME_PER_PAGE = "time_per_page"
    LONGSTRING = "longstring_above_minimum"
    IRV = "irv"
    LIE = "lie_items"
    INSTRUCTED = "instructed_items"
    EVEN_ODD = "even_odd"
    SYNONYMS = "psychometric_synonyms"
    PERSON_TOTAL = "person_total"
    GUTTMAN = "guttman_normed"
    PERSON_FIT = "lz_star"
    MAHALANOBIS = "mahalanobis"


FAMILY: Mapping[Index, Family] = {
    Index.TIME_PER_ITEM: Family.TIME,
    Index.TIME_PER_PAGE: Family.TIME,
    Index.LONGSTRING: Family.PATTERN,
    Index.IRV: Family.PATTERN,
    Index.LIE: Family.VALIDITY,
    Index.INSTRUCTED: Family.VALIDITY,
    Index.EVEN_ODD: Family.CONSISTENCY,
    Index.SYNONYMS: Family.CONSISTENCY,
    Index.PERSON_TOTAL: Family.CONSISTENCY,
    Index.GUTTMAN: Family.CONSISTENCY,
    Index.PERSON_FIT: Family.CONSISTENCY,
    Index.MAHALANOBIS: Family.CONSISTENCY,
}
HIGH_IS_ODD = {
    Index.LONGSTRING,
    Index.LIE,
    Index.INSTRUCTED,
    Index.GUTTMAN,
    Index.MAHALANOBIS,
}


@dataclass(frozen=True)
class Policy:
    """Cut-offs with their source; a campaign's own estimates replace them (careless.cutoffs)."""

    seconds_per_item: float = 2.0  # Huang 2012: below 2 s an item nobody reads
    straight_share: float = 0.5  # longer run than half of the items
    straight_least: int = 6  # shorter forms have honest runs of every length
    independent: int = 2  # families that must agree
    limits: Mapping[Index, float] = field(
        default_factory=lambda: {
            Index.EVEN_ODD: 0.30,
            Index.SYNONYMS: 0.22,
            Index.PERSON_TOTAL: 0.0,
            Index.PERSON_FIT: -1.65,
        }
    )


DEFAULT_POLICY = Policy()


@dataclass(frozen=True)
class LieRule:
    """Items that hardly anybody truthfully answers with `code`; odd from `at_least` of them on."""

    items: frozenset[str]
    code: int
    at_least: int


@dataclass(frozen=True)
class Reason:
    """One index that looks odd, with the figure and the limit a person can check."""

    index: Index
    value: float
    limit: float

    @property
    def family(self) -> Family:
        """What kind of witness this index is."""
        return FAMILY[self.index]


@dataclass(frozen=True)
class QualityReport:
    """The reasons, and whether independent ones suffice to invite to a quiet retest."""

    reasons: tuple[Reason, ...]
    ask_retest: bool

    @property
    def families(self) -> frozenset[Family]:
        """The independent kinds among the reasons."""
        return frozenset(reason.family for reason in self.reasons)


def assess_sheet(
    codes: Sequence[int],
    answers: Mapping[str, int | None],
    seconds_per_item: Mapping[str, float] | float | None = None,
    *,
    minimum: int | None = None,
    reverse: Iterable[str] = (),
    lie: LieRule | None = None,
    instructed: Mapping[str, int] | None = None,
    seconds_per_page: Sequence[tuple[float, int]] = (),
    measured: Mapping[Index, float | None] | None = None,
    policy: Policy = DEFAULT_POLICY,
) -> QualityReport:
    """Judge one sheet at submit.

    codes: the answer codes of the form; answers: item id -> raw code in the order of the form,
    None = unanswered.
    seconds_per_item: mean, or item -> seconds. seconds_per_page: (seconds, items) of each page.
    minimum: the code of "not at all" (default the lowest): runs of it are healthy students.
    reverse: reversed items; a run of `minimum` across both directions contradicts itself.
    measured: values of indices that need the campaign (person fit and so on) where known.
    """
    low = min(codes) if minimum is None else minimum
    found = [
        *_too_fast(seconds_per_item, seconds_per_page, policy),
        *_straight(answers, low, frozenset(reverse), policy),
        *_validity(answers, lie, instructed or {}),
        *measured_reasons(measured or {}, policy),
    ]
    return decide(found, policy)


def decide(reasons: Iterable[Reason], policy: Policy = DEFAULT_POLICY) -> QualityReport:
    """Invite to a retest only when enough independent families point the same way."""
    kept = tuple(reasons)
    families = {reason.family for reason in kept}
    return QualityReport(kept, len(families) >= policy.independent)


def longest_run(values: Iterable[int | None], minimum: int | None = None) -> int:
    """Longest run of one code; blanks break it, codes equal to `minimum` do not count."""
    best = run = 0
    before: int | None = None
    for value in values:
        counts = value is not None and value != minimum
        run = (run + 1 if value == before else 1) if counts else 0
        before, best = value, max(best, run)
    return best


def _too_fast(
    seconds: Mapping[str, float] | float | None,
    pages: Sequence[tuple[float, int]],
    policy: Policy,
) -> Iterable[Reason]:
    limit = policy.seconds_per_item
    if isinstance(seconds, Mapping):
        seconds = sum(seconds.values()) / len(seconds) if seconds else None
    if seconds is not None and seconds < limit:
        yield Reason(Index.TIME_PER_ITEM, seconds, limit)
    paces = [spent / items for spent, items in pages if items]
    if paces and min(paces) < limit:
        yield Reason(Index.TIME_PER_PAGE, min(paces), limit)


def _straight(
    answers: Mapping[str, int | None], low: int, reverse: frozenset[str], policy: Policy
) -> Iterable[Reason]:
    limit = max(policy.straight_share * len(answers), policy.straight_least - 1)
    run = max(longest_run(answers.values(), low), _contradicting_run(answers, low, reverse))
    if run > limit:
        yield Reason(Index.LONGSTRING, run, limit)


def _contradicting_run(answers: Mapping[str, int | None], low: int, reverse: frozenset[str]) -> int:
    """Longest run of the minimum code that covers plain and reversed items alike."""
    best, run = 0, list[str]()
    for number, code in answers.items():
        run = [*run, number] if code == low else []
        if 0 < len(reverse.intersection(run)) < len(run):
            best = max(best, len(run))
    return best


def _validity(
    answers: Mapping[str, int | None], lie: LieRule | None, instructed: Mapping[str, int]
) -> Iterable[Reason]:
    if lie is not None:
        told = sum(answers.get(number) == lie.code for number in lie.items)
        if told >= lie.at_least:
            yield Reason(Index.LIE, told, lie.at_least)
    wrong = sum(answers.get(n) not in (None, code) for n, code in instructed.items())
    if wrong:
        yield Reason(Index.INSTRUCTED, wrong, 0)


def measured_reasons(values: Mapping[Index, float | None], policy: Policy) -> Iterable[Reason]:
    """The indices beyond the policy's limits; an index without a value or a limit says nothing."""
    for index, value in values.items():
        limit = policy.limits.get(index)
        if value is None or limit is None:
            continue
        if value > limit if index in HIGH_IS_ODD else value < limit:
            yield Reason(index, value, limit)
