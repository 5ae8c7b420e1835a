"""Reads the table of answers that `python -m instruments analyse` is given."""

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from instruments.psychometrics.arrays import Floats

Codes = npt.NDArray[np.int8]
EXTRA = ("y", "sex", "school", "retest")
BLANK = 255  # the byte that an int8 reads as -1
DELIMITERS = ",;\t"


class BadTable(ValueError):
    """The table cannot be read; the sentence says where."""


@dataclass(frozen=True)
class Answers:
    """People x items (-1 = unanswered) with the columns that came along; None where absent."""

    items: Codes
    y: Floats | None
    sex: Floats | None
    sex_levels: tuple[str, ...]
    school: tuple[str, ...] | None
    retest: Floats | None


@dataclass(frozen=True)
class Shape:
    """How many items with which codes (0 to 126), and which of them are scored backwards."""

    items: int
    codes: tuple[int, ...]
    reverse: frozenset[int] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """The item columns that the header must hold."""
        return tuple(f"item{number}" for number in range(1, self.items + 1))


def read_answers(data: bytes, shape: Shape) -> Answers:
    """Parse CSV with a header of item1..itemN and optionally y, sex, school, retest.

    UTF-8, UTF-16 with its mark, or GB18030; commas, semicolons or tabs. Empty or NA = missing.
    BadTable names the line and column of what cannot be read.
    """
    rows = _rows(data)
    header = _header(next(rows, (0, []))[1], shape)
    columns = _Columns(header, shape)
    for line, row in rows:
        columns.add(line, row)
    if not columns.lines:
        raise BadTable("no rows below the header")
    return columns.answers()


def _rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Every row that holds anything, with the number of the line it ends on."""
    text = io.TextIOWrapper(io.BytesIO(data), _encoding(data), newline="")
    first = text.readline()
    text.seek(0)
    reader = csv.reader(text, delimiter=max(DELIMITERS, key=first.count), strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise BadTable(f"line {reader.line_num}: {error}") from None


def _encoding(data: bytes) -> str:
    if data.startswith(b"PK\x03\x04"):
        raise BadTable("this is a workbook: save it as CSV first")
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise BadTable("the file is not text in UTF-8, UTF-16 or GB18030")


def _header(row: Sequence[str], shape: Shape) -> list[str]:
    """The column names in lower case; every item of the form once and no other item."""
    header = [name.strip().lower() for name in row]
    if not header:
        raise BadTable("the file is empty")
    for name in shape.names:
        if name not in header:
            raise BadTable(f"no column {name}: the header names item1..item{shape.items}")
    wanted = {*shape.names, *EXTRA}
    for name in header:
        if name in wanted and header.count(name) > 1:
            raise BadTable(f"the header names {name} twice")
        if name not in wanted and name.removeprefix("item").isdecimal():
            raise BadTable(f"column {name}: the form has {shape.items} items")
    return header


class _Columns:
    """The table as it grows row by row: a byte an item, texts for the rest."""

    def __init__(self, header: Sequence[str], shape: Shape) -> None:
        self.header, self.shape = header, shape
        self.known = Known(shape.codes)
        self.places = [header.index(name) for name in shape.names]
        self.pick = itemgetter(*self.places)
        self.items = bytearray()
        self.extra: dict[str, list[str]] = {name: [] for name in EXTRA if name in header}
        self.lines: list[int] = []

    def add(self, line: int, row: Sequence[str]) -> None:
        """One person."""
        if len(row) != len(self.header):
            raise BadTable(f"line {line} has {len(row)} cells, the header has {len(self.header)}")
        try:
            self.items.extend(map(self.known.__getitem__, self.pick(row)))
        except KeyError as text:
            place = next(place for place in self.places if row[place] == text.args[0])
            raise BadTable(f"line {line}, {self.header[place]}: {_strange(row[place])}") from None
        for name, texts in self.extra.items():
            texts.append(_text(row[self.header.index(name)]))
        self.lines.append(line)

    def answers(self) -> Answers:
        """All of them."""
        sex, levels = _groups(self.extra.get("sex"))
        school = self.extra.get("school")
        return Answers(
            items=np.frombuffer(self.items, np.int8).reshape(-1, self.shape.items),
            y=self._numbers("y", (0.0, 1.0)),
            sex=sex,
            sex_levels=levels,
            school=None if school is None else tuple(school),
            retest=self._numbers("retest"),
        )

    def _numbers(self, name: str, allowed: Collection[float] = ()) -> Floats | None:
        if name not in self.extra:
            return None
        values = []
        for line, text in zip(self.lines, self.extra[name], strict=True):
            value = _number(text) if text else np.nan
            if value is None:
                raise BadTable(f"line {line}, {name}: {text!r} is not a number")
            if allowed and text and value not in allowed:
                raise BadTable(f"line {line}, {name}: {text!r} is not 0 or 1")
            values.append(value)
        return np.array(values)


class Known(dict[str, int]):
    """What a cell says: the byte of its code, looked up once for every way to write it."""

    def __init__(self, codes: Sequence[int]) -> None:
        super().__init__()
        self.codes = frozenset(codes)

    def __missing__(self, cell: str) -> int:
        """Read a way of writing that is new; KeyError when it is no code of the form."""
        text = _text(cell)
        value = _number(text) if text else BLANK
        if text and value not in self.codes:
            raise KeyError(cell)
        self[cell] = int(value or 0)
        return self[cell]


def _text(cell: str) -> str:
    text = cell.strip()
    return "" if text.upper() in {"NA", "NAN"} else text


def _number(text: str) -> float | None:
    try:
        value = float(text.replace("_", "?"))  # Python alone reads 1_0 as ten
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _strange(cell: str) -> str:
    text = _text(cell)
    number = _number(text)
    return f"{text!r} is not a number" if number is None else f"{text} is not a code of this form"


def _groups(texts: Sequence[str] | None) -> tuple[Floats | None, tuple[str, ...]]:
    """Two groups as 0 and 1 in sorted order, so that 0/1 and f/m both work."""
    if texts is None:
        return None, ()
    levels = tuple(sorted({text for text in texts if text}))
    place = {level: float(index) for index, level in enumerate(levels)}
    return np.array([place.get(text, np.nan) for text in texts]), levels


def keyed(items: Codes, shape: Shape) -> Codes:
    """Answers in the direction of the scale: reversed items are mirrored in the code range."""
    out = items.copy()
    for number in shape.reverse:
        column = out[:, number - 1]
        column[column >= 0] = min(shape.codes) + max(shape.codes) - column[column >= 0]
    return out
