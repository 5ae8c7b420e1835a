"""What may stand in a text that a school brings: plain words of the right kind, nothing else."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from instruments.library.refusals import Refusal

LONGEST = 2000  # characters of one text; the longest printed instruction has some 400
MOST_ROWS = 500
MARKUP = re.compile(r"</?[A-Za-z!]|&#?\w+;")
SHOWN = ("holder", "number", "granted_to", "attribution", "cite")
HEADS = ("key", "language", "title", "instruction", "time_window")

Table = Mapping[str, Any]


def content_problems(table: Table) -> Iterator[Refusal]:
    """Every field of a wrong kind, every text that is no plain text; each with its place."""
    for name in HEADS:
        if name not in table:
            yield Refusal("no_field", values={"field": name})
        else:
            yield from _text(name, table[name])
    yield from _text("stem", table.get("stem", ""))
    licence = table.get("licence")
    given = licence if isinstance(licence, dict) else {}
    for name in SHOWN:
        yield from _text(f"[licence] {name}", given.get(name, ""))
    yield from _rows(table, "options", "code", (int,))
    yield from _rows(table, "items", "n", (int, str))


def _rows(table: Table, name: str, numbered: str, kinds: tuple[type, ...]) -> Iterator[Refusal]:
    """The texts of [[options]] or [[items]]."""
    rows = table.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        yield Refusal("no_rows", values={"name": name})
        return
    if len(rows) > MOST_ROWS:
        yield Refusal("many_rows", values={"name": name, "count": len(rows), "most": MOST_ROWS})
        return
    for at, row in enumerate(rows, start=1):
        number = row.get(numbered)
        place = (name, at if number is None else number)
        if isinstance(number, bool) or not isinstance(number, kinds):
            values: dict[str, object] = {"field": numbered, "value": _short(number)}
            yield Refusal("no_number", place, values)
        yield from _text(place, row.get("text"), empty=False)


def _text(
    place: tuple[str, object] | str, value: object, *, empty: bool = True
) -> Iterator[Refusal]:
    if not isinstance(value, str):
        yield Refusal("no_text", place, {"value": _short(value)})
    elif not value.strip() and not empty:
        yield Refusal("empty", place)
    elif len(value) > LONGEST:
        yield Refusal("long", place, {"count": len(value), "most": LONGEST})
    elif MARKUP.search(value):
        yield Refusal("mark_up", place, {"value": _short(MARKUP.findall(value)[0])})
    elif hidden := [letter for letter in value if _hidden(letter)]:
        yield Refusal("invisible", place, {"value": f"U+{ord(hidden[0]):04X}"})


def _hidden(letter: str) -> bool:
    """Control and direction characters, which could show another text than is stored."""
    return letter != "\n" and unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cs", "Cn")


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."
