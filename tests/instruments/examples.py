"""Reads the worked examples and says how a definition differs from one."""

import json
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from instruments.library import catalogue
from instruments.library.definition import Definition
from instruments.scoring.single import AnswerRefused, score

VECTORS = Path(__file__).parent / "vectors"


def read(name: str) -> list[dict[str, Any]]:
    lines = (VECTORS / name).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@cache
def of_key(key: str) -> list[dict[str, Any]]:
    every = [*read("scoring.jsonl"), *read("boundaries.jsonl"), *read("whole-sheets.jsonl")]
    return [each for each in every if catalogue.key_of(each["instrument"]) == key]


def answers_of(definition: Definition, example: dict[str, Any]) -> dict[str, Any]:
    given = example["answers"]
    if isinstance(given, dict):
        return given
    return dict(zip(definition.item_ids, given, strict=True))


def differences(definition: Definition, example: dict[str, Any]) -> list[str]:
    """What the definition says otherwise than the example; empty when they agree."""
    try:
        scored = score(
            definition, example["answers"], example.get("context"), example.get("cutset")
        )
    except AnswerRefused as refused:
        return [] if refused.item == example.get("refused") else [str(refused)]
    if "refused" in example:
        return [f"item {example['refused']} is not refused"]
    found = [
        f"{key}: {scored.scores[key]} for {value}"
        for key, value in example.get("expected", {}).items()
        if not _same(scored.scores[key], value)
    ]
    found += [
        f"{key}: {scored.bands[key]} for {value}"
        for key, value in example.get("band", {}).items()
        if scored.bands[key] != value
    ]
    flags = set(scored.flags)
    wanted, unwanted = set(example.get("has_flags", ())), set(example.get("has_not_flags", ()))
    if "flags" in example and sorted(flags) != example["flags"]:
        found.append(f"flags {sorted(flags)} for {example['flags']}")
    if wanted - flags or unwanted & flags:
        found.append(f"flags {sorted(flags)}: lacks {wanted - flags}, has {unwanted & flags}")
    return found


def _same(found: float | None, wanted: float | None) -> bool:
    if found is None or wanted is None:
        return found is wanted
    return math.isclose(found, wanted, abs_tol=5e-5)


def flags_of(definition: Definition) -> Iterator[str]:
    """Every flag that a sheet of this scale can have."""
    if any(scale.missing.flags for scale in definition.scales):
        yield "invalid_too_many_missing"
    for rule in definition.criticals:
        if rule.flag is not None:
            yield rule.flag
            yield f"critical_item_unanswered:{rule.item}"
    yield from definition.algorithm.flags if definition.algorithm else ()
    yield from (each.flag for each in (*definition.validity, *definition.item_flags))
