"""The worked examples agree, line by line, through the stable command."""

import io
import json
from pathlib import Path

import pytest

from instruments.scoring.lines import score_stream

VECTORS = Path(__file__).parent / "vectors"


def sheets() -> list[dict]:
    lines = (VECTORS / "scoring.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("number", list(range(1, 105)))
def test_the_worked_example_agrees(number: int) -> None:
    sheet = sheets()[number - 1]
    out = io.StringIO()
    assert score_stream([json.dumps(sheet).encode()], out) == 0
    result = json.loads(out.getvalue())
    assert result == {key: sheet[key] for key in ("expected", "band", "flags")}


def test_the_scores_bands_and_flags_are_named_as_promised() -> None:
    names = json.loads((VECTORS / "names.json").read_text("utf-8"))
    for sheet in sheets():
        promised = names[sheet["instrument"]]
        assert sorted(sheet["expected"]) == sorted(promised["scales"])
        assert set(sheet["flags"]) <= set(promised["flags"])
