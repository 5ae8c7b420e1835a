"""The scale that the essay adds step by step is one that the library takes, with its lines."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from instruments.check.definitions import check_definition
from instruments.library.reading import parse_definition
from tests.instruments.examples import differences
from tests.instruments.mutations import MUTATIONS

ESSAY = (Path(__file__).parents[2] / "docs" / "instruments.md").read_text("utf-8")
COMMANDS = (Path(__file__).parents[2] / "instruments" / "__main__.py").read_text("utf-8")


def block(kind: str) -> str:
    """The one block of the essay in this language."""
    [found] = re.findall(rf"```{kind}\n(.*?)```", ESSAY, re.DOTALL)
    return str(found)


TABLE: dict[str, Any] = tomllib.loads(block("toml"))
LINES: list[dict[str, Any]] = [json.loads(line) for line in block("json").splitlines()]


def test_the_definition_of_the_essay_passes_the_check() -> None:
    definition = parse_definition(TABLE)
    assert list(check_definition(definition, TABLE["key"], TABLE["version"])) == []


@pytest.mark.parametrize("line", LINES, ids=lambda line: str(line["answers"]))
def test_its_worked_examples_agree(line: dict[str, Any]) -> None:
    assert differences(parse_definition(TABLE), line) == []
    assert line["source"]


def noticed(lines: list[dict[str, Any]]) -> set[str]:
    """The small errors in the key that these lines do not let pass."""
    found = set()
    for kind in MUTATIONS:
        for what, changed in kind(TABLE):
            try:
                wrong = parse_definition(changed)
                seen = any(differences(wrong, line) for line in lines)
            except (ValueError, KeyError):
                seen = True
            if seen:
                found.add(f"{kind.__name__}: {what}")
    return found


def test_each_line_is_there_for_a_reason() -> None:
    """As the essay says: without the line of 6.67 a wrong rounding passes."""
    whole = noticed(LINES)
    without = noticed([line for line in LINES if "6.67" not in line["note"]])
    assert any("floor" in what for what in whole - without)


def test_every_command_is_named() -> None:
    names = re.findall(r'^    "(\w+)": "instruments', COMMANDS, re.MULTILINE)
    [line] = [line for line in ESSAY.splitlines() if line.startswith("Commands: ")]
    assert [name for name in names if not re.search(rf"\b{name}\b", line)] == []


def test_every_file_that_the_essay_names_is_there() -> None:
    root = Path(__file__).parents[2]
    named = set(
        re.findall(r"`((?:instruments|tests|screening)/[\w./-]+\.(?:py|toml|jsonl))`", ESSAY)
    )
    made = {"instruments/data/sunny-4/1.0.0/definition.toml"}
    assert named - made
    assert [name for name in sorted(named - made) if not (root / name).is_file()] == []
