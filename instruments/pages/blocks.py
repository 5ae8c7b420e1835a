"""What a page is made of: plain values that the static site and the application draw alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere: a place on the page ("#source-1") or an address."""

    kind: ClassVar = "link"
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A short state in a frame; `tone` is good, priority or nothing."""

    kind: ClassVar = "mark"
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words in a language that may differ from the page's."""

    kind: ClassVar = "quoted"
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Code:
    """A name or number of the data as it stands there."""

    kind: ClassVar = "code"
    text: str


Piece = str | Link | Mark | Quoted | Code
Cell = Piece | Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or two."""

    kind: ClassVar = "paragraph"
    cell: Cell


@dataclass(frozen=True, slots=True)
class Lines:
    """A bulleted list; `anchors` gives each line a name that a link can lead to."""

    kind: ClassVar = "lines"
    cells: Sequence[Cell]
    anchors: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Pairs:
    """Terms with what they are."""

    kind: ClassVar = "pairs"
    rows: Sequence[tuple[str, Cell]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column heads its rows."""

    kind: ClassVar = "table"
    label: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section, with a quiet name beside it."""

    kind: ClassVar = "heading"
    text: str
    code: str = ""


Block = Paragraph | Lines | Pairs | Table | Heading


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page under its heading."""

    id: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page: what must be known at once stands in `marks`."""

    title: str
    marks: Sequence[Mark]
    sections: Sequence[Section]
