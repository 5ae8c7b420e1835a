"""From the sheets of a file to rows of a roster: the header found, every cell read, all errors."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from foundation.i18n import _
from foundation.problems import Refused
from foundation.spreadsheets import Cell, Sheet
from schools import klass_names
from schools.names import words
from schools.roster import cells as roster_cells
from schools.roster.cells import BadCell

SEARCHED_FOR_HEADER = 20
IDENTIFIERS = ("student_number", "xueji", "id_card", "exam")
GUARDIANS = ("guardian1", "guardian2")


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing wrong with a row: the column as the user's file calls it, and a sentence."""

    column: str
    message: str


@dataclass(slots=True)
class Row:
    """One student of the file; `number` is the row number that the user sees."""

    number: int
    cells: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    sheet: str = ""  # its name, where the file has several

    @property
    def place(self) -> str:
        """Where the user finds the row."""
        return f"{self.number}（{self.sheet}）" if self.sheet else str(self.number)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A roster as read: titles in file order, which field stands in which column, its rows."""

    titles: tuple[str, ...]
    columns: Mapping[str, int]
    rows: list[Row]
    unused: tuple[str, ...]

    def title(self, name: str) -> str:
        """What the file calls a field."""
        return self.titles[self.columns[name]] if name in self.columns else ""


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header stands and what it names."""

    row: int
    titles: tuple[str, ...]
    columns: Mapping[str, int]


def folded_title(value: Cell) -> str:
    """A header cell to compare: without blanks, stars and what stands in brackets."""
    plain = unicodedata.normalize("NFKC", roster_cells.text(value)).lower()
    return re.sub(r"\([^)]*\)|[\s*_:：#.]", "", plain)


def _known(kind: str) -> dict[str, str]:
    return {word: name for name, synonyms in words()[kind].items() for word in synonyms}


def find_header(rows: Sequence[Sequence[Cell]], kind: str = "headers") -> Header | None:
    """The header under any title rows: the last of the first rows that name two columns or more.

    Under a merged heading (监护人 over 姓名 and 电话) the two cells are read together.
    """
    known = _known(kind)
    at = next(
        (n for n, row in enumerate(rows[:SEARCHED_FOR_HEADER]) if _named(row, known) >= 2), None
    )
    if at is None:
        return None
    while at + 1 < len(rows) and _named(rows[at + 1], known) >= 2:
        at += 1
    above = rows[at - 1] if at else ()
    columns: dict[str, int] = {}
    titles: list[str] = []
    for index, cell in enumerate(rows[at]):
        parent = folded_title(above[index]) if index < len(above) else ""
        own = folded_title(cell)
        together = known.get(parent + own) if parent else None
        name = together or known.get(own)
        if name and name not in columns:
            columns[name] = index
        title = roster_cells.text(cell)
        titles.append(roster_cells.text(above[index]) + title if together else title)
    return Header(at, tuple(titles), columns)


def _named(row: Sequence[Cell], known: Mapping[str, str]) -> int:
    return len({known[title] for title in map(folded_title, row) if title in known})


def choose(sheets: Sequence[Sheet], kind: str = "headers") -> tuple[Sheet, Header]:
    """The one sheet with a list. Raises Refused when there is none, or more than one."""
    found = [(sheet, header) for sheet in sheets if (header := find_header(sheet.rows, kind))]
    if not found:
        raise Refused(
            _("没有找到表头。请在第一行写上列名，例如：姓名、学号、班级（可以下载模板）。"), "file"
        )
    if len(found) > 1:
        names = "、".join(sheet.name for sheet, _header in found)
        raise Refused(
            _("文件里有几个工作表都是名单（%(names)s），请合并成一个。", names=names), "file"
        )
    return found[0]


def parse(sheets: Sequence[Sheet], today: date) -> Parsed:
    """The whole roster with all of its errors. Raises Refused when the file cannot be a roster.

    A workbook with one sheet for each grade or class is one roster; rows then name their sheet.
    """
    lists = _lists(sheets)
    if len(lists) == 1:
        [(sheet, header)] = lists
        _check_columns(header)
        together, rows = header, _rows(sheet, header, today)
    else:
        together, rows = _joined([header for _sheet, header in lists]), []
        for sheet, header in lists:
            _check_sheet(sheet, header)
            rows += [_moved(row, sheet, header, together) for row in _rows(sheet, header, today)]
    if not rows:
        raise Refused(_("表头下面没有一名学生。"), "file")
    used = set(together.columns.values())
    unused = (title for at, title in enumerate(together.titles) if at not in used and title)
    return Parsed(together.titles, together.columns, rows, tuple(unused))


def _lists(sheets: Sequence[Sheet]) -> list[tuple[Sheet, Header]]:
    """The sheets that name students; beside them a table of sums is no list."""
    found = [(sheet, header) for sheet in sheets if (header := find_header(sheet.rows))]
    named = [each for each in found if "name" in each[1].columns]
    return named or [choose(sheets)]


def _rows(sheet: Sheet, header: Header, today: date) -> list[Row]:
    readers = _readers(today)
    return [
        _row(number, cells, header, readers)
        for number, cells in enumerate(sheet.rows[header.row + 1 :], start=header.row + 2)
        if is_data(cells, header)
    ]


def _check_sheet(sheet: Sheet, header: Header) -> None:
    try:
        _check_columns(header)
    except Refused as problem:
        sentence = _("工作表“%(name)s”：%(what)s", name=sheet.name, what=problem.message)
        raise Refused(sentence, "file") from problem


def _joined(headers: Sequence[Header]) -> Header:
    """The columns of all sheets: a field that we know is one column, whatever a sheet calls it."""
    titles, columns = list(headers[0].titles), dict(headers[0].columns)
    for header in headers[1:]:
        known = {at: name for name, at in header.columns.items()}
        for at, title in enumerate(header.titles):
            name = known.get(at)
            if name in columns or (name is None and title in titles):
                continue
            if name is not None:
                columns[name] = len(titles)
            titles.append(title)
    return Header(0, tuple(titles), columns)


def _moved(row: Row, sheet: Sheet, header: Header, together: Header) -> Row:
    """The row with its cells under the columns of the whole roster."""
    known = {at: name for name, at in header.columns.items()}
    cells = [""] * len(together.titles)
    for at, title in enumerate(header.titles):
        name = known.get(at)
        target = together.columns[name] if name else together.titles.index(title)
        cells[target] = cells[target] or row.cells[at]
    row.cells, row.sheet = cells, sheet.name
    return row


def one_person(texts: Mapping[str, str], klass: tuple[str, str], today: date) -> Row:
    """One student typed on a page, read by the same rules as a row of a file.

    An issue names its field where a file's would name its column; the class was chosen from a list.
    """
    given = {**texts, "grade": klass[0], "klass": klass[1]}
    header = Header(0, tuple(given), {name: at for at, name in enumerate(given)})
    row = _row(0, list(given.values()), header, _readers(today))
    row.issues = [issue for issue in row.issues if issue.column != "klass"]
    return row


def _check_columns(header: Header) -> None:
    columns = header.columns
    if "name" not in columns:
        raise Refused(_("名单里没有“姓名”这一列。"), "file")
    if "klass" not in columns:
        raise Refused(_("名单里没有“班级”这一列。"), "file")
    if not any(name in columns for name in (*IDENTIFIERS, "birth_date")):
        raise Refused(
            _("名单里至少要有学号、学籍号、身份证号、考号、出生日期中的一列，否则认不准学生。"),
            "file",
        )


def is_data(cells: Sequence[Cell], header: Header) -> bool:
    """Whether a row holds a person: not blank, not the sample row, not a sum or a signature."""
    filled = [text for cell in cells if (text := roster_cells.text(cell))]
    if not filled:
        return False
    skip = words()["skip"]
    if any(word in filled[0] for word in skip["samples"]):
        return False
    name = header.columns.get("name")
    named = name is not None and name < len(cells) and bool(roster_cells.text(cells[name]))
    at_end = any(filled[0].startswith(word) for word in skip["footers"])
    return not (at_end and (not named or len(filled) <= 3))


Reader = Callable[[Cell], Any]


def _readers(today: date) -> dict[str, Reader]:
    return {
        "name": roster_cells.name,
        "sex": lambda cell: roster_cells.choice("sex", cell),
        "boarding": lambda cell: roster_cells.choice("boarding", cell) == "yes",
        "birth_date": lambda cell: roster_cells.birth_date(cell, today).isoformat(),
        "student_number": roster_cells.number,
        "exam": roster_cells.number,
        "id_card": roster_cells.id_card,
        "xueji": roster_cells.xueji,
        "guardian1_phone": roster_cells.phone,
        "guardian2_phone": roster_cells.phone,
        "guardian1_name": roster_cells.name,
        "guardian2_name": roster_cells.name,
    }


def _short(cell: Cell) -> str:
    value = roster_cells.text(cell)
    if len(value) > 60:
        raise BadCell(_("内容超过 60 个字，请核对是否错列。"))
    return value


def _row(number: int, cells: Sequence[Cell], header: Header, readers: Mapping[str, Reader]) -> Row:
    shown = [roster_cells.text(cell) for cell in cells]
    row = Row(number, shown + [""] * (len(header.titles) - len(shown)))
    for name, at in header.columns.items():
        cell = cells[at] if at < len(cells) else None
        if roster_cells.text(cell):
            _read(row, header.titles[at], name, cell, readers.get(name, _short))
    _complete(row, header)
    return row


def _read(row: Row, title: str, name: str, cell: Cell, reader: Reader) -> None:
    try:
        row.values[name] = reader(cell)
    except BadCell as problem:
        row.issues.append(Issue(title, str(problem)))


def _complete(row: Row, header: Header) -> None:
    """What follows from several cells together: class, identity, agreement with the number."""
    values = row.values
    for name in ("name", "klass"):
        title = header.titles[header.columns[name]]
        if name not in values and not any(issue.column == title for issue in row.issues):
            row.issues.append(Issue(title, _("这一格是空的，必须填写。")))
    if "klass" in values:
        _place(row, header)
    _agree_with_number(row, header)
    if not row.issues and not any(values.get(n) for n in (*IDENTIFIERS, "birth_date")):
        row.issues.append(
            Issue("", _("学号、学籍号、身份证号、考号、出生日期都是空的，至少要填一项。"))
        )
    values["guardians"] = [person for key in GUARDIANS if (person := _guardian(values, key))]


def _place(row: Row, header: Header) -> None:
    written, whole = row.values.pop("grade", ""), row.values.pop("klass")
    grade, klass = klass_names.split(written, whole)
    if not grade:
        title = header.titles[header.columns["klass"]]
        row.issues.append(
            Issue(title, _("看不出是哪个年级，请写成“高一（3）班”，或加一列“年级”。"))
        )
        return
    row.values["place"] = [grade, klass]
    row.values["grade_name"] = written or klass_names.written_grade(whole) or grade


def _agree_with_number(row: Row, header: Header) -> None:
    values = row.values
    citizen = values.get("id_card") or _citizen_part(values.get("xueji"))
    if not citizen:
        return
    for name, found in (
        ("birth_date", (roster_cells.born_by(citizen) or date.min).isoformat()),
        ("sex", roster_cells.sex_by(citizen)),
    ):
        if values.setdefault(name, found) != found:
            title = header.titles[header.columns[name]]
            row.issues.append(Issue(title, _("与身份证号里的不一致，请核对。")))


def _citizen_part(xueji: str | None) -> str | None:
    return xueji[1:] if xueji and xueji.startswith("G") else None


def _guardian(values: dict[str, Any], key: str) -> dict[str, str] | None:
    person = {part: values.pop(f"{key}_{part}", "") or "" for part in ("name", "relation", "phone")}
    if not any(person.values()):
        return None
    return person | {"name": person["name"] or person["relation"] or _("监护人")}
