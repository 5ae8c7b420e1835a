"""Spreadsheets in (xlsx, xls, ods, csv) and out (xlsx), as plain rows of cells."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import python_calamine
import xlsxwriter

from foundation import spreadsheet_checks as checks
from foundation.i18n import _
from foundation.spreadsheet_checks import MAX_ROWS, Fault, UnreadableFile

Cell = str | int | float | bool | date | datetime | time | timedelta | None
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_MAX_SHEETS = 30
# What the first bytes of things people rename look like: programs, PDF, pictures, archives, pages.
_OTHER_KINDS = (
    b"MZ",
    b"\x7fELF",
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"7z\xbc",
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet from its cell A1 on: `rows[0]` is the row a person calls 1."""

    name: str
    rows: list[list[Cell]]


def read(data: bytes) -> list[Sheet]:
    """The visible sheets that hold anything, merged blocks filled from their first cell.

    The kind is told by the content, never by the name. Raises UnreadableFile with a sentence
    when the file is empty, no spreadsheet, damaged, active, protected or beyond the limits.
    """
    if not data.strip():
        raise empty()
    if data.startswith(_ZIP):
        checks.check_archive(data)
        return _from_workbook(data)
    if data.startswith(_OLE):
        _check_ole(data)
        return _from_workbook(data)
    return [_from_csv(data)]


def empty() -> UnreadableFile:
    """The refusal of a file without a single row."""
    return UnreadableFile(Fault.EMPTY, _("文件是空的，里面没有一行数据。"))


def _check_ole(data: bytes) -> None:
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise protected()
    if "_VBA_PROJECT".encode("utf-16-le") in data:
        raise checks.active_content()
    if "Workbook".encode("utf-16-le") not in data and "Book".encode("utf-16-le") not in data:
        raise checks.wrong_kind()


def protected() -> UnreadableFile:
    """The refusal of a file that asks for a password."""
    return UnreadableFile(Fault.PROTECTED, _("文件有打开密码，没有读取。请去掉密码后再上传。"))


def _from_workbook(data: bytes) -> list[Sheet]:
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = [meta.name for meta in book.sheets_metadata if _readable(meta)]
        sheets = [_sheet(book, name) for name in names[:_MAX_SHEETS]]
    except python_calamine.PasswordError as problem:
        raise protected() from problem
    except (python_calamine.CalamineError, OSError, ValueError) as problem:
        raise checks.damaged() from problem
    filled = [sheet for sheet in sheets if sheet.rows]
    if not filled:
        raise empty()
    return filled


def _readable(meta: python_calamine.SheetMetadata) -> bool:
    visible = meta.visible == python_calamine.SheetVisibleEnum.Visible
    return visible and meta.typ == python_calamine.SheetTypeEnum.WorkSheet


def _sheet(book: python_calamine.CalamineWorkbook, name: str) -> Sheet:
    source = book.get_sheet_by_name(name)
    rows: list[list[Cell]] = [list(row) for row in source.to_python(skip_empty_area=False)]
    for (top, left), (bottom, right) in source.merged_cell_ranges or ():
        _fill(rows, top, left, bottom, right)
    return Sheet(name, _trimmed(rows))


def _fill(rows: list[list[Cell]], top: int, left: int, bottom: int, right: int) -> None:
    if top >= len(rows) or left >= len(rows[top]):
        return
    value = rows[top][left]
    for row in rows[top : bottom + 1]:
        row[left : right + 1] = [value] * len(row[left : right + 1])


def _trimmed(rows: list[list[Cell]]) -> list[list[Cell]]:
    """The rows without the empty ones at the end; never more than the limit."""
    while rows and not any(_holds_something(value) for value in rows[-1]):
        rows.pop()
    if len(rows) > MAX_ROWS + checks.MAX_COLUMNS:
        raise checks.too_many_rows()
    return rows


def _holds_something(value: Cell) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _from_csv(data: bytes) -> Sheet:
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if data.startswith(_OTHER_KINDS) or start.startswith((b"<html", b"<!doc", b"<?xml", b"<table")):
        raise checks.wrong_kind()
    if len(data) > checks.MAX_UNPACKED:
        raise checks.too_large()
    text = decoded(data)
    if any(ord(char) < 32 and char not in "\t\r\n\f" for char in set(text)):
        raise checks.wrong_kind()
    try:
        rows = _parsed(text)
    except csv.Error as problem:
        raise checks.damaged() from problem
    if not rows:
        raise empty()
    return Sheet("csv", rows)


def decoded(data: bytes) -> str:
    """Text by a fixed rule: the byte order mark, else strict UTF-8, else GB18030.

    Detection libraries took short GB18030 files for Korean; this rule was right on all of them.
    """
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return _strict(data, encoding)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _strict(data, "gb18030")


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as problem:
        raise checks.wrong_kind() from problem


def _parsed(text: str) -> list[list[Cell]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",\t;", key=first.count)
    rows: list[list[Cell]] = []
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        rows.append(list(row))
        if len(rows) > MAX_ROWS + checks.MAX_COLUMNS:
            raise checks.too_many_rows()
    return _trimmed(rows)


def write_xlsx(
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    sheet: str = "Sheet1",
    widths: Sequence[float] = (),
    marked: int | None = None,
) -> bytes:
    """A workbook of one sheet; text stays text, nothing becomes a formula, link or number.

    `widths` are in characters; `marked` is the column whose filled cells stand out.
    """
    stream = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(stream, options) as book:
        page = book.add_worksheet(_sheet_name(sheet))
        plain = book.add_format({"num_format": "@", "valign": "top"})
        looks = {
            "head": book.add_format({"bold": True, "bg_color": "#e2f2f4", "num_format": "@"}),
            "mark": book.add_format({"font_color": "#8f1d06", "num_format": "@"}),
        }
        for column in range(len(header)):
            width = widths[column] if column < len(widths) else 14
            page.set_column(column, column, width, plain)
        page.freeze_panes(1, 0)
        _write_row(page, 0, header, looks["head"], None)
        for number, row in enumerate(rows, start=1):
            _write_row(page, number, row, plain, (marked, looks["mark"]))
    return stream.getvalue()


def _sheet_name(name: str) -> str:
    return "".join(char for char in name if char not in "[]:*?/\\'")[:31] or "Sheet1"


def _write_row(
    page: xlsxwriter.worksheet.Worksheet,
    number: int,
    row: Sequence[object],
    look: xlsxwriter.format.Format,
    mark: tuple[int | None, xlsxwriter.format.Format] | None,
) -> None:
    for column, value in enumerate(row):
        if value is None or value == "":
            continue
        chosen = mark[1] if mark and mark[0] == column else look
        if isinstance(value, int | float) and not isinstance(value, bool):
            page.write_number(number, column, value)
        else:
            page.write_string(number, column, str(value)[:32_767], chosen)
