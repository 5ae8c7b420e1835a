"""What leaves as FHIR R4 is valid, comes back the same, and gives away no text that is not ours."""

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.interchange.fhir import FhirRefused
from instruments.interchange.fhir_questionnaire import questionnaire, read_questionnaire
from instruments.interchange.fhir_response import read_response, response
from instruments.library import catalogue
from instruments.library.placeholders import placeholder
from tests.instruments.fhir_check import AT, BASE, CHECK, sheets, through

KEYS = list(catalogue.keys())
TEXTS = [(key, code) for key in KEYS for code in catalogue.languages(catalogue.get(key))]
WITHOUT = [key for key in KEYS if not catalogue.languages(catalogue.get(key))]
RARE = "题目：𠮷𬭸龘䶮㛃🀄é — “引号” <b>&amp;</b>"


@pytest.mark.parametrize(("key", "language"), TEXTS)
def test_a_text_that_ships_comes_back_word_for_word_with_its_key(key: str, language: str) -> None:
    definition, wording = catalogue.get(key), catalogue.wording(key, language)
    assert wording is not None
    resource = questionnaire(definition, BASE, wording)
    CHECK.validate(resource)
    there = through(Questionnaire, resource)
    again = read_questionnaire(there)
    assert again.differences(definition) == []
    assert [item.text for item in again.items] == [item.text for item in wording.items]
    words = {str(option.code): option.text for option in wording.options}
    assert all(option.display == words[option.code] for i in again.items for option in i.options)
    assert there["copyright"] == wording.licence.credit
    assert (there["language"], there["version"]) == (language, definition.version)
    assert there["url"] == f"{BASE}/Questionnaire/{key}"
    assert wording.instruction.text in json.dumps(there, ensure_ascii=False)


@pytest.mark.parametrize("key", WITHOUT)
def test_without_a_text_of_ours_the_key_alone_leaves(key: str) -> None:
    definition = catalogue.get(key)
    resource = questionnaire(definition, BASE)
    CHECK.validate(resource)
    again = read_questionnaire(through(Questionnaire, resource))
    assert again.differences(definition) == []
    assert {item.text for item in again.items} == {""}
    assert not any(option.display for item in again.items for option in item.options)
    assert definition.licence.holder in resource["copyright"]
    assert "not included" in resource["copyright"]


def test_a_text_of_a_school_does_not_leave() -> None:
    definition = catalogue.get("isi")
    own = replace(placeholder(definition, "zh-Hans"), origin="licensed")
    with pytest.raises(FhirRefused, match="not ours to give on"):
        questionnaire(definition, BASE, own)


def test_it_is_a_draft_until_text_and_key_were_checked_by_name() -> None:
    definition, wording = catalogue.get("phq-9"), catalogue.wording("phq-9", "zh-Hans")
    assert wording is not None
    assert questionnaire(definition, BASE, wording)["status"] == "draft"
    checked = replace(definition.provenance, checked_by="某医师", checked_on="2027-01-01")
    compared = replace(wording, compared_by="某老师", compared_on="2027-01-01")
    settled = replace(definition, provenance=checked)
    assert questionnaire(settled, BASE, wording)["status"] == "draft"
    assert questionnaire(settled, BASE, compared)["status"] == "active"


def test_rare_characters_come_back() -> None:
    definition, wording = catalogue.get("phq-2"), catalogue.wording("phq-2", "zh-Hans")
    assert wording is not None
    items = tuple(replace(item, text=RARE) for item in wording.items)
    options = tuple(replace(option, text=RARE) for option in wording.options)
    resource = questionnaire(definition, BASE, replace(wording, items=items, options=options))
    CHECK.validate(resource)
    again = read_questionnaire(through(Questionnaire, json.loads(json.dumps(resource))))
    assert {item.text for item in again.items} == {RARE}
    assert {option.display for item in again.items for option in item.options} == {RARE}


@pytest.mark.parametrize("key", KEYS)
def test_any_sheet_comes_back_as_it_went(key: str) -> None:
    definition = catalogue.get(key)

    @settings(max_examples=5, deadline=None)
    @given(answers=sheets(definition), who=st.text("p甲𠮷𬭸é <&\"'", min_size=1, max_size=20))
    def any_sheet(answers: dict[str, Any], who: str) -> None:
        resource = response(definition, BASE, answers, authored=AT, subject=who)
        CHECK.validate(resource)
        there = json.loads(json.dumps(resource))
        assert read_response(there, definition) == answers
        assert there["subject"]["identifier"]["value"] == who

    any_sheet()


@pytest.mark.parametrize("key", KEYS)
def test_a_foreign_library_reads_and_writes_the_same_answers(key: str) -> None:
    definition = catalogue.get(key)
    answers = {
        item.id: item.minimum if item.measured else item.codes[-1] for item in definition.items
    }
    answers[definition.items[-1].id] = None
    resource = response(definition, BASE, answers, authored=AT, subject="p-1")
    assert read_response(through(QuestionnaireResponse, resource), definition) == answers


def test_a_sheet_that_was_handed_in_with_blanks_is_complete() -> None:
    definition = catalogue.get("phq-9")
    assert response(definition, BASE, {"1": 1}, authored=AT)["status"] == "completed"
    draft = response(definition, BASE, {"1": 1}, authored=AT, submitted=False)
    assert draft["status"] == "in-progress"


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
        ({"item": [{"linkId": "1", "answer": [{"valueCoding": 1}]}]}, "no readable answer"),
        ({"item": [{"linkId": "1", "answer": [{"valueInteger": 1}] * 2}]}, "more than one"),
        ({"item": [{"linkId": "1", "answer": [{"valueInteger": 1}]}] * 2}, "answered twice"),
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
    with pytest.raises(ValueError, match="control character"):
        response(definition, BASE, {}, authored=AT, subject="p\0")
