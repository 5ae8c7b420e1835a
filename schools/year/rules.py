"""What becomes of a grade when a school year begins: pure rules, no database."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from schools import klass_names
from schools.names import words

FIRST_MONTH = 6  # from June on a school may begin its next year
UNDO_FOR = timedelta(days=7)
YEARS = {"junior": 3, "senior": 3, "vocational": 3, "higher": 4}
TOP = frozenset({"高三", "职三", "大四"})
LAST = frozenset({"小六", "初三", *TOP})
STAY, GRADUATE = "=", "-"
_DIGITS = re.compile(r"(?:20)?(\d{2})(?=\d{2}(?!\d)|级)")


@dataclass(frozen=True)
class Fate:
    """What a grade may become, and what is proposed: a name, STAY or GRADUATE."""

    proposed: str
    next_name: str = ""


def begins(day: date) -> int:
    """The year in whose September the school year begins that may be started on this day."""
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def label(year: int) -> str:
    """2027-2028."""
    return f"{year}-{year + 1}"


def fate(name: str, stage: str, year: int) -> Fate:
    """七年级 becomes 八年级, 九年级 graduates, 2024级 graduates when its years are over."""
    key = klass_names.grade_key(name)
    entered = klass_names.entry_year(key)
    if entered is not None:
        return Fate(GRADUATE if entered + YEARS.get(stage, 3) <= year else STAY)
    following = _following(key)
    if not following:
        return Fate(GRADUATE if key in LAST else STAY)
    upper = _in_the_same_words(name, key, following)
    return Fate(GRADUATE if key in LAST else upper, upper)


def over(klass_name: str, stage: str, year: int) -> bool:
    """Whether a class of a department has had its years, by the year in its name (软件2401)."""
    found = _DIGITS.search(klass_name)
    return found is not None and 2000 + int(found[1]) + YEARS.get(stage, 4) <= year


def _following(key: str) -> str:
    grades = list(words()["grades"])
    return "" if key in TOP or key not in grades else grades[grades.index(key) + 1]


def _in_the_same_words(name: str, key: str, following: str) -> str:
    """七年级 -> 八年级 and 初一年级 -> 初二年级, as the school writes its grades."""
    grades = words()["grades"]
    written = klass_names.folded(name)
    for mine, theirs in zip(_spellings(grades, key), _spellings(grades, following), strict=False):
        if klass_names.folded(mine) == written:
            return theirs
    return following


def _spellings(grades: Mapping[str, list[str]], key: str) -> list[str]:
    return [key, key + "年级", *grades[key]]


def graduated_name(name: str, year: int) -> str:
    """2027届九年级: the name makes room for those who follow."""
    return name if klass_names.entry_year(klass_names.grade_key(name)) else f"{year}届{name}"


def clashes(names: Iterable[str]) -> set[str]:
    """Names that two grades of the school would bear."""
    seen: set[str] = set()
    return {name for name in names if name in seen or seen.add(name)}  # type: ignore[func-returns-value]


def climbed(moves: Iterable[tuple[str, str]]) -> tuple[int, int]:
    """How many of these moves between grades go one grade up, and how many one grade down."""
    order = {grade: place for place, grade in enumerate(words()["grades"])}
    steps = [
        order[new] - order[old]
        for old, new in moves
        if old in order and new in order and old != new
    ]
    return steps.count(1), steps.count(-1)
