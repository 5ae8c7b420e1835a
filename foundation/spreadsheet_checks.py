"""What is refused about an uploaded spreadsheet before anything parses it."""

import io
import re
import zipfile
from enum import StrEnum
from typing import IO

from foundation.i18n import _
from foundation.problems import Refused

MAX_ROWS = 100_000
MAX_COLUMNS = 256
MAX_CELLS = 5_000_000
MAX_UNPACKED = 200 * 1024 * 1024
MAX_MEMBERS = 400
MAX_RATIO = 100
_CHUNK = 1024 * 1024
_TAIL = 64
_SMALL = 1024 * 1024

_ROW = re.compile(rb'<(?:\w+:)?row\b(?:[^>]*?\br="(\d{1,9})")?')
_COLUMN = re.compile(rb'<(?:\w+:)?c r="([A-Z]{1,4})')
_CELL = re.compile(rb"<(?:\w+:)?c[ />]")
_REPEATED = re.compile(
    rb'<table:table-cell\b(?=[^>]*value-type=)[^>]*number-columns-repeated="(\d+)"'
)
_REPEATED_ROW = re.compile(
    rb'number-rows-repeated="(\d+)"[^>]*>\s*<table:table-cell\b[^>]*value-type='
)
_ACTIVE = re.compile(
    r"(^|/)(vbaProject\.bin|macrosheets/|externalLinks/|embeddings/|activeX/)|^Basic/|^Scripts/",
    re.IGNORECASE,
)


class Fault(StrEnum):
    """Why a file was refused, for programs; the sentence is for people."""

    EMPTY = "empty"
    KIND = "kind"
    DAMAGED = "damaged"
    ACTIVE = "active_content"
    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"
    PROTECTED = "protected"


class UnreadableFile(Refused):
    """The whole file is refused; `fault` says why and nothing of it was read."""

    def __init__(self, fault: Fault, message: str) -> None:
        """Keep the reason beside the sentence."""
        super().__init__(message, field="file")
        self.fault = fault


def too_many_rows() -> UnreadableFile:
    """The refusal of a file with more rows than we accept."""
    return UnreadableFile(
        Fault.TOO_MANY_ROWS,
        _("文件超过 %(n)s 行，请按学校或年级拆成几个文件再上传。", n=f"{MAX_ROWS:,}"),
    )


def too_large() -> UnreadableFile:
    """The refusal of a file that unpacks to more than we accept, or lies about its size."""
    return UnreadableFile(
        Fault.TOO_LARGE,
        _("文件展开后太大（上限 200 MB），没有读取。请删去图片和多余的工作表后另存为 xlsx。"),
    )


def damaged() -> UnreadableFile:
    """The refusal of a file that cannot be opened."""
    return UnreadableFile(
        Fault.DAMAGED, _("文件已损坏，打不开。请用 Excel 或 WPS 重新另存为 xlsx 后上传。")
    )


def active_content() -> UnreadableFile:
    """The refusal of macros, links to other files and embedded programs."""
    return UnreadableFile(
        Fault.ACTIVE,
        _("文件里有宏、外部链接或嵌入对象，没有读取。请另存为普通的 xlsx 文件后上传。"),
    )


def wrong_kind() -> UnreadableFile:
    """The refusal of a file that is no spreadsheet, whatever it is called."""
    return UnreadableFile(
        Fault.KIND,
        _("这不是表格文件。请上传 xlsx、xls、ods 或 csv 文件（网页格式请先另存为 xlsx）。"),
    )


def check_archive(data: bytes) -> str:
    """Looks through a zip-based spreadsheet; its kind, "xlsx" or "ods".

    Raises UnreadableFile for bombs (real, unpacked bytes are counted, not the declared ones),
    active content, entity declarations and too many rows or cells.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            kind = _kind(archive)
            _check_directory(archive.infolist())
            for member in archive.infolist():
                with archive.open(member) as stream:
                    _check_member(stream, _is_sheet(member.filename))
            return kind
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError) as problem:
        raise damaged() from problem


def _is_sheet(name: str) -> bool:
    return name.startswith("xl/worksheets/") or name == "content.xml"


def _kind(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "content.xml" in names and "mimetype" in names:
        return "ods"
    raise wrong_kind()


def _check_directory(members: list[zipfile.ZipInfo]) -> None:
    if any(_ACTIVE.search(member.filename) for member in members):
        raise active_content()
    unpacked = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED:
        raise too_large()
    if unpacked > _SMALL and unpacked / packed > MAX_RATIO:
        raise too_large()


class _Extent:
    """How far a sheet reaches, counted from its XML as it streams by."""

    def __init__(self) -> None:
        self.rows = 0
        self.last_row = 0
        self.cells = 0
        self.columns: set[bytes] = set()

    def take(self, chunk: bytes) -> None:
        numbers = _ROW.findall(chunk)
        self.rows += len(numbers)
        self.last_row = max([self.last_row, *(int(number) for number in numbers if number)])
        self.columns.update(_COLUMN.findall(chunk))
        self.cells += len(_CELL.findall(chunk))
        repeated = [*_REPEATED.findall(chunk), *_REPEATED_ROW.findall(chunk)]
        self.cells += sum(int(number) for number in repeated)
        if max(self.rows, self.last_row) > MAX_ROWS + MAX_COLUMNS:
            raise too_many_rows()
        if self.cells > MAX_CELLS or self._width() > MAX_COLUMNS:
            raise too_large()
        if max(self.rows, self.last_row) * self._width() > MAX_CELLS:
            raise too_large()

    def _width(self) -> int:
        return max((_column_number(letters) for letters in self.columns), default=0)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _check_member(stream: IO[bytes], is_sheet: bool) -> None:  # noqa: FBT001
    """Reads one member to its end, so that a false size or checksum shows here."""
    extent = _Extent()
    tail = b""
    total = 0
    while chunk := stream.read(_CHUNK):
        total += len(chunk)
        if total > MAX_UNPACKED:
            raise too_large()
        window = tail + chunk
        if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
            raise active_content()
        if is_sheet:
            # Cut at the last tag so that no tag is counted twice or missed.
            cut = max(window.rfind(b"<"), 0) if len(chunk) == _CHUNK else len(window)
            extent.take(window[:cut])
            tail = window[cut:]
        else:
            tail = window[-_TAIL:]
