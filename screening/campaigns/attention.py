"""From which band of a scale a person looks, unless a campaign says otherwise (pure).

Source: reference chapter on instruments, section 3.3 (orange is high, yellow is attention; mild is
no flag). Where it is silent, the band that the scale's authors call the clinical one.
"""

from collections.abc import Iterator

from instruments.library.definition import Definition

USUAL = {
    "gad-7": "moderate",
    "iat-20": "frequent_problems",
    "k10": "high",
    "k6": "serious",
    "phq-9": "moderate",
    "phq-a": "moderate",
    "pss-10": "high",
    "upi": "I",
}
WORSE_HIGH = ("positive", "moderate", "serious", "high", "severe", "poor", "abnormal", "at_risk")
WORSE_LOW = ("low_wellbeing", "abnormal", "low")
# classes of triage screeners that are more than attention
SERIOUS = {
    "asq": ("non_acute_positive", "acute_positive"),
    "c-ssrs-screener": ("moderate", "high"),
}


def attention_band(definition: Definition, cutset: str | None) -> str | None:
    """The usual band of severity scales, else "positive"; of a scale's own classes the second.

    None: the scale is scored and nothing of it makes a flag, besides its critical items.
    """
    return next(_candidates(definition, cutset), None)


def _candidates(definition: Definition, cutset: str | None) -> Iterator[str]:
    own = definition.algorithm.bands if definition.algorithm else {}
    usual = USUAL.get(definition.key)
    known: dict[str, set[str]] = {"high": set(), "low": set()}
    for rule in definition.band_rules(cutset):
        known[rule.worse] |= {cut.band for cuts in rule.tables.values() for cut in cuts}
    if usual in known["high"] or any(usual in classes for classes in own.values()):
        yield str(usual)
    yield from (band for band in WORSE_HIGH if band in known["high"])
    yield from (band for band in WORSE_LOW if band in known["low"])
    yield from (classes[1] for classes in own.values())
