"""The Chinese fonts that PDF files embed, found without importing the package that carries them."""

import importlib.util
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from reportlab.pdfbase import pdfmetrics, ttfonts

from foundation.i18n import _

BODY = "zh"
FALLBACK = "zh-fallback"
OVERRIDE = "XINQIAO_PDF_FONT"

# Each of these has TrueType outlines and Latin glyphs; OpenType-CFF fonts are refused by ReportLab.
SYSTEM_FONTS = (
    "/usr/share/fonts/truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simhei.ttf",
)


class FontMissing(RuntimeError):
    """No usable Chinese font is installed; the message says how to name one."""


def _carried() -> Iterator[Path]:
    spec = importlib.util.find_spec("zhplot")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "fonts" / "NotoSansSC-Regular.ttf"


def candidates() -> tuple[Path, ...]:
    """The font files that exist, best first: the administrator's choice, ours, the system's."""
    named = os.environ.get(OVERRIDE)
    first = [Path(named)] if named else []
    paths = [*first, *_carried(), *(Path(path) for path in SYSTEM_FONTS)]
    return tuple(path for path in paths if path.is_file())


def _to_unicode(fontname: str, subset: list[int]) -> str:
    """A ToUnicode map whose code points are UTF-16, as the PDF reference asks.

    ReportLab writes the bare code point, so a name beyond U+FFFF is copied and searched wrongly.
    """
    pairs = [
        f"<{index:02X}> <{chr(point).encode('utf-16-be', 'surrogatepass').hex().upper()}>"
        for index, point in enumerate(subset)
    ]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            f"/CIDSystemInfo << /Registry ({fontname}) /Ordering ({fontname}) /Supplement 0 >> def",
            f"/CMapName /{fontname} def",
            "/CMapType 2 def",
            "1 begincodespacerange",
            f"<00> <{len(subset) - 1:02X}>",
            "endcodespacerange",
            *_bfchar_blocks(pairs),
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
        ]
    )


def _bfchar_blocks(pairs: list[str]) -> Iterator[str]:
    # A block may hold at most 100 entries.
    for start in range(0, len(pairs), 100):
        block = pairs[start : start + 100]
        yield f"{len(block)} beginbfchar"
        yield from block
        yield "endbfchar"


@cache
def register() -> tuple[str, ...]:
    """Registers the body font, and a second one for rare characters if there is one; the names."""
    found = candidates()
    if not found:
        raise FontMissing(
            _(
                "没有找到可以嵌入的中文字体：请重新运行 ./run --setup，或用环境变量 XINQIAO_PDF_FONT 指定一个 TTF 字体文件。"
            )
        )
    setattr(ttfonts, "makeToUnicodeCMap", _to_unicode)  # noqa: B010
    names = (BODY, FALLBACK)[: len(found)]
    for name, path in zip(names, found, strict=False):
        pdfmetrics.registerFont(ttfonts.TTFont(name, str(path)))
    return names


@cache
def coverage(name: str) -> frozenset[int]:
    """The code points that the registered font can draw."""
    font: Any = pdfmetrics.getFont(name)
    return frozenset(font.face.charToGlyph)


def drawn_by(char: str) -> str | None:
    """The registered font that can draw a character, or None."""
    return next((name for name in register() if ord(char) in coverage(name)), None)
