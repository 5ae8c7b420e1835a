"""What leaves as FHIR R4 is valid and comes back the same."""

import json
from typing import Any

import jsonschema
import pytest
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from instruments.interchange.fhir import (
    FhirRefused,
    questionnaire,
    read_questionnaire,
    read_response,
    response,
)
from instruments.library import catalogue
from tests.instruments.fhir_check import AT, BASE, CHECK


def through(model: Any, resource: dict[str, Any]) -> dict[str, Any]:
    """The resource after a foreign library has read and written it."""
    again: dict[str, Any] = json.loads(model.model_validate(resource).model_dump_json())
    return again


@pytest.mark.parametrize("key", catalogue.keys())
def test_every_scale_is_a_valid_questionnaire_with_its_own_key(key: str) -> None:
    definition = catalogue.get(key)
    resource = questionnaire(definition, BASE, catalogue.wording(key, "zh-Hans"))
    CHECK.validate(resource)
    again = read_questionnaire(through(Questionnaire, resource))
    assert again.differences(definition) == []


@pytest.mark.parametrize("key", catalogue.keys())
def test_answers_come_back_as_they_went(key: str) -> None:
    definition = catalogue.get(key)
    answers = {
        item.id: item.minimum if item.measured else item.codes[-1] for item in definition.items
    }
    answers[definition.items[-1].id] = None
    resource = response(definition, BASE, answers, authored=AT, subject="p-1")
    CHECK.validate(resource)
    assert resource["status"] == "in-progress"
    assert read_response(through(QuestionnaireResponse, resource), definition) == answers


def test_reversed_items_carry_the_weight_that_counts() -> None:
    resource = questionnaire(catalogue.get("rses"), BASE)
    option = resource["item"][1]["answerOption"][0]
    assert option["valueCoding"]["code"] == "0"
    assert option["extension"][0]["valueDecimal"] == 3


def test_a_schema_violation_would_be_seen() -> None:
    resource = questionnaire(catalogue.get("phq-9"), BASE)
    with pytest.raises(jsonschema.ValidationError):
        CHECK.validate({**resource, "status": 7})


def test_another_weight_is_a_difference() -> None:
    definition = catalogue.get("phq-2")
    resource = questionnaire(definition, BASE)
    resource["item"][0]["answerOption"][0]["extension"][0]["valueDecimal"] = 9
    del resource["item"][1]
    assert read_questionnaire(resource).differences(definition) == [
        "item 2 is absent",
        "item 1: codes or weights differ",
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"resourceType": "Patient"}, "not a QuestionnaireResponse"),
        ({"questionnaire": f"{BASE}/Questionnaire/gad-7|1.0.0"}, "not phq-9"),
        ({"item": [{"linkId": "77"}]}, "no item 77"),
        ({"item": [{"answer": []}]}, "no linkId"),
        ({"item": [{"linkId": "1", "answer": [{"valueInteger": 9}]}]}, "no code 9"),
        ({"item": [{"linkId": "1", "answer": [{"valueString": "x"}]}]}, "no readable answer"),
        ({"item": [{"linkId": "1", "answer": [{"valueInteger": 1}] * 2}]}, "more than one"),
    ],
)
def test_a_foreign_response_is_refused_with_a_sentence(change: dict[str, Any], words: str) -> None:
    definition = catalogue.get("phq-9")
    resource = response(definition, BASE, {"1": 1}, authored=AT)
    with pytest.raises(FhirRefused, match=words):
        read_response({**resource, **change}, definition)


def test_groups_are_read_through() -> None:
    definition = catalogue.get("phq-2")
    whole = response(definition, BASE, {"1": 1, "2": 2}, authored=AT)
    whole["item"] = [{"linkId": "g", "item": whole["item"]}]
    assert read_response(whole, definition) == {"1": 1, "2": 2}


def test_a_time_without_zone_and_a_wrong_code_are_refused() -> None:
    definition = catalogue.get("phq-2")
    with pytest.raises(ValueError, match="zone"):
        response(definition, BASE, {}, authored=AT.replace(tzinfo=None))
    with pytest.raises(ValueError, match="no code 9"):
        response(definition, BASE, {"1": 9}, authored=AT)
