"""Names of people: how they are kept, sorted, searched and shown in part."""

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pypinyin import Style, lazy_pinyin

_DOTS = re.compile("[•・‧∙⋅●．]")
_CONTROL = re.compile(r"[\u0000-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_QUOTES = "'’‘`＇"
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U000323af]")


@cache
def words() -> dict[str, Any]:
    """The words that rosters use, from roster_words.toml."""
    return tomllib.loads(Path(__file__).with_name("roster_words.toml").read_text("utf-8"))


def normalised(name: str) -> str:
    """A name as it is kept: one kind of middle dot, no blanks inside Chinese, rare characters as
    they are (NFKC would replace some of them).
    """
    name = _CONTROL.sub("", unicodedata.normalize("NFC", name)).strip().lstrip(_QUOTES)
    name = _DOTS.sub("·", name)
    between = "" if _HAN.search(name) else " "
    return between.join(name.split())


def pinyin(name: str) -> tuple[str, str]:
    """Full pinyin and initials, lower case without blanks: ("wangxiaoming", "wxm")."""
    surname, given = _split(name)
    read = words()["surnames"].get(surname)
    first = read.split() if read else _read(surname)
    syllables = [*first, *_read(given)]
    full = "".join(syllables)[:120]
    return full, "".join(syllable[0] for syllable in syllables if syllable)[:30]


def _split(name: str) -> tuple[str, str]:
    if not _HAN.match(name):
        return "", name
    length = 2 if name[:2] in words()["surnames"] else 1
    return name[:length], name[length:]


@lru_cache(maxsize=50_000)  # surnames, and given names that come again and again
def _read(text: str) -> tuple[str, ...]:
    letters = re.sub(r"[·\s.\-]", " ", text)
    syllables = lazy_pinyin(letters, style=Style.NORMAL, errors="default")
    return tuple(part.lower() for syllable in syllables for part in syllable.split())


def masked(name: str) -> str:
    """A name of which only the ends are seen: 王*明, 李*, 阿*提."""
    if len(name) <= 1:
        return name
    return name[0] + "*" + (name[-1] if len(name) > 2 else "")
