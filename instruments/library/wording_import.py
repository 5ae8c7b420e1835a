"""Turns a text that a school may use into a Wording: parsed, compared with the key, dated.

Pure: where it is kept, and who may import it, is another's business. The file is the same TOML as
the shipped wording (docs/instruments.md), plus a [licence] with holder, number and expiry.
"""

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from instruments.library.definition import Definition
from instruments.library.fit import fit_problems
from instruments.library.placeholders import placeholder
from instruments.library.refusals import Refusal
from instruments.library.wording import Wording, parse_wording
from instruments.library.wording_content import HEADS, content_problems

LANGUAGES = ("zh-Hans", "en")
LARGEST = 1_000_000  # bytes; the longest scale of the library takes 20,000
RECORD = ("holder", "number", "granted_to")


class WordingRefused(ValueError):
    """A text that cannot be used; `problems` are all reasons, each with what to change."""

    def __init__(self, problems: Sequence[Refusal]) -> None:
        """Keep every reason, so that one correction round is enough."""
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, problems)))


@dataclass(frozen=True, slots=True)
class Record:
    """The licence under which a school uses a text, to its last day."""

    holder: str
    number: str
    granted_to: str
    expires_on: date


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
    problems = [*_licence_problems(table.get("licence"), today), *content_problems(table)]
    if problems:
        raise WordingRefused(problems)
    wording = _licensed(table, definition, hashlib.sha256(content).hexdigest())
    if problems := _text_problems(wording, definition):
        raise WordingRefused(problems)
    return ImportedWording(wording, _record(table["licence"]))


def _table(content: bytes) -> dict[str, Any]:
    if len(content) > LARGEST:
        sizes: dict[str, object] = {"size": len(content), "most": LARGEST}
        raise WordingRefused([Refusal("too_large", values=sizes)])
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as broken:
        raise WordingRefused([Refusal("not_toml", values={"reason": str(broken)})]) from None


def _licence_problems(licence: object, today: date) -> list[Refusal]:
    if not isinstance(licence, dict):
        return [Refusal("no_licence")]
    problems = [
        Refusal("licence_field", values={"field": field})
        for field in RECORD
        if not isinstance(licence.get(field), str) or not licence[field].strip()
    ]
    return problems + _expiry_problems(licence.get("expires_on"), today)


def _expiry_problems(expiry: object, today: date) -> list[Refusal]:
    if expiry is None:
        return [Refusal("no_expiry")]
    if not isinstance(expiry, date) or isinstance(expiry, datetime):
        return [Refusal("no_date")]
    return [Refusal("ended", values={"day": expiry})] if expiry < today else []


def kept_wording(definition: Definition, document: str) -> Wording:
    """The wording of a document that was accepted before, whatever has become of its licence."""
    content = document.encode("utf-8")
    return _licensed(_table(content), definition, hashlib.sha256(content).hexdigest())


def _licensed(table: Mapping[str, Any], definition: Definition, checksum: str) -> Wording:
    """Only what a school may say of a text is read: it cannot call it official or compared."""
    given = table["licence"]
    told = {name: str(given.get(name, "")) for name in ("attribution", "cite")}
    texts = {
        name: [{number: row[number], "text": row["text"], "status": "LICENSED"} for row in rows]
        for name, number, rows in (
            ("options", "code", table["options"]),
            ("items", "n", table["items"]),
        )
    }
    heads = {name: table[name] for name in HEADS}
    filled = {
        **heads,
        **texts,
        "version": definition.version,
        "instruction_status": "LICENSED",
        "stem": table.get("stem", ""),
        "stem_status": "LICENSED",
        "sources": [],
        "licence": {"short": str(given["holder"]), "statement": "", "evidence": "", **told},
    }
    return replace(parse_wording(filled, checksum), origin="imported")


def _text_problems(wording: Wording, definition: Definition) -> list[Refusal]:
    """Whether the text belongs to this scale, and is one."""
    ids, codes = definition.item_ids, definition.items[0].codes
    form: dict[str, object] = {"key": definition.key, "first": ids[0], "last": ids[-1]}
    form["codes"] = ", ".join(map(str, codes))
    problems = [
        Refusal(f"other_{place[0]}", values=form) for place, *_ in fit_problems(wording, definition)
    ]
    if wording.key != definition.key:
        problems.append(Refusal("other_scale", values={"key": wording.key}))
    if wording.language not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        values: dict[str, object] = {"language": wording.language, "known": known}
        problems.append(Refusal("other_language", values=values))
    if not wording.title.strip():
        problems.append(Refusal("empty", "title"))
    return problems + _left_as_they_were(wording, definition)


def _left_as_they_were(wording: Wording, definition: Definition) -> list[Refusal]:
    """Questions that still read "item n", as the form gives them out."""
    given_out = {item.text for each in LANGUAGES for item in placeholder(definition, each).items}
    left = [item.item for item in wording.items if item.text.strip() in given_out]
    return [Refusal("not_filled_in", values={"items": ", ".join(left)})] if left else []


def _record(licence: Mapping[str, Any]) -> Record:
    holder, number, granted_to = (str(licence[field]) for field in RECORD)
    return Record(holder, number, granted_to, licence["expires_on"])
