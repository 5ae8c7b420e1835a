"""Simple charts for PDF files: horizontal bars with their figures, and a labelled cut-off."""

from collections.abc import Sequence
from typing import Any

from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth

from foundation import fonts
from foundation.pdf import INK, LINE, MUTED, WIDTH, drawing

_TEAL = HexColor("#2a7f8e")
_ATTENTION = HexColor("#b4530a")
_ROW = 20.0
_LABEL = 120.0
_FIGURE = 70.0


def _shown(text: str) -> str:
    return "".join(c if fonts.drawn_by(c) == fonts.BODY else f"U+{ord(c):04X}" for c in text)


def _fitted(text: str, width: float, size: float) -> str:
    text = _shown(text)
    if stringWidth(text, fonts.BODY, size) <= width:
        return text
    while text and stringWidth(text + "…", fonts.BODY, size) > width:
        text = text[:-1]
    return text + "…"


def bars(
    rows: Sequence[tuple[str, float, str]],
    *,
    highest: float | None = None,
    cut: tuple[float, str] | None = None,
) -> Drawing:
    """Bars from (label, value >= 0, figure in words); `cut` = (value, label) draws a dashed line.

    Bars beyond the cut-off are drawn in the attention colour; the figure stands beside each bar,
    so nothing is told by colour or length alone.
    """
    top = highest or max([value for _label, value, _words in rows] + [cut[0] if cut else 0, 1])
    room = WIDTH - _LABEL - _FIGURE
    height = _ROW * len(rows) + (16 if cut else 2)
    picture = drawing(WIDTH, height)
    for index, (label, value, words) in enumerate(rows):
        bottom = _ROW * (len(rows) - index - 1) + 4
        over = cut is not None and value >= cut[0]
        length = room * min(value, top) / top
        colour = _ATTENTION if over else _TEAL
        picture.add(_text(0, bottom + 3, _fitted(label, _LABEL - 8, 9.5), 9.5))
        picture.add(_bar(_LABEL, bottom, length, colour))
        picture.add(_text(_LABEL + length + 5, bottom + 2.5, _shown(words), 9))
    picture.add(Line(_LABEL, 0, _LABEL, _ROW * len(rows), strokeColor=LINE, strokeWidth=0.8))
    if cut:
        _add_cut(picture, _LABEL + room * min(cut[0], top) / top, cut[1], len(rows))
    return picture


def _bar(x: float, y: float, length: float, colour: Color) -> Any:
    bar: Any = Rect(x, y, length, 12)
    bar.fillColor = colour
    bar.strokeColor = None  # the default is a black outline
    return bar


def _text(x: float, y: float, words: str, size: float) -> String:
    return String(x, y, words, fontName=fonts.BODY, fontSize=size, fillColor=INK)


def _add_cut(picture: Drawing, x: float, label: str, rows: int) -> None:
    top = _ROW * rows
    picture.add(Line(x, 0, x, top, strokeColor=MUTED, strokeWidth=0.8, strokeDashArray=[3, 2]))
    words = String(x, top + 4, _shown(label), fontName=fonts.BODY, fontSize=8.5, fillColor=MUTED)
    words.textAnchor = "middle"
    picture.add(words)
