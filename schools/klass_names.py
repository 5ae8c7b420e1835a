"""Names of grades and classes: the many ways to write one, and one way to compare them."""

import re
import unicodedata
from functools import cache

from schools.names import words

_DIGITS = {char: str(value) for value, char in enumerate("零一二三四五六七八九")}
_YEAR = re.compile(r"^((?:20)?\d{2})[级届]")
_TENS = re.compile("^([二三四五六七八九])?十([一二三四五六七八九])?$")


def folded(text: str) -> str:
    """Text to compare: NFKC, lower case, no blanks, no brackets."""
    text = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[\s()\[\]【】〔〕〈〉<>_\-]", "", text)


@cache
def _grade_words() -> tuple[tuple[str, str], ...]:
    """(word, grade) pairs, longest word first, so that 高中一年级 wins over 一年级."""
    pairs = [
        (folded(word), grade)
        for grade, synonyms in words()["grades"].items()
        for word in (grade, *synonyms, grade + "年级")
    ]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


@cache
def grade_key(text: str) -> str:
    """One key for 高一, 高1, 高中一年级 and 十年级; other names (departments) as they are."""
    plain = folded(text)
    year = _YEAR.match(plain)
    if year:
        return f"{int(year[1]) % 100 + 2000}级" + plain[year.end() :].removesuffix("年级")
    return dict(_grade_words()).get(plain, plain)


@cache
def split(grade: str, klass: str) -> tuple[str, str]:
    """The grade and the class of two cells, of which the first may be empty: ("高一", "3").

    A class cell may repeat the grade (高一（3）班). The second part is "" when no class is named.
    """
    plain = folded(klass)
    found, rest = _leading_grade(plain)
    if grade:
        own = grade_key(grade)
        if found == own:
            plain = rest
        elif plain.startswith(folded(grade)):
            plain = plain.removeprefix(folded(grade))
        return own, _class_number(plain)
    return found, _class_number(rest)


def _leading_grade(plain: str) -> tuple[str, str]:
    year = _YEAR.match(plain)
    if year:
        return f"{int(year[1]) % 100 + 2000}级", plain[year.end() :]
    for word, grade in _grade_words():
        if plain.startswith(word) and plain != word:
            return grade, plain[len(word) :]
    return "", plain


@cache
def written_grade(klass: str) -> str:
    """The grade as a class cell writes it: 七年级 of 七年级（3）班; empty when it names none."""
    plain = folded(klass)
    _grade, rest = _leading_grade(plain)
    return plain[: len(plain) - len(rest)] if _grade else ""


def _class_number(plain: str) -> str:
    """3, （3）班, 三班 and 03班 are one class; 实验班 stays a name."""
    bare = plain.removesuffix("班") or plain
    if bare.isdigit():
        return str(int(bare))
    tens = _TENS.match(bare)
    if tens:
        return str(
            int(_DIGITS.get(tens[1] or "一", "1")) * 10 + int(_DIGITS.get(tens[2] or "零", "0"))
        )
    if bare in _DIGITS:
        return _DIGITS[bare]
    return bare


def klass_label(klass: str) -> str:
    """How a class made from a roster is called: 3班, 实验班, 软件2401."""
    return f"{klass}班" if klass.isdigit() or klass in words()["class_words"] else klass


def label(grade: str, klass: str) -> str:
    """Grade and class for people: 高一3班, 2026级临床1班."""
    return grade + klass_label(klass)


def entry_year(key: str) -> int | None:
    """The year of entry that a grade such as 2026级 names."""
    year = re.match(r"^(20\d{2})级", key)
    return int(year[1]) if year else None


@cache
def _grade_order() -> dict[str, int]:
    return {grade: place for place, grade in enumerate(words()["grades"])}


@cache
def grade_place(name: str) -> tuple[int, str]:
    """Where a grade stands in school: 七年级 before 八年级 before 高一; others by name after them."""
    return _grade_order().get(grade_key(name), len(_grade_order())), name


@cache
def klass_place(name: str) -> tuple[tuple[int, str], int, str]:
    """Where a class stands, by grade and number: 七年级2班 before 七年级10班."""
    grade, klass = split("", name)
    return grade_place(grade), int(klass) if klass.isdigit() else 1000, name
