"""The house style of every PDF file: A4, embedded Chinese font, letterhead, page x of y."""

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pikepdf
from reportlab import rl_config
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from foundation import fonts
from foundation.clock import local, now
from foundation.i18n import _

# A value is never allowed to make the writer open a file or an address.
rl_config.trustedSchemes = []
rl_config.trustedHosts = []

INK = HexColor("#12262b")
MUTED = HexColor("#4a5d62")
LINE = HexColor("#c9d5d7")
BRAND = HexColor("#0b6472")
TINT = HexColor("#eef5f6")
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
SIDE = 6  # the room that a table leaves at each side of a cell
LONGEST_TEXT = 20_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": "<br/>", "\t": " "}


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands above and below every page; `watermark` names the reader of an export."""

    organisation: str
    title: str
    number: str = ""
    notice: str = ""
    watermark: str = ""


def _style(name: str, size: float, **more: Any) -> ParagraphStyle:
    settings: dict[str, Any] = {"leading": size * 1.5, "textColor": INK, **more}
    settings |= {"fontName": fonts.BODY, "bulletFontName": fonts.BODY}
    return ParagraphStyle(name, fontSize=size, wordWrap="CJK", **settings)


BODY = _style("body", 10.5, spaceAfter=5)
SMALL = _style("small", 8.5, textColor=MUTED, spaceAfter=3)
CELL = _style("cell", 9.5, leading=13.5)
CELL_RIGHT = _style("cell-right", 9.5, leading=13.5, alignment=TA_RIGHT)
CELL_HEAD = _style("cell-head", 9, leading=13, textColor=MUTED)
CELL_HEAD_RIGHT = _style("cell-head-right", 9, leading=13, textColor=MUTED, alignment=TA_RIGHT)
CENTRED = _style("centred", 10.5, alignment=TA_CENTER)
BIG = _style("big", 20, leading=26, alignment=TA_CENTER)
CODE = _style("code", 16, leading=22)
HEADINGS = (
    _style("h1", 17, leading=24, spaceAfter=8),
    _style("h2", 12.5, leading=18, spaceBefore=8, spaceAfter=4, textColor=BRAND),
)


def _glyph(char: str) -> str:
    font = fonts.drawn_by(char)
    if font == fonts.BODY:
        return char
    if font is None:
        return f"〔U+{ord(char):04X}〕"
    return f'<font name="{font}">{char}</font>'


def escaped(value: object) -> str:
    """A value as paragraph text: markup escaped, control characters gone, no glyph missing.

    A character no installed font can draw is printed as its code point, never as a blank.
    """
    text = _CONTROL.sub("", str(value).replace("\r\n", "\n"))[:LONGEST_TEXT]
    return "".join(_MARKUP.get(char) or (char if char == " " else _glyph(char)) for char in text)


class Heavy(Paragraph):
    """A paragraph drawn bold from the one face we embed, by stroking the outlines too."""

    def draw(self) -> None:
        canvas: Any = self.canv
        canvas.saveState()
        canvas.setStrokeColor(self.style.textColor)
        canvas.setLineWidth(self.style.fontSize * 0.03)
        canvas._code.append("2 Tr")  # noqa: SLF001  # ReportLab has no public call for it
        super().draw()
        canvas.restoreState()


def paragraph(value: object, style: ParagraphStyle = BODY) -> Paragraph:
    """Ordinary text; line breaks are kept."""
    fonts.register()
    return Paragraph(escaped(value), style)


def bold(value: object, style: ParagraphStyle = BODY) -> Paragraph:
    """Text drawn bold."""
    fonts.register()
    return Heavy(escaped(value), style)


def heading(value: object, level: int = 1) -> Paragraph:
    """A title (level 1) or a section title (level 2)."""
    return bold(value, HEADINGS[level - 1])


def small(value: object) -> Paragraph:
    """A grey note."""
    return paragraph(value, SMALL)


def space(millimetres: float) -> Spacer:
    """Empty room."""
    return Spacer(1, millimetres * mm)


def page_break() -> PageBreak:
    """What follows begins on a new page."""
    return PageBreak()


def together(parts: Sequence[Flowable]) -> KeepTogether:
    """Parts that stay on one page."""
    return KeepTogether(list(parts))


def bullets(values: Iterable[object]) -> list[Flowable]:
    """A list, one point each."""
    style = _style("bullet", 10.5, leftIndent=12, bulletIndent=0, spaceAfter=3)
    fonts.register()
    return [Paragraph(escaped(value), style, bulletText="·") for value in values]


def facts(pairs: Sequence[tuple[str, object]], columns: int = 2) -> Table:
    """Labels with values side by side, `columns` pairs a line: the head of a letter."""
    cells = [[paragraph(label, CELL_HEAD), paragraph(value, CELL)] for label, value in pairs]
    cells += [["", ""]] * (-len(cells) % columns)  # type: ignore[list-item]
    rows = [
        [cell for pair in cells[at : at + columns] for cell in pair]
        for at in range(0, len(cells), columns)
    ]
    widths = [WIDTH / columns * share for share in (0.28, 0.72)] * columns
    look = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        *_padding(4),
    ]
    return Table(rows, colWidths=widths, style=TableStyle(look), spaceAfter=8)


def _padding(points: float) -> list[tuple[Any, ...]]:
    whole = (0, 0), (-1, -1)
    # Without a font an empty cell would name Helvetica, which no file of ours embeds.
    return [
        ("FONTNAME", *whole, fonts.BODY),
        ("TOPPADDING", *whole, points),
        ("BOTTOMPADDING", *whole, points),
    ]


def table(
    header: Sequence[object],
    rows: Iterable[Sequence[object]],
    *,
    widths: Sequence[float] = (),
    numbers: Iterable[int] = (),
) -> Table:
    """A light table whose header repeats; `widths` are shares, `numbers` the figure columns."""
    fonts.register()
    right = frozenset(numbers)
    shares = widths or [1] * len(header)
    room = [WIDTH * share / sum(shares) for share in shares]
    body = [
        [_cell(v, CELL_RIGHT if at in right else CELL, room[at]) for at, v in enumerate(row)]
        for row in rows
    ]
    top = [bold(v, CELL_HEAD_RIGHT if at in right else CELL_HEAD) for at, v in enumerate(header)]
    look = [
        ("FONTSIZE", (0, 1), (-1, -1), CELL.fontSize),
        ("LEADING", (0, 1), (-1, -1), CELL.leading),
        ("TEXTCOLOR", (0, 1), (-1, -1), INK),
        *(("ALIGN", (at, 1), (at, -1), "RIGHT") for at in right),
        ("BACKGROUND", (0, 0), (-1, 0), TINT),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        *_padding(3.5),
    ]
    return Table(
        [top, *body],
        colWidths=room,
        repeatRows=1,
        style=TableStyle(look),
        spaceAfter=8,
    )


def _cell(value: object, style: ParagraphStyle, room: float) -> str | Paragraph:
    """Plain text where one line of the body font holds it: a tenth of the time of a paragraph."""
    text = str(value)
    fits = stringWidth(text, fonts.BODY, style.fontSize) < room - 2 * SIDE
    if fits and all(char == " " or fonts.drawn_by(char) == fonts.BODY for char in text):
        return text
    return paragraph(value, style)


def seal_box(lines: Sequence[str]) -> Table:
    """Room for the signature and the seal at the right, with the words above the line."""
    place = [paragraph(line, CENTRED) for line in lines]
    box = Table([["", place]], colWidths=[WIDTH * 0.5, WIDTH * 0.5], rowHeights=[42 * mm])
    look = [("BOX", (1, 0), (1, 0), 0.6, LINE), ("VALIGN", (1, 0), (1, 0), "TOP"), *_padding(5)]
    box.setStyle(TableStyle(look))
    return box


def drawing(width: float, height: float, **more: Any) -> Drawing:
    """An empty drawing whose first font is the embedded one."""
    fonts.register()
    return Drawing(width, height, initialFontName=fonts.BODY, **more)


def qr(content: str, millimetres: float = 28) -> Drawing:
    """A QR code with its quiet zone; `content` is an address or an opaque code, never a name."""
    size = millimetres * mm
    code: Any = QrCodeWidget(content, barLevel="M")
    left, bottom, right, top = code.getBounds()
    scale = [size / (right - left), 0, 0, size / (top - bottom), 0, 0]
    picture = drawing(size, size, transform=scale)
    picture.add(code)
    return picture


def beside(picture: Drawing, lines: Sequence[Flowable], width: float) -> Table:
    """A picture with lines of text at its right, together `width` points wide."""
    widths = [picture.width + 8, width - picture.width - 8]
    look = [("VALIGN", (0, 0), (-1, -1), "MIDDLE"), *_padding(0)]
    return Table([[picture, list(lines)]], colWidths=widths, style=TableStyle(look))


def cut_sheet(slips: Sequence[Sequence[Flowable]], columns: int = 2, height: float = 52) -> Table:
    """Slips of paper in a grid with dashed lines to cut along; `height` in millimetres."""
    cells: list[Any] = [list(slip) for slip in slips]
    cells += [""] * (-len(cells) % columns)
    rows = [cells[at : at + columns] for at in range(0, len(cells), columns)]
    look = [
        ("GRID", (0, 0), (-1, -1), 0.5, MUTED, 0, (3, 3)),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        *_padding(5),
    ]
    return Table(
        rows,
        colWidths=[WIDTH / columns] * columns,
        rowHeights=[height * mm] * len(rows),
        style=TableStyle(look),
    )


class _NumberedCanvas(Canvas):
    """Draws the letterhead when the number of pages is known."""

    def __init__(self, *args: Any, letterhead: Letterhead, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._letterhead = letterhead
        self._made = local(now()).strftime("%Y-%m-%d %H:%M")
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802
        self._pages.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]

    def save(self) -> None:
        total = len(self._pages)
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            _furnish(self, self._letterhead, self._made, number, total)
            super().showPage()
        super().save()


def _draw(canvas: Canvas, value: str, x: float, y: float, width: float, style: Any) -> None:
    line = paragraph(value, style)
    line.wrap(width, 40 * mm)
    line.drawOn(canvas, x, y)


def _furnish(canvas: Canvas, head: Letterhead, made: str, number: int, total: int) -> None:
    """Letterhead, footer and watermark of one page."""
    foot = _style("foot", 8, leading=11, textColor=MUTED)
    right = _style("foot-right", 8, leading=11, textColor=MUTED, alignment=TA_RIGHT)
    canvas.setStrokeColor(BRAND)
    canvas.setLineWidth(0.8)
    canvas.line(MARGIN, A4[1] - 20 * mm, A4[0] - MARGIN, A4[1] - 20 * mm)
    _draw(canvas, head.organisation, MARGIN, A4[1] - 18 * mm, WIDTH * 0.6, foot)
    above = "  ".join(part for part in (head.title, head.number) if part)
    _draw(canvas, above, MARGIN + WIDTH * 0.4, A4[1] - 18 * mm, WIDTH * 0.6, right)
    _draw(canvas, head.notice, MARGIN, 10 * mm, WIDTH * 0.68, foot)
    pages = _(
        "%(made)s 生成　第 %(number)s 页，共 %(total)s 页", made=made, number=number, total=total
    )
    _draw(canvas, pages, MARGIN + WIDTH * 0.55, 10 * mm, WIDTH * 0.45, right)
    if head.watermark:
        _watermark(canvas, head.watermark)


def _watermark(canvas: Canvas, words: str) -> None:
    canvas.saveState()
    canvas.translate(A4[0] / 2, A4[1] / 2)
    canvas.rotate(35)
    style = _style(
        "watermark", 26, textColor=Color(0.04, 0.39, 0.45, alpha=0.09), alignment=TA_CENTER
    )
    for step in (-1, 0, 1):
        _draw(canvas, words, -110 * mm, step * 75 * mm, 220 * mm, style)
    canvas.restoreState()


def document(story: Sequence[Flowable], letterhead: Letterhead) -> bytes:
    """The finished file."""
    fonts.register()
    stream = io.BytesIO()
    template: Any = BaseDocTemplate(
        stream,
        pagesize=A4,
        title=letterhead.title,
        author=letterhead.organisation,
        initialFontName=fonts.BODY,
    )
    frame = Frame(MARGIN, 20 * mm, WIDTH, A4[1] - 44 * mm, 0, 0, 0, 0)
    template.addPageTemplates([PageTemplate("page", [frame])])
    template.build(
        list(story),
        canvasmaker=lambda *args, **kw: _NumberedCanvas(*args, letterhead=letterhead, **kw),
    )
    return stream.getvalue()


def locked(pdf: bytes, password: str) -> bytes:
    """The same file under a password (AES-256); ReportLab's own encryption is weaker."""
    stream = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(stream, encryption=pikepdf.Encryption(user=password, owner=password, R=6))
    return stream.getvalue()
