"""Turns a text that a school may use into a Wording: parsed, compared with the key, dated.

Pure: where it is kept, and who may import it, is another's business. The file is the same TOML as
the shipped wording (docs/instruments.md), plus a [licence] with holder, number and expiry.
"""

import hashlib
import tomllib
from dataclasses import dataclass, replace
from datetime import date, datetime

from instruments.library.definition import Definition, DefinitionError
from instruments.library.fit import fit_problems
from instruments.library.wording import Wording, parse_wording

LANGUAGES = ("zh-Hans", "en")


class WordingRefused(ValueError):
    """A text that cannot be used; `problems` are all reasons, each with what to change."""

    def __init__(self, problems: list[str]) -> None:
        """Keep every reason, so that one correction round is enough."""
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


@dataclass(frozen=True, slots=True)
class Record:
    """The licence under which a school uses a text; no expiry means it does not end."""

    holder: str
    number: str
    granted_to: str
    expires_on: date | None

    def valid_on(self, day: date) -> bool:
        """Whether the licence still runs: its last day counts."""
        return self.expires_on is None or day <= self.expires_on


@dataclass(frozen=True, slots=True)
class ImportedWording:
    """A text with its licence record."""

    wording: Wording
    record: Record


def import_wording(definition: Definition, content: bytes, *, today: date) -> ImportedWording:
    """The text of a file; WordingRefused lists everything that stands against it.

    `today` decides whether the licence has run out already.
    """
    table = _table(content)
    problems = _licence_problems(table.get("licence"), definition, today)
    wording = _wording(table, definition, hashlib.sha256(content).hexdigest(), problems)
    if wording is not None:
        problems += _text_problems(wording, definition)
    if problems or wording is None:
        raise WordingRefused(problems)
    return ImportedWording(wording, _record(table["licence"]))


def _table(content: bytes) -> dict[str, object]:
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise WordingRefused([f"not a TOML file in UTF-8: {broken}"]) from None


def _licence_problems(licence: object, definition: Definition, today: date) -> list[str]:
    if not isinstance(licence, dict):
        return ["[licence] is missing; give holder, number, granted_to and expires_on"]
    needed = ["holder", "granted_to"]
    needed += ["number"] if definition.licence.record_required else []
    problems = [
        f"[licence] {field} is missing; copy it from the licence"
        for field in needed
        if not str(licence.get(field, "")).strip()
    ]
    return problems + _expiry_problems(licence.get("expires_on"), definition, today)


def _expiry_problems(expiry: object, definition: Definition, today: date) -> list[str]:
    if expiry is None:
        dated = definition.licence.record_required
        return ["[licence] expires_on is missing; this scale needs a dated licence"] * dated
    if not isinstance(expiry, date) or isinstance(expiry, datetime):
        return ["[licence] expires_on is no date; write it as 2027-08-31 without quotes"]
    if expiry < today:
        return [f"the licence ended on {expiry}; import the renewed one"]
    return []


def kept_wording(definition: Definition, document: str) -> Wording:
    """The wording of a document that was accepted before, whatever has become of its licence."""
    content = document.encode("utf-8")
    return _licensed(_table(content), definition, hashlib.sha256(content).hexdigest())


def _wording(
    table: dict[str, object], definition: Definition, checksum: str, problems: list[str]
) -> Wording | None:
    """The parsed text as a LICENSED one, or None with the reason added to `problems`."""
    try:
        return _licensed(table, definition, checksum)
    except KeyError as absent:
        problems.append(f"field {absent} is missing; see the form in docs/instruments.md")
    except (DefinitionError, TypeError, AttributeError) as broken:
        problems.append(f"{broken}; see the form in docs/instruments.md")
    return None


def _licensed(table: dict[str, object], definition: Definition, checksum: str) -> Wording:
    """What a licence's file leaves out is known: the version, and that every text is LICENSED."""
    filled = {
        "version": definition.version,
        "instruction_status": "LICENSED",
        "stem_status": "LICENSED",
        "sources": [],
        **table,
    }
    for name in ("options", "items", "extra_items"):
        rows = filled.get(name)
        if isinstance(rows, list):
            filled[name] = [{**row, "status": "LICENSED"} for row in rows if isinstance(row, dict)]
    licence = table.get("licence")
    given = licence if isinstance(licence, dict) else {}
    filled["licence"] = {"short": "", "statement": "", "evidence": "", **given}
    return replace(parse_wording(filled, checksum), origin="imported")


def _text_problems(wording: Wording, definition: Definition) -> list[str]:
    problems = [f"{what}; {remedy}" for _, what, remedy in fit_problems(wording, definition)]
    if (wording.key, wording.version) != (definition.key, definition.version):
        problems.append(f"the file is for {wording.key} {wording.version}; choose that scale")
    if wording.language not in LANGUAGES:
        problems.append(f"language {wording.language}; use one of {', '.join(LANGUAGES)}")
    texts = [wording.title, *(each.text for each in wording.options)]
    if not all(str(text).strip() for text in texts):
        problems.append("the title or an option has no text; give it as printed")
    return problems


def _record(licence: object) -> Record:
    given = licence if isinstance(licence, dict) else {}
    number, expiry = str(given.get("number", "")), given.get("expires_on")
    return Record(str(given["holder"]), number, str(given["granted_to"]), expiry)


def may_start(definition: Definition, record: Record | None, today: date) -> bool:
    """Whether a new campaign may use the scale's text today; old results stay readable for ever.

    Shipped text (classes A and B in its pack) needs no record; classes C and D need one that runs.
    """
    if record is not None:
        return record.valid_on(today)
    return definition.licence.code in ("A", "B")
