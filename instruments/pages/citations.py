"""Sources for a reader: numbers become links to the entry, the project's short marks become words."""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from instruments.library.definition import Definition
from instruments.pages.blocks import Cell, Lines, Link, Piece
from instruments.pages.language import FOLDER, Language

NUMBERS = r"\d+[a-z]?(?:, \d+[a-z]?)*"
REFERENCE = re.compile(
    r"docs/instruments\.md(?:, (?P<part>settled rules|texts))?"
    rf"(?: \[(?P<named>{NUMBERS})\])?|\[(?P<bare>{NUMBERS})\]"
)
RECALLED = re.compile(
    r"recalled \(R\+?\), no source seen|(?<![A-Za-z])R\+|(?<=[(\uff08])R(?=[)\uff09])"
)


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of sources.toml."""

    number: str
    text: str
    url: str = ""


@cache
def sources() -> dict[str, Source]:
    """All entries by number."""
    entries = tomllib.loads((FOLDER / "sources.toml").read_text("utf-8"))
    return {number: Source(number, **entry) for number, entry in entries.items()}


def numbers_in(text: str) -> list[str]:
    """The entries that a source names, in order, each once."""
    found = [number for match in REFERENCE.finditer(text) for number in _numbers(match)]
    return list(dict.fromkeys(found))


def _numbers(match: re.Match[str]) -> list[str]:
    numbers = match["named"] or match["bare"]
    return numbers.split(", ") if numbers else []


def cited(language: Language, text: str) -> tuple[Piece, ...]:
    """The source in the reader's language with a link for every number."""
    said = RECALLED.sub(language.word("recalled"), language.said(text))
    return tuple(piece for piece in _pieces(language, said) if piece)


def _pieces(language: Language, said: str) -> Iterator[Piece]:
    at = 0
    for match in REFERENCE.finditer(said):
        yield said[at : match.start()]
        at = match.end()
        numbers = _numbers(match)
        if not numbers:
            yield language.word("project_rule" if match["part"] else "project_note")
        yield from (Link(f"[{number}]", f"#source-{number}") for number in numbers)
    yield said[at:]


def everything_cited(definition: Definition) -> Iterator[str]:
    """All that a definition says about where it was read."""
    yield from definition.provenance.sources
    yield definition.licence.evidence
    for cutset in definition.cutsets:
        yield cutset.source
    for rule in definition.criticals:
        yield rule.source
    for scale in definition.scales:
        yield scale.missing.source
    if definition.algorithm:
        yield definition.algorithm.source
    yield from (*definition.notes, *definition.unverified)


def bibliography(language: Language, definition: Definition) -> Lines:
    """First what was read for the key as printed, then every numbered entry the page cites."""
    numbers = dict.fromkeys(n for text in everything_cited(definition) for n in numbers_in(text))
    ordered = sorted(numbers, key=lambda n: (int(re.sub(r"\D", "", n)), n))
    printed = [s for s in definition.provenance.sources if not REFERENCE.match(s)]
    cells: list[Cell] = [cited(language, each) for each in printed]
    cells += [_entry(sources()[number]) for number in ordered]
    anchors = [*("" for _ in printed), *(f"source-{number}" for number in ordered)]
    return Lines(cells or [language.word("no_publication")], anchors or [""])


def _entry(source: Source) -> Cell:
    text: Piece = Link(source.text, source.url) if source.url else source.text
    return (f"[{source.number}] ", text)


def source_list(entries: Iterable[Source]) -> str:
    """The chapter's list of sources in Markdown."""
    shown = ((e.number, f"[{e.text}]({e.url})" if e.url else e.text) for e in entries)
    return "".join(f"- {number} {text}\n" for number, text in shown)


def main(arguments: list[str]) -> int:
    """Print the chapter's list; 2 for wrong usage."""
    if arguments:
        sys.stderr.write("usage: python -m instruments sources\n")
        return 2
    sys.stdout.write(source_list(sources().values()))
    return 0
