"""`python -m instruments score`: one JSON sheet a line in, one JSON result a line out."""

import json
import sys
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import IO, Any

from instruments.library import catalogue
from instruments.library.parts import Value
from instruments.scoring.single import Scored, score

USAGE = "usage: python -m instruments score < sheets.jsonl"

FIELDS = {
    "instrument": (str, "a name"),
    "answers": (list | dict, "a list or an object"),
    "context": (dict | None, "an object"),
    "version": (str | None, "a text"),
    "cutset": (str | None, "a text"),
}


class BadLine(ValueError):
    """A line that is no sheet; says why in one sentence."""


def main(arguments: list[str]) -> int:
    """Score every line in order; 0, or 1 when any line failed, or 2 for wrong usage."""
    if arguments:
        sys.stderr.write(USAGE + "\n")
        return 2
    return score_stream(sys.stdin.buffer, sys.stdout)


def score_stream(lines: Iterable[bytes], out: IO[str]) -> int:
    """One result for every line, written at once; the number of a bad line stands in its error."""
    failed = False
    for number, line in _numbered(lines):
        try:
            result = as_json(_scored(_read(line)))
        except (ValueError, KeyError) as problem:
            failed = True
            result = {"error": str(problem.args[0]), "line": number}
        out.write(json.dumps(result) + "\n")
        out.flush()
    return 1 if failed else 0


def _numbered(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines from 1 on; empty ones count only where a sheet follows, not at the end."""
    empty: list[tuple[int, bytes]] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield from empty
            empty.clear()
            yield number, line
        else:
            empty.append((number, line))


def _read(line: bytes) -> object:
    try:
        return JSON.decode(line.decode("utf-8-sig"))
    except UnicodeDecodeError as bad:
        raise BadLine(f"not UTF-8 at byte {bad.start + 1}") from None
    except json.JSONDecodeError as bad:
        raise BadLine(f"not JSON: {bad.msg} at column {bad.colno}") from None
    except RecursionError:
        raise BadLine("not JSON that a sheet can be: nested too deeply") from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names differ: of two answers to one item neither is the right one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadLine(f"{twice!r} stands twice in one object")
    return found


def _no_number(constant: str) -> None:
    raise BadLine(f"not JSON: {constant} is no number; null is for what is unanswered")


JSON = json.JSONDecoder(object_pairs_hook=_each_once, parse_constant=_no_number)


def _scored(sheet: object) -> Scored:
    if not isinstance(sheet, dict):
        raise BadLine("a line must be a JSON object")
    for name, (kind, wanted) in FIELDS.items():
        if not isinstance(sheet.get(name), kind):
            raise BadLine(f"{name} must be {wanted}")
    definition = catalogue.get(sheet["instrument"], sheet.get("version"))
    return score(definition, sheet["answers"], sheet.get("context"), sheet.get("cutset"))


def as_json(scored: Scored) -> dict[str, object]:
    """The stable shape of a result: numbers to 4 decimals, flags sorted."""
    values = {key: _short(value) for key, value in scored.scores.items()}
    return {"expected": values, "band": dict(scored.bands), "flags": list(scored.flags)}


def _short(value: Value) -> Value:
    """Half-up like every score, where Python's round() goes to the even digit."""
    if not isinstance(value, float):
        return value
    return float(Decimal(repr(value)).quantize(Decimal("0.0001"), ROUND_HALF_UP))
