"""`python -m instruments score`: one JSON sheet a line in, one JSON result a line out."""

import json
import sys
from collections.abc import Mapping
from typing import IO, Any

from instruments.library import catalogue
from instruments.scoring.single import AnswerRefused, Scored, score

USAGE = "usage: python -m instruments score < sheets.jsonl"


def main(arguments: list[str], lines: IO[str] | None = None, out: IO[str] | None = None) -> int:
    """Score every line in order; 0, or 1 when any line failed, or 2 for wrong usage."""
    if arguments:
        sys.stderr.write(USAGE + "\n")
        return 2
    return score_stream(lines or sys.stdin, out or sys.stdout)


def score_stream(lines: IO[str], out: IO[str]) -> int:
    """Score the lines; the number of the line stands in its error."""
    failed = False
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            result = as_json(_scored(json.loads(line)))
        except (ValueError, KeyError, TypeError) as problem:
            failed = True
            result = {"error": _sentence(problem), "line": number}
        out.write(json.dumps(result, ensure_ascii=False) + "\n")
    return 1 if failed else 0


def _sentence(problem: Exception) -> str:
    if isinstance(problem, json.JSONDecodeError):
        return f"not JSON: {problem}"
    return str(problem.args[0]) if isinstance(problem, KeyError) else str(problem)


def _scored(sheet: Any) -> Scored:
    if not isinstance(sheet, Mapping):
        raise TypeError("a line must be a JSON object")
    for wanted in ("instrument", "answers"):
        if wanted not in sheet:
            raise KeyError(f"{wanted} is missing")
    answers = sheet["answers"]
    if not isinstance(answers, list | dict):
        raise TypeError("answers must be a list or an object")
    for value in answers.values() if isinstance(answers, dict) else answers:
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise AnswerRefused(str(sheet["instrument"]), "?", value, "a number or null")
    context = sheet.get("context") or {}
    if not isinstance(context, Mapping):
        raise TypeError("context must be an object")
    definition = catalogue.get(str(sheet["instrument"]), sheet.get("version"))
    return score(definition, answers, context, sheet.get("cutset"))


def as_json(scored: Scored) -> dict[str, object]:
    """The stable shape of a result: numbers to 4 decimals, flags sorted."""
    values = {key: _short(value) for key, value in scored.scores.items()}
    return {"expected": values, "band": dict(scored.bands), "flags": list(scored.flags)}


def _short(value: float | None) -> float | None:
    return round(value, 4) if isinstance(value, float) else value
