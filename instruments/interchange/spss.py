"""Writes an SPSS system file (.sav) of numeric columns with labels and missing codes.

Format: PSPP developer's guide, "System File Format"; uncompressed, little-endian, UTF-8. See
docs/adr/0011-statistics-libraries.md for why no library is used.
"""

import struct
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

import numpy as np

from instruments.interchange.codebook import Column
from instruments.psychometrics.arrays import Floats

SYSTEM_MISSING = -sys.float_info.max
MOST_NAME, MOST_LABEL, MOST_VALUE_LABEL = 64, 255, 120
DOCUMENT_LINE = 80
CUT = "…".encode()
WIDTH, RIGHT = 8, 1  # how a column is shown
RESERVED = frozenset(
    ["ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR", "TO", "WITH"]
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def write_sav(
    target: BinaryIO,
    columns: Sequence[Column],
    data: Floats,
    *,
    title: str,
    created: datetime,
    notes: Sequence[str] = (),
) -> None:
    """Write people x columns; NaN becomes the column's missing code, or system missing.

    `notes` are the file's documents. Labels that SPSS has no room for are cut and end in "…".
    ValueError for names SPSS refuses, more than three missing codes or a wrong number of columns.
    """
    if data.ndim != 2 or data.shape[1] != len(columns):
        raise ValueError(f"{len(columns)} columns described, data of shape {data.shape}")
    _check(columns)
    target.write(_header(len(columns), len(data), title, created))
    target.writelines(_variable(place, column) for place, column in enumerate(columns, start=1))
    for place, column in enumerate(columns, start=1):
        if column.values:
            target.write(_value_labels(place, column))
    target.write(_documents(notes))
    target.write(_extensions(columns))
    target.write(struct.pack("<ii", 999, 0))
    target.write(_filled(columns, data).astype("<f8").tobytes())


def _check(columns: Sequence[Column]) -> None:
    seen = {column.name.lower() for column in columns}
    if len(seen) != len(columns):
        raise ValueError("two columns have the same name")
    for column in columns:
        letters = column.name.replace("_", "a")
        plain = letters.isalnum() and letters[:1].isalpha() and column.name.upper() not in RESERVED
        if not plain or len(column.name) > MOST_NAME:
            raise ValueError(f"SPSS has no variable name {column.name!r}")
        if not column.name.isascii() or len(column.missing) > 3:
            raise ValueError(f"{column.name}: ASCII names and at most three missing codes")


def _filled(columns: Sequence[Column], data: Floats) -> Floats:
    gaps = np.array([column.missing[0] if column.missing else SYSTEM_MISSING for column in columns])
    return np.asarray(np.where(np.isfinite(data), data, gaps[None, :]))


def _cut(text: str, most: int) -> bytes:
    """UTF-8 of at most so many bytes, never half a character; what was cut ends in "…"."""
    whole = text.encode("utf-8")
    if len(whole) <= most:
        return whole
    room = most - len(CUT)
    return whole[:room].decode("utf-8", "ignore").encode("utf-8") + CUT


def _fixed(text: str, width: int) -> bytes:
    return _cut(text, width).ljust(width)


def _documents(notes: Sequence[str]) -> bytes:
    if not notes:
        return b""
    lines = b"".join(_fixed(note, DOCUMENT_LINE) for note in notes)
    return struct.pack("<ii", 6, len(notes)) + lines


def _header(width: int, rows: int, title: str, created: datetime) -> bytes:
    day = f"{created.day:02d} {MONTHS[created.month - 1]} {created.year % 100:02d}"
    return b"".join(
        (
            b"$FL2",
            _fixed("@(#) SPSS DATA FILE Xinqiao", 60),
            struct.pack("<iiiiid", 2, width, 0, 0, rows, 100.0),
            _fixed(day, 9),
            _fixed(f"{created:%H:%M:%S}", 8),
            _fixed(title, 64),
            bytes(3),
        )
    )


def _short(place: int) -> str:
    """The eight-character name of old programs; the long names are in an extension."""
    return f"V{place}"


def _variable(place: int, column: Column) -> bytes:
    label = _cut(column.label, MOST_LABEL)
    shown = (5 << 16) | (10 << 8) | column.decimals
    out = struct.pack("<iiiiii", 2, 0, int(bool(label)), len(column.missing), shown, shown)
    out += _fixed(_short(place), 8)
    if label:
        out += struct.pack("<i", len(label)) + label.ljust(-(-len(label) // 4) * 4)
    return out + struct.pack(f"<{len(column.missing)}d", *column.missing)


def _value_labels(place: int, column: Column) -> bytes:
    out = struct.pack("<ii", 3, len(column.values))
    for value, meaning in column.values.items():
        label = _cut(meaning, MOST_VALUE_LABEL)
        room = -(-(len(label) + 1) // 8) * 8 - 1
        out += struct.pack("<dB", value, len(label)) + label.ljust(room)
    return out + struct.pack("<iii", 4, 1, place)


def _extension(subtype: int, size: int, content: bytes) -> bytes:
    return struct.pack("<iiii", 7, subtype, size, len(content) // size) + content


def _extensions(columns: Sequence[Column]) -> bytes:
    names = "\t".join(f"{_short(i)}={c.name}" for i, c in enumerate(columns, start=1))
    measures = b"".join(struct.pack("<3i", c.measure, WIDTH, RIGHT) for c in columns)
    machine = struct.pack("<8i", 25, 0, 0, -1, 1, 1, 2, 65001)
    limits = struct.pack("<3d", SYSTEM_MISSING, -SYSTEM_MISSING, np.nextafter(SYSTEM_MISSING, 0))
    return b"".join(
        (
            _extension(3, 4, machine),
            _extension(4, 8, limits),
            _extension(11, 4, measures),
            _extension(13, 1, names.encode("utf-8")),
            _extension(20, 1, b"UTF-8"),
        )
    )
