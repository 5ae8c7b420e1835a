"""Keyword watch: finds phrases that ask a person to look, however they are written (pure).

A prompt for a human reader, never a judgement: negations and quotations hit as well, because a
missed one costs more than a second look. Source: reference/interface.md §5.
"""

import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import ahocorasick
import opencc
from pypinyin import Style, pinyin

WORRIED, URGENT = "worried", "urgent"
# OpenCC leaves these alone one by one, since each is also a simplified character
_ALSO = str.maketrans({"著": "着", "妳": "你", "乾": "干", "曏": "向"})


@dataclass(frozen=True, order=True)
class Hit:
    """A phrase at [start, end) of the text as it was written; `by` is "text" or "sound"."""

    start: int
    end: int
    phrase: str
    category: str
    by: str


@dataclass(frozen=True)
class _Plain:
    """The text as it is searched, with the place of every character in the original."""

    text: str
    at: tuple[int, ...]


@dataclass(frozen=True)
class _Watch:
    version: str
    texts: Any  # ahocorasick.Automaton
    sounds: Any
    harmless: tuple[str, ...]


def phrases() -> dict[str, tuple[str, ...]]:
    """All phrases by category, as the data file writes them."""
    return {
        each["key"]: tuple(dict.fromkeys([*each["phrases"], *each["sounds"]]))
        for each in _document()["category"]
    }


def watch(text: str) -> tuple[Hit, ...]:
    """Every hit in the order of the text, each with its place in the text as written."""
    plain = _plain(text)
    spelt = (hit for hit in _written(plain) if not _inside_a_word(text, hit))
    found = set(spelt) | set(_sounding(plain))
    written = {(hit.start, hit.end) for hit in found if hit.by == "text"}
    kept = (hit for hit in found if hit.by == "text" or (hit.start, hit.end) not in written)
    return tuple(sorted(kept))


def urgency(told: str, hits: Sequence[Hit]) -> str:
    """What the reporter said, raised by any hit; never lowered."""
    return URGENT if hits else told


def categories(hits: Sequence[Hit]) -> list[str]:
    """The categories of the hits, each once, in the order of the text."""
    return list(dict.fromkeys(hit.category for hit in hits))


def normalised(text: str) -> str:
    """The text as it is searched: simplified, NFKC, lower case, letters and digits only."""
    return _plain(text).text


def _plain(text: str) -> _Plain:
    kept = [
        (plain, index) for index, character in enumerate(text) for plain in _character(character)
    ]
    return _Plain("".join(plain for plain, _at in kept), tuple(at for _plain, at in kept))


@lru_cache(maxsize=20_000)
def _character(character: str) -> str:
    # one by one, so that every searched character keeps its place in the original
    flat = unicodedata.normalize("NFKC", character)
    simple = _simplifier().convert(flat).translate(_ALSO).casefold()
    return "".join(each for each in simple if each.isalnum())


@cache
def _simplifier() -> Any:
    return opencc.OpenCC("t2s")


def _written(plain: _Plain) -> Iterator[Hit]:
    for last, (phrase, category, length) in _watch().texts.iter(plain.text):
        first = last - length + 1
        yield Hit(plain.at[first], plain.at[last] + 1, phrase, category, "text")


def _inside_a_word(text: str, hit: Hit) -> bool:
    """Whether a Latin phrase is only a piece of a longer Latin word: "rape" in "grape"."""
    if not hit.phrase.isascii():
        return False
    around = text[max(hit.start - 1, 0) : hit.start] + text[hit.end : hit.end + 1]
    return any(each.isascii() and each.isalnum() for each in around)


def _sounding(plain: _Plain) -> Iterator[Hit]:
    spoken, starts, ends = _spoken(plain.text)
    for last, (phrase, category, length) in _watch().sounds.iter(spoken):
        first, end = last - length + 1, last + 1
        if first not in starts or end not in ends:
            continue
        begin, stop = starts[first], ends[end]
        if not plain.text.startswith(_watch().harmless, begin):
            yield Hit(plain.at[begin], plain.at[stop] + 1, phrase, category, "sound")


def _spoken(text: str) -> tuple[str, dict[int, int], dict[int, int]]:
    """Toneless pinyin of the text, and which character begins or ends at each of its letters."""
    pieces, starts, ends, length = [], {}, {}, 0
    for index, character in enumerate(text):
        piece = _sound(character)
        starts[length] = index
        length += len(piece)
        ends[length] = index
        pieces.append(piece)
    return "".join(pieces), starts, ends


@lru_cache(maxsize=20_000)
def _sound(character: str) -> str:
    # a reading of its own for each character: the same for the text and for the phrases
    if character.isascii():
        return character
    read = pinyin(character, style=Style.NORMAL, heteronym=False, errors="default")
    return str(read[0][0]).replace("ü", "v")


@cache
def _document() -> dict[str, Any]:
    path = Path(__file__).with_name("data") / "keywords.toml"
    return tomllib.loads(path.read_text("utf-8"))


@cache
def _watch() -> _Watch:
    document, texts, sounds = _document(), ahocorasick.Automaton(), ahocorasick.Automaton()
    for category in document["category"]:
        for phrase in (*category["phrases"], *category["sounds"]):
            plain = normalised(phrase)
            texts.add_word(plain, (phrase, category["key"], len(plain)))
        for phrase in category["sounds"]:
            spoken = "".join(_sound(character) for character in normalised(phrase))
            sounds.add_word(spoken, (phrase, category["key"], len(spoken)))
    texts.make_automaton()
    sounds.make_automaton()
    return _Watch(document["version"], texts, sounds, tuple(document["harmless"]))
