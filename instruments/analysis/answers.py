"""Reads the table of answers that `python -m instruments analyse` is given."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from instruments.psychometrics.arrays import Floats


class BadTable(ValueError):
    """The table cannot be read; the sentence says where."""


@dataclass(frozen=True)
class Answers:
    """People x items with the columns that came along; None where a column is absent."""

    items: Floats
    y: Floats | None
    sex: Floats | None
    sex_levels: tuple[str, ...]
    school: tuple[str, ...] | None
    retest: Floats | None

    @property
    def complete(self) -> npt.NDArray[np.bool_]:
        """True for the rows without a gap."""
        return np.asarray(np.isfinite(self.items).all(axis=1))


@dataclass(frozen=True)
class Shape:
    """How many items with which codes, and which of them are scored backwards."""

    items: int
    codes: tuple[int, ...]
    reverse: frozenset[int] = frozenset()


def read_answers(lines: Iterable[str], shape: Shape) -> Answers:
    """Parse CSV text with a header of item1..itemN and optionally y, sex, school, retest.

    Empty or NA = missing. Raises BadTable for an absent column, a code the form does not have
    or a value that is no number.
    """
    reader = csv.DictReader(lines, strict=True)
    names = [f"item{number}" for number in range(1, shape.items + 1)]
    header = [name.strip().lstrip("\ufeff") for name in reader.fieldnames or []]
    reader.fieldnames = header
    missing = [name for name in names if name not in header]
    if missing:
        raise BadTable(f"no column {missing[0]}: the header names item1..item{shape.items}")
    rows = list(reader)
    if not rows:
        raise BadTable("no rows")
    sex, levels = _sex(rows, header)
    return Answers(
        items=np.column_stack([_item(rows, name, shape) for name in names]),
        y=_numbers(rows, "y") if "y" in header else None,
        sex=sex,
        sex_levels=levels,
        school=tuple(_text(row, "school") for row in rows) if "school" in header else None,
        retest=_numbers(rows, "retest") if "retest" in header else None,
    )


Row = dict[str, str | None]


def _text(row: Row, name: str) -> str:
    value = (row.get(name) or "").strip()
    return "" if value.upper() in {"NA", "NAN"} else value


def _numbers(rows: Sequence[Row], name: str) -> Floats:
    values = []
    for place, row in enumerate(rows, start=2):
        text = _text(row, name)
        try:
            values.append(float(text) if text else np.nan)
        except ValueError:
            raise BadTable(f"line {place}, {name}: {text!r} is not a number") from None
    return np.array(values)


def _item(rows: Sequence[Row], name: str, shape: Shape) -> Floats:
    values = _numbers(rows, name)
    wrong = np.isfinite(values) & ~np.isin(values, shape.codes)
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        raise BadTable(f"line {place + 2}, {name}: {values[place]:g} is not a code of this form")
    return values


def _sex(rows: Sequence[Row], header: Sequence[str]) -> tuple[Floats | None, tuple[str, ...]]:
    """Two groups as 0 and 1 in sorted order, so that 0/1 and f/m both work."""
    if "sex" not in header:
        return None, ()
    texts = [_text(row, "sex") for row in rows]
    levels = tuple(sorted({text for text in texts if text}))
    place = {level: float(index) for index, level in enumerate(levels)}
    return np.array([place.get(text, np.nan) for text in texts]), levels


def keyed(items: Floats, shape: Shape) -> Floats:
    """Answers in the direction of the scale: reversed items are mirrored in the code range."""
    out = items.copy()
    columns = sorted(number - 1 for number in shape.reverse)
    out[:, columns] = min(shape.codes) + max(shape.codes) - out[:, columns]
    return out
