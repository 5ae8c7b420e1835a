"""The worked examples agree, line by line, through the stable command."""

import io
import json
from typing import Any

import pytest

from instruments.library import catalogue
from instruments.library.definition import Definition
from instruments.scoring.lines import score_stream
from tests.instruments.examples import VECTORS, flags_of, read

NAMES = json.loads((VECTORS / "names.json").read_text("utf-8"))
PROMISED = ("expected", "band", "flags")


def through_the_command(sheets: list[dict[str, Any]]) -> tuple[int, list[dict[str, Any]]]:
    out = io.StringIO()
    code = score_stream([json.dumps(sheet).encode() for sheet in sheets], out)
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("number", list(range(1, 105)))
def test_the_worked_example_agrees(number: int) -> None:
    sheet = read("scoring.jsonl")[number - 1]
    code, [result] = through_the_command([sheet])
    assert code == 0
    assert result == {key: sheet[key] for key in PROMISED}


def test_our_own_sheets_agree_to_the_last_of_four_decimals() -> None:
    sheets = [sheet for sheet in read("whole-sheets.jsonl") if "flags" in sheet]
    code, results = through_the_command(sheets)
    assert code == 0
    for sheet, result in zip(sheets, results, strict=True):
        assert result == {key: sheet[key] for key in PROMISED}, sheet["note"]


def test_every_refused_answer_is_an_error_of_its_line() -> None:
    sheets = [sheet for sheet in read("whole-sheets.jsonl") if "refused" in sheet]
    code, results = through_the_command(sheets)
    assert code == 1
    for number, (sheet, result) in enumerate(zip(sheets, results, strict=True), start=1):
        assert result["line"] == number
        assert f"item {sheet['refused']}:" in result["error"]


def bands_of(definition: Definition) -> dict[str, set[str]]:
    rules = definition.band_rules(None)
    bands = {
        rule.name: {cut.band for cuts in rule.tables.values() for cut in cuts} for rule in rules
    }
    own = definition.algorithm.bands if definition.algorithm else {}
    return bands | {name: set(classes) for name, classes in own.items()}


@pytest.mark.parametrize("name", NAMES)
def test_the_scores_bands_and_flags_are_named_as_promised(name: str) -> None:
    definition, promised = catalogue.get(name), NAMES[name]
    assert len(definition.items) == promised["items"]
    assert sorted(definition.score_keys) == sorted(promised["scales"])
    assert bands_of(definition) == {key: set(value) for key, value in promised["bands"].items()}
    assert sorted(flags_of(definition)) == sorted(promised["flags"])
