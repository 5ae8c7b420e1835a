"""`python -m instruments fhir`: a scale as FHIR R4, sheets as FHIR, and both read back."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from instruments.interchange.fhir import FhirRefused
from instruments.interchange.fhir_bundle import Sheet, bundle
from instruments.interchange.fhir_questionnaire import questionnaire, read_questionnaire
from instruments.interchange.fhir_response import read_response
from instruments.library import catalogue
from instruments.library.definition import Definition
from instruments.library.wording import Wording
from instruments.scoring.single import read_answers, score

CHINESE = "zh-Hans"
BASE = "https://xinqiao.invalid/fhir"  # a reserved name: nobody mistakes it for an address


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m instruments fhir", description=__doc__)
    parser.add_argument("key", metavar="KEY", help="the scale: phq-9, or a customary name")
    parser.add_argument("--version", help="another version than the newest")
    parser.add_argument("--language", help="zh-Hans (first choice) or en")
    parser.add_argument("--base", default=BASE, help="the address under which you publish")
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--sheets",
        action="store_true",
        help="read lines as `score` does (authored, subject, context, cutset too), print a Bundle",
    )
    way.add_argument(
        "--compare", action="store_true", help="read a Questionnaire, print where its key differs"
    )
    way.add_argument(
        "--read", action="store_true", help="read a QuestionnaireResponse, print a line for `score`"
    )
    return parser


def main(arguments: list[str]) -> int:
    """Print what is asked; 1 when it cannot be or differs, 2 for wrong usage."""
    try:
        asked = _parser().parse_args(arguments)
    except SystemExit as wrong:
        return int(wrong.code or 0)
    try:
        return _answer(asked, catalogue.get(asked.key, asked.version))
    except (FhirRefused, KeyError, ValueError) as refused:
        sys.stderr.write(f"{refused}\n")
    except (AttributeError, TypeError) as shape:
        sys.stderr.write(f"not readable as FHIR: {shape}\n")
    return 1


def _answer(asked: argparse.Namespace, definition: Definition) -> int:
    if asked.compare:
        found = read_questionnaire(_document()).differences(definition)
        sys.stdout.write("".join(f"{line}\n" for line in found))
        return 1 if found else 0
    if asked.read:
        answers = read_response(_document(), definition)
        line = {"instrument": definition.key, "version": definition.version, "answers": answers}
        return _print(line, indent=None)
    if asked.sheets:
        sheets = [
            _sheet(definition, line) for line in enumerate(sys.stdin, start=1) if line[1].strip()
        ]
        return _print(bundle(asked.base, sheets, language=asked.language or CHINESE))
    return _print(questionnaire(definition, asked.base, _wording(asked.language, definition)))


def _wording(language: str | None, definition: Definition) -> Wording | None:
    """The text that is asked for, else the first that ships; without one the key alone goes out."""
    shipped = sorted(catalogue.languages(definition), key=lambda each: each != CHINESE)
    wanted = language or (shipped[0] if shipped else CHINESE)
    found = catalogue.wording(definition.key, wanted, definition.version)
    if found is None:
        sys.stderr.write(f"no {wanted} text of {definition.key} ships: the key without text\n")
    return found


def _print(made: object, indent: int | None = 2) -> int:
    sys.stdout.write(json.dumps(made, ensure_ascii=False, indent=indent) + "\n")
    return 0


def _document() -> dict[str, Any]:
    found = json.load(sys.stdin)
    if not isinstance(found, dict):
        raise FhirRefused("not a FHIR resource: no JSON object")
    return found


def _sheet(definition: Definition, numbered: tuple[int, str]) -> Sheet:
    number, text = numbered
    try:
        line: dict[str, Any] = json.loads(text)
        given: dict[str, Any] | Sequence[Any] = line["answers"]
        authored = datetime.fromisoformat(line["authored"])
        scored = score(definition, given, line.get("context"), line.get("cutset"))
        answers = read_answers(definition, given)
    except (KeyError, TypeError, ValueError) as bad:
        raise FhirRefused(f"line {number}: {type(bad).__name__} {bad}") from None
    subject = line.get("subject")
    return Sheet(definition, answers, scored, authored, f"{subject or ''}/{number}", subject)
