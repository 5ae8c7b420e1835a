"""What a scored sheet says leaves as valid R4 Observations and comes back the same."""

import json
from datetime import datetime

import jsonschema
import pytest
from fhir.resources.R4B.observation import Observation

from instruments.interchange.fhir import FhirRefused
from instruments.interchange.fhir_scores import observations, read_observations
from instruments.library import catalogue
from instruments.library.definition import Definition, Value
from instruments.scoring.single import Scored, score
from tests.instruments.fhir_check import AT, BASE, CHECK


def sheet(definition: Definition, *, blank: bool = False) -> Scored:
    """Every item at its highest code, or nothing answered."""
    answers: dict[int | str, Value] = {
        item.id: None if blank else (item.maximum if item.measured else item.codes[-1])
        for item in definition.items
    }
    return score(definition, answers, {"sex": "female"})


@pytest.mark.parametrize("blank", [False, True])
@pytest.mark.parametrize("key", catalogue.keys())
def test_scores_and_bands_of_every_scale_come_back(key: str, *, blank: bool) -> None:
    definition = catalogue.get(key)
    scored = sheet(definition, blank=blank)
    made = observations(definition, BASE, scored, effective=AT, subject="p-1")
    for each in made:
        CHECK.validate(each)
    there = [json.loads(Observation.model_validate(each).model_dump_json()) for each in made]
    scores, bands = read_observations(there, definition)
    assert scores == dict(scored.scores)
    own = definition.algorithm.bands if definition.algorithm else {}
    known = {name: band for name, band in scored.bands.items() if band is not None or name in own}
    assert bands == known


def test_a_null_score_is_absent_for_a_reason_and_never_zero() -> None:
    definition = catalogue.get("phq-9")
    [total] = [
        each
        for each in observations(definition, BASE, sheet(definition, blank=True), effective=AT)
        if each["code"]["coding"][0]["code"] == "total"
    ]
    assert "valueQuantity" not in total
    assert total["dataAbsentReason"]["coding"][0]["code"] == "unknown"


def test_an_observation_names_cut_set_engine_and_checksum() -> None:
    definition = catalogue.get("phq-9")
    [first, *_rest] = observations(
        definition, BASE, sheet(definition), effective=AT, derived_from="QuestionnaireResponse/1"
    )
    text = first["method"]["text"]
    assert f"phq-9 {definition.version}; cut-set default; engine 1" in text
    assert definition.checksum in text
    assert first["derivedFrom"] == [{"reference": "QuestionnaireResponse/1"}]


def test_names_come_in_the_language_of_the_reader() -> None:
    definition = catalogue.get("asq")
    made = observations(definition, BASE, sheet(definition), effective=AT, chinese=False)
    said = [each["valueCodeableConcept"]["text"] for each in made if "valueCodeableConcept" in each]
    assert said == [definition.band_names["acute_positive"].en]


@pytest.mark.parametrize(
    "foreign",
    [
        {"resourceType": "Patient"},
        {"resourceType": "Observation", "code": {"coding": [{"system": "x/gad-7/scores"}]}},
    ],
)
def test_what_is_none_of_this_scale_is_refused(foreign: dict[str, object]) -> None:
    with pytest.raises(FhirRefused):
        read_observations([foreign], catalogue.get("phq-9"))


def test_a_time_without_zone_is_refused() -> None:
    definition = catalogue.get("phq-9")
    with pytest.raises(ValueError, match="zone"):
        observations(
            definition,
            BASE,
            sheet(definition),
            effective=datetime(2026, 11, 23),  # noqa: DTZ001
        )


def test_the_schema_sees_a_wrong_observation() -> None:
    """Control."""
    definition = catalogue.get("phq-9")
    [first, *_rest] = observations(definition, BASE, sheet(definition), effective=AT)
    with pytest.raises(jsonschema.ValidationError):
        CHECK.validate({**first, "status": 7})
