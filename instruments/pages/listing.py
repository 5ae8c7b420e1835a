"""The list of scales: what one needs to choose, and what narrows it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from instruments.library import catalogue
from instruments.library.definition import Definition
from instruments.pages import key
from instruments.pages.language import CODES, Language, language

READY, IMPORT = "ready", "import"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asks for; empty asks for nothing."""

    words: str = ""
    construct: str = ""
    language: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One scale as the list shows it; `languages` are those whose text can be used."""

    key: str
    title: str
    construct: str
    items: int
    minutes: str
    age: str
    licence: str
    languages: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether it can be given to somebody without importing a text first."""
        return bool(self.languages)


def entry(reader: Language, definition: Definition, imported: Iterable[str] = ()) -> Entry:
    """The entry of a scale; `imported` are the languages of texts that a school brought."""
    return Entry(
        key=definition.key,
        title=reader.named(definition.title),
        construct=definition.construct,
        items=len(definition.items),
        minutes=key.minutes(reader, definition),
        age=key.age(reader, definition),
        licence=definition.licence.code,
        languages=tuple(sorted({*catalogue.languages(definition), *imported})),
    )


def matching(definitions: Iterable[Definition], wanted: Wanted) -> Iterator[Definition]:
    """The scales whose names and uses hold every word, of the construct that is wanted."""
    words = [_plain(word) for word in wanted.words.split()]
    for each in definitions:
        uses = [language(code).constructs[each.construct] for code in CODES]
        names = [each.key, *each.names, each.title.zh, each.title.en, *uses]
        held = " ".join(map(_plain, names))
        if wanted.construct in {"", each.construct} and all(word in held for word in words):
            yield each


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def kept(entry_: Entry, wanted: Wanted) -> bool:
    """Whether an entry has the text that is wanted."""
    spoken = not wanted.language or wanted.language in entry_.languages
    return spoken and wanted.text in {"", READY if entry_.ready else IMPORT}
