"""A list of staff in a file: who is to hold which role, with all errors at once (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.policy import Role
from foundation.i18n import _
from foundation.problems import Refused
from foundation.spreadsheets import Cell, Sheet
from schools import klass_names
from schools.names import words
from schools.roster import cells as roster_cells
from schools.roster import file as roster_file
from schools.roster.cells import BadCell


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the file; `place` is "klass:3", "branch:5" or empty."""

    number: int
    name: str
    role: Role
    place: str


def parse(
    sheets: Sequence[Sheet], places: Sequence[tuple[str, str]]
) -> tuple[list[Person], list[str]]:
    """The people of the file, and a sentence for everything wrong with it.

    `places` are the classes and branches of the school as (value, label). Raises Refused when the
    file is no list of staff.
    """
    sheet, header = roster_file.choose(sheets, "staff_headers")
    if not {"name", "role"} <= set(header.columns):
        raise Refused(_("教职工名单要有“姓名”和“角色”两列。"), "file")
    known = _keys(places)
    people: list[Person] = []
    problems: list[str] = []
    for number, cells in enumerate(sheet.rows[header.row + 1 :], start=header.row + 2):
        if not roster_file.is_data(cells, header):
            continue
        try:
            people.append(_person(number, _named(cells, header), known))
        except BadCell as problem:
            problems.append(_("第 %(n)s 行：%(message)s", n=number, message=str(problem)))
    if not people and not problems:
        raise Refused(_("表头下面没有一个人。"), "file")
    return people, problems


def _keys(places: Sequence[tuple[str, str]]) -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    for value, label in places:
        grade, _blank, klass = label.partition(" ")
        key = klass_names.split(grade, klass) if value.startswith("klass:") else (_fold(label),)
        found[key] = value
    return found


def _fold(text: str) -> str:
    return klass_names.folded(text)


def _named(cells: Sequence[Cell], header: roster_file.Header) -> dict[str, Cell]:
    return {name: cells[at] for name, at in header.columns.items() if at < len(cells)}


def _person(number: int, cells: Mapping[str, Cell], known: Mapping[tuple[str, ...], str]) -> Person:
    name = roster_cells.name(cells.get("name"))
    if not name:
        raise BadCell(_("姓名是空的。"))
    role = _role(roster_cells.text(cells.get("role")))
    return Person(number, name, role, _place(cells, known))


def _role(written: str) -> Role:
    for role, synonyms in words()["roles"].items():
        if klass_names.folded(written) in map(klass_names.folded, synonyms):
            return Role(role)
    known = "、".join(synonyms[0] for synonyms in words()["roles"].values())
    raise BadCell(_("不认识角色“%(role)s”，可以写：%(known)s。", role=written, known=known))


def _place(cells: Mapping[str, Cell], known: Mapping[tuple[str, ...], str]) -> str:
    branch, klass = (roster_cells.text(cells.get(name)) for name in ("branch", "klass"))
    if branch:
        return _found(known, (_fold(branch),), branch)
    if klass:
        key = klass_names.split(roster_cells.text(cells.get("grade")), klass)
        return _found(known, key, klass)
    return ""


def _found(known: Mapping[tuple[str, ...], str], key: tuple[str, ...], written: str) -> str:
    if key not in known:
        raise BadCell(_("没有找到“%(place)s”，请先导入学生名单。", place=written))
    return known[key]
