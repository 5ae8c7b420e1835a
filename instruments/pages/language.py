"""One language of the catalogue pages: its words, and what a definition says to its readers."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from instruments.library.parts import Named

FOLDER = Path(__file__).parent
CHINESE, ENGLISH = "zh", "en"
CODES = (CHINESE, ENGLISH)


@dataclass(frozen=True)
class Language:
    """The words of one language; `sentences` translates what definitions say in English."""

    code: str
    words: Mapping[str, str]
    constructs: Mapping[str, str]
    algorithms: Mapping[str, str]
    scores: Mapping[str, str]
    sentences: Mapping[str, str]

    def word(self, key: str, **values: object) -> str:
        """A word or pattern of the pages; KeyError when the language has none."""
        return self.words[key].format(**values) if values else self.words[key]

    def named(self, name: Named) -> str:
        """A title in this language, else in the other one."""
        return (name.zh or name.en) if self.code == CHINESE else (name.en or name.zh)

    def said(self, sentence: str) -> str:
        """What a definition says in English, for this reader; a citation stays as it is."""
        return self.sentences.get(sentence, sentence)

    def joined(self, parts: Iterable[str]) -> str:
        """Parts of a list with the comma of the language."""
        return self.words["list_comma"].join(parts)

    def clauses(self, parts: Iterable[str]) -> str:
        """Longer parts, set apart by semicolons."""
        return self.words["semicolon"].join(parts)

    def line(self, head: str, text: str) -> str:
        """`head: text`."""
        return f"{head}{self.words['colon']}{text}"

    @property
    def other(self) -> "Language":
        """The language the switch of a page leads to."""
        return language(ENGLISH if self.code == CHINESE else CHINESE)


@cache
def language(code: str) -> Language:
    """The language of a code of CODES."""
    sentences = _table(f"sentences.{code}.toml")["sentences"]
    return Language(code=code, **_table(f"words.{code}.toml"), sentences=sentences)


def _table(name: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((FOLDER / name).read_text("utf-8"))
