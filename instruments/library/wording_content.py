"""What may stand in a text that a school brings: plain words of the right kind, nothing else."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST = 2000  # characters of one text; the longest printed instruction has some 400
MOST_ROWS = 500
MARKUP = re.compile(r"</?[A-Za-z!]|&#?\w+;")
HEADS = ("key", "language", "title", "instruction", "time_window")

Table = Mapping[str, Any]


def content_problems(table: Table) -> Iterator[str]:
    """Every field of a wrong kind, every text that is no plain text; each with its place."""
    for name in HEADS:
        if name not in table:
            yield f"field {name!r} is missing; see the form in docs/instruments.md"
        else:
            yield from _text(name, table[name])
    yield from _text("stem", table.get("stem", ""))
    yield from _rows(table, "options", "code", (int,))
    yield from _rows(table, "items", "n", (int, str))


def _rows(table: Table, name: str, numbered: str, kinds: tuple[type, ...]) -> Iterator[str]:
    """The texts of [[options]] or [[items]]."""
    rows = table.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        yield f"[[{name}]] is missing; give one table for each of them"
        return
    if len(rows) > MOST_ROWS:
        yield f"{len(rows)} {name}; no questionnaire has more than {MOST_ROWS}"
        return
    for at, row in enumerate(rows, start=1):
        number = row.get(numbered)
        place = f"{name.removesuffix('s')} {number if number is not None else f'(row {at})'}"
        if isinstance(number, bool) or not isinstance(number, kinds):
            yield f"{place}: {numbered} = {number!r} is no number of the form"
        yield from _text(place, row.get("text"), empty=False)


def _text(place: str, value: object, *, empty: bool = True) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{place}: {_short(value)} is no text; write it between quotes"
    elif not value.strip() and not empty:
        yield f"{place} has no text; give it as printed"
    elif len(value) > LONGEST:
        yield f"{place} has {len(value)} characters; give one question, at most {LONGEST}"
    elif MARKUP.search(value):
        yield f"{place} holds mark-up ({_short(MARKUP.findall(value)[0])}); give the plain text"
    elif hidden := [letter for letter in value if _hidden(letter)]:
        yield f"{place} holds the invisible character U+{ord(hidden[0]):04X}; type it again"


def _hidden(letter: str) -> bool:
    """Control and direction characters, which could show another text than is stored."""
    return letter != "\n" and unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cs", "Cn")


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."
