"""What a submitted sheet says: scores, the flags of the campaign's cut-offs, and its quality."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

from instruments.library.definition import BandRule, Cut, Definition, Value
from instruments.quality.policy import (
    DEFAULT_POLICY,
    Index,
    QualityReport,
    Reason,
    assess_sheet,
    decide,
)
from instruments.scoring.single import Scored, band_of, score
from screening.campaigns.attention import SERIOUS
from screening.taking.crisis import Finding
from screening.taking.drafts import is_number

HIGH, ATTENTION = 2, 1
LONGEST_ITEM_S = 300.0


@dataclass(frozen=True)
class Asked:
    """One instrument as a campaign asks it: cut-set and the band from which a person looks."""

    definition: Definition
    cutset: str | None = None
    from_band: str | None = None


@dataclass(frozen=True)
class Judged:
    """One instrument of a sheet: its score and findings, or the reason why it has none."""

    asked: Asked
    scored: Scored | None
    findings: tuple[Finding, ...]
    failed: str | None = None

    @property
    def positive(self) -> bool | None:
        """Whether a cut-off was reached; None when no score says."""
        if self.scored is None:
            return None
        known: list[object] = [self.scored.scores.get(r.scale) for r in cut_rules(self.asked)]
        known += [self.scored.bands.get(scale) for scale, _bands in class_rules(self.asked)]
        if self.findings:
            return True
        return None if not known or None in known else False


@dataclass(frozen=True)
class Times:
    """How long a sheet took: the server's own measure, and the browser's hints (not trusted)."""

    whole_s: float | None
    hints: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def judge(asked: Asked, answers: Mapping[str, Value], sex: str | None) -> Judged:
    """Score one instrument; never raises, because a sheet must be kept whatever its score does."""
    try:
        context = {"sex": {"f": "female", "m": "male"}[sex]} if sex else {}
        scored = score(asked.definition, dict(answers), context, asked.cutset)
        found = (*_reached(asked, scored, context), *_classed(asked, scored))
    except Exception as error:  # noqa: BLE001 - a person looks instead of the rule
        broken = {"instrument": asked.definition.key, "error": repr(error)[:200]}
        rule = f"{asked.definition.key}:scoring-failed"
        return Judged(asked, None, (Finding(rule, HIGH, broken),), repr(error)[:200])
    return Judged(asked, scored, found)


def cut_rules(asked: Asked) -> tuple[BandRule, ...]:
    """The band rules that know the campaign's band."""
    rules = asked.definition.band_rules(asked.cutset)
    return tuple(
        rule
        for rule in rules
        if any(cut.band == asked.from_band for cuts in rule.tables.values() for cut in cuts)
    )


def _reached(asked: Asked, scored: Scored, context: Mapping[str, object]) -> Iterator[Finding]:
    for rule in cut_rules(asked):
        value, cuts = scored.scores.get(rule.scale), rule.cuts(context)
        if value is None or cuts is None:
            continue
        bands, band = rule.from_mild(cuts), band_of(rule, value, context)
        if band is None or bands.index(band) < bands.index(str(asked.from_band)):
            continue
        low = rule.worse == "low"
        name, edge = _edge(cuts, str(asked.from_band), low=low)
        inputs = {
            "instrument": asked.definition.key,
            "version": asked.definition.version,
            "scale": rule.scale,
            "value": value,
            name: edge,
            "band": band,
            "cutset": scored.cutset,
        }
        sign = "<" if low else ">="
        yield Finding(
            f"{asked.definition.key}:{rule.scale}{sign}{edge}", _severity(band, bands), inputs
        )


def _edge(cuts: Sequence[Cut], band: str, *, low: bool) -> tuple[str, int | float]:
    """The score at which the band begins, seen from the mild end, with its name as an input."""
    at = next(place for place, cut in enumerate(cuts) if cut.band == band)
    return ("below", cuts[at + 1].start) if low else ("at_least", cuts[at].start)


def _severity(band: str, bands: Sequence[str]) -> int:
    top = band == bands[-1] and len(bands) > 2  # yes/no is no gradation
    return HIGH if top else ATTENTION


def class_rules(asked: Asked) -> list[tuple[str, tuple[str, ...]]]:
    """(scale, classes from the mildest up) of a scale's own algorithm that know the band."""
    found = asked.definition.algorithm
    return [(k, v) for k, v in found.bands.items() if asked.from_band in v] if found else []


def _classed(asked: Asked, scored: Scored) -> Iterator[Finding]:
    """Findings of scales that classify by a rule of their own: UPI classes, triage screeners."""
    key = asked.definition.key
    for scale, classes in class_rules(asked):
        band = scored.bands.get(scale)
        if band is None or classes.index(band) < classes.index(str(asked.from_band)):
            continue
        inputs = {
            "instrument": key,
            "version": asked.definition.version,
            "scale": scale,
            "band": band,
        }
        severity = HIGH if band in SERIOUS.get(key, ()) else ATTENTION
        yield Finding(f"{key}:{scale}={band}", severity, inputs)


def quality(sheets: Iterable[tuple[Judged, Mapping[str, Value]]], times: Times) -> QualityReport:
    """Judge the care of a whole sheet; its reasons can never lower a finding."""
    listed = list(sheets)
    count = sum(len(judged.asked.definition.items) for judged, _answers in listed)
    pace = times.whole_s / count if times.whole_s is not None and count else None
    reasons = [reason for judged, answers in listed for reason in _odd(judged, answers, times)]
    if pace is not None and pace < DEFAULT_POLICY.seconds_per_item:
        reasons.append(Reason(Index.TIME_PER_ITEM, round(pace, 2), DEFAULT_POLICY.seconds_per_item))
    return decide(reasons)


def _odd(judged: Judged, answers: Mapping[str, Value], times: Times) -> Iterator[Reason]:
    definition = judged.asked.definition
    coded = [item for item in definition.items if not item.measured and item.codes]
    if coded:
        given = {item.id: _code(answers.get(item.id)) for item in coded}
        reverse = [item.id for item in coded if item.reverse]
        hints = times.hints.get(definition.key, {})
        seconds = {item.id: hints[item.id] for item in coded if item.id in hints}
        codes = sorted({code for item in coded for code in item.codes})
        whole = seconds if len(seconds) == len(coded) else None
        yield from assess_sheet(codes, given, whole, reverse=reverse).reasons
    if judged.scored is not None:
        yield from _lied(definition, judged.scored)


def _code(value: Value) -> int | None:
    return int(value) if value is not None else None


def _lied(definition: Definition, scored: Scored) -> Iterator[Reason]:
    for rule in definition.validity:
        value = scored.scores.get(rule.scale)
        if value is not None and value >= rule.at_least:
            yield Reason(Index.LIE, float(value), rule.at_least)


def read_hints(document: object, sheet: Mapping[str, Definition]) -> dict[str, dict[str, float]]:
    """Seconds per item as the browser says them; anything odd is left out, nothing is refused."""
    if not isinstance(document, Mapping):
        return {}
    return {
        key: {
            str(item): float(spent)
            for item, spent in items.items()
            if str(item) in sheet[key].by_id and _plausible(spent)
        }
        for key, items in document.items()
        if key in sheet and isinstance(items, Mapping)
    }


def _plausible(spent: object) -> TypeGuard[int | float]:
    return is_number(spent) and 0 <= spent <= LONGEST_ITEM_S
