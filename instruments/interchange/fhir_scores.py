"""FHIR R4 Observations of a scored sheet, out and in: one for every score and every own class."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from instruments.interchange.fhir import FhirRefused, Resource, canonical, expect_kind
from instruments.library.definition import Definition, Named, Value
from instruments.scoring.single import Scored

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
UCUM = "http://unitsofmeasure.org"


def observations(
    definition: Definition,
    base: str,
    scored: Scored,
    *,
    effective: datetime,
    subject: str | None = None,
    derived_from: str | None = None,
    chinese: bool = True,
) -> list[Resource]:
    """One R4 Observation per score with its bands, and per class of the scale's own rule.

    A null score is there with a data-absent reason, never as zero. `effective` is aware;
    `subject` a pseudonym; `derived_from` a reference to the QuestionnaireResponse.
    """
    if effective.tzinfo is None:
        raise ValueError("the time needs its zone")
    frame = {
        "status": "final",
        "category": [{"coding": [{"system": CATEGORY, "code": "survey"}]}],
        **({"subject": {"identifier": {"value": subject}}} if subject else {}),
        "effectiveDateTime": effective.isoformat(timespec="seconds"),
        **({"derivedFrom": [{"reference": derived_from}]} if derived_from else {}),
        "method": {"text": _method(definition, scored)},
    }
    address = canonical(base, definition)
    said = _chinese if chinese else _english
    named = {scale.key: said(scale.title) for scale in definition.scales}
    named |= {derived.key: said(derived.title) for derived in definition.derived}
    rules = {rule.name: rule.scale for rule in definition.band_rules(scored.cutset)}
    made = [
        _of_score(address, named.get(key, key), key, value, _bands_of(key, rules, scored))
        for key, value in scored.scores.items()
    ]
    own = {name: band for name, band in scored.bands.items() if name not in rules}
    words = {code: said(name) for code, name in definition.band_names.items()}
    made += [_of_class(address, words, name, band) for name, band in own.items()]
    return [{"resourceType": "Observation", **frame, **each} for each in made]


def _chinese(name: Named) -> str:
    return name.zh


def _english(name: Named) -> str:
    return name.en


def _method(definition: Definition, scored: Scored) -> str:
    return (
        f"{definition.key} {definition.version}; cut-set {scored.cutset}; "
        f"engine {scored.engine_version}; sha256 {scored.checksum}"
    )


def _bands_of(key: str, rules: Mapping[str, str], scored: Scored) -> list[tuple[str, str]]:
    found = [(name, scored.bands.get(name)) for name, scale in rules.items() if scale == key]
    return [(name, band) for name, band in found if band is not None]


def _of_score(
    address: str, title: str, key: str, value: Value, bands: Sequence[tuple[str, str]]
) -> Resource:
    quantity = {"value": value, "unit": "score", "system": UCUM, "code": "{score}"}
    meant = [{"coding": [_coding(address, f"bands/{name}", band)]} for name, band in bands]
    return {
        "code": {"coding": [_coding(address, "scores", key)], "text": title},
        **({"valueQuantity": quantity} if value is not None else _unknown()),
        **({"interpretation": meant} if meant else {}),
    }


def _of_class(address: str, words: Mapping[str, str], name: str, band: str | None) -> Resource:
    value: Resource = _unknown()
    if band is not None:
        coding = _coding(address, f"bands/{name}", band)
        value = {"valueCodeableConcept": {"coding": [coding], "text": words[band]}}
    return {"code": {"coding": [_coding(address, "classes", name)], "text": name}, **value}


def _coding(address: str, part: str, code: str) -> Resource:
    return {"system": f"{address}/{part}", "code": code}


def _unknown() -> Resource:
    return {"dataAbsentReason": {"coding": [{"system": ABSENT, "code": "unknown"}]}}


def read_observations(
    resources: Sequence[Mapping[str, Any]], definition: Definition
) -> tuple[dict[str, Value], dict[str, str | None]]:
    """Scores and bands by name; FhirRefused when one is not an Observation of this scale."""
    scores: dict[str, Value] = {}
    bands: dict[str, str | None] = {}
    for resource in resources:
        kind, key = _what(resource, definition)
        if kind == "scores":
            scores[key] = resource.get("valueQuantity", {}).get("value")
            bands |= dict(_interpreted(resource))
        else:
            codings = resource.get("valueCodeableConcept", {}).get("coding", ())
            bands[key] = codings[0]["code"] if codings else None
    return scores, bands


def _what(resource: Mapping[str, Any], definition: Definition) -> tuple[str, str]:
    expect_kind(resource, "Observation")
    for coding in resource.get("code", {}).get("coding", ()):
        address, _slash, kind = str(coding.get("system", "")).rpartition("/")
        if address.endswith(f"/{definition.key}") and kind in {"scores", "classes"}:
            return kind, str(coding["code"])
    raise FhirRefused(f"an observation that is none of {definition.key}")


def _interpreted(resource: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for meant in resource.get("interpretation", ()):
        for coding in meant.get("coding", ()):
            yield str(coding["system"]).rpartition("/")[2], str(coding["code"])
