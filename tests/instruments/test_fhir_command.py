"""Somebody at a terminal sends a scale or sheets to another program, and reads what it sends."""

import io
import json
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from instruments.interchange.fhir_command import main
from instruments.interchange.fhir_response import response
from instruments.interchange.fhir_scores import read_observations
from instruments.library import catalogue
from instruments.scoring.lines import score_stream
from tests.instruments.fhir_check import AT, BASE, CHECK

SHEET = {"answers": [3, 3, 3, 3, 0, None, None, 0, 1], "authored": AT.isoformat(), "subject": "p-1"}


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: str, *arguments: str
) -> tuple[int, str, str]:
    """What the command returns, prints, and complains of."""
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    code = main(list(arguments))
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda given, *arguments: run(monkeypatch, capsys, given, *arguments)


def test_a_scale_is_printed_in_the_language_that_ships(command: Any) -> None:
    code, out, err = command("", "PHQ-9", "--base", BASE)
    assert (code, err, json.loads(out)["language"]) == (0, "", "zh-Hans")
    assert json.loads(command("", "phq-9", "--language", "en")[1])["language"] == "en"
    assert json.loads(command("", "phq-a")[1])["language"] == "en"
    code, out, err = command("", "isi")
    assert "key without text" in err
    CHECK.validate(json.loads(out))


def test_a_questionnaire_of_another_program_is_compared_with_our_key(command: Any) -> None:
    ours = command("", "rses")[1]
    assert command(ours, "rses", "--compare")[:2] == (0, "")
    wrong = json.loads(ours)
    del wrong["item"][3]
    assert command(json.dumps(wrong), "rses", "--compare")[:2] == (1, "item 4 is absent\n")


def test_sheets_become_a_bundle_that_others_read(command: Any) -> None:
    lines = f"{json.dumps(SHEET)}\n\n{json.dumps(SHEET | {'subject': 'p-2'})}\n"
    code, out, _err = command(lines, "phq-9", "--sheets", "--base", BASE)
    assert code == 0
    bundle = json.loads(Bundle.model_validate_json(out).model_dump_json())
    found = [entry["resource"] for entry in bundle["entry"]]
    for resource in found:
        CHECK.validate(resource)
    assert [each["resourceType"] for each in found] == [
        "Questionnaire",
        *("QuestionnaireResponse", "Observation", "Observation") * 2,
    ]
    scores, bands = read_observations(found[2:4], catalogue.get("phq-9"))
    assert (scores["total"], bands["total"]) == (17, "moderately_severe")
    assert found[2]["derivedFrom"] == [{"reference": bundle["entry"][1]["fullUrl"]}]
    addresses = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(addresses)) == len(addresses)
    assert command(lines, "phq-9", "--sheets", "--base", BASE)[1] == out


def test_a_response_becomes_a_line_that_can_be_scored(command: Any) -> None:
    definition = catalogue.get("phq-9")
    sent = response(definition, BASE, {"1": 2, "9": 1}, authored=AT)
    code, line, _err = command(json.dumps(sent), "phq-9", "--read")
    assert code == 0
    out = io.StringIO()
    assert score_stream([line.encode()], out) == 0
    assert "item9_suicidal_ideation" in json.loads(out.getvalue())["flags"]


@pytest.mark.parametrize(
    ("given", "arguments", "words"),
    [
        ("", ["no-such-scale"], "no instrument"),
        ("", ["phq-9", "--version", "9.9.9"], "no version"),
        ("[]", ["phq-9", "--read"], "not a FHIR resource"),
        ("{", ["phq-9", "--compare"], "Expecting"),
        ('{"answers": [1]}', ["phq-9", "--sheets"], "line 1"),
        (json.dumps(SHEET | {"answers": [7] * 9}), ["phq-9", "--sheets"], "line 1"),
        (json.dumps(SHEET | {"authored": "2026-11-23"}), ["phq-9", "--sheets"], "zone"),
        ("5", ["phq-9", "--sheets"], "line 1"),
        ('{"resourceType": "Questionnaire", "item": 5}', ["phq-9", "--compare"], "not readable"),
    ],
)
def test_what_cannot_be_done_is_said(
    command: Any, given: str, arguments: list[str], words: str
) -> None:
    code, out, err = command(given, *arguments)
    assert (code, out) == (1, "")
    assert words in err


def test_wrong_usage_is_two(command: Any) -> None:
    assert command("")[0] == 2
    assert command("", "phq-9", "--compare", "--read")[0] == 2
