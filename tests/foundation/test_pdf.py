"""PDF files look alike, embed their font, and take every value as plain text."""

import io
import re
import shutil
import subprocess
from pathlib import Path

import pikepdf
import pytest

from foundation import fonts, pdf
from foundation.charts_pdf import bars

HEAD = pdf.Letterhead("示例中学", "转介函", "ZJ-1", notice="不是诊断", watermark="供某老师查看")
RARE = "龘䶮㛃𬭸·阿依古丽"


def everything() -> bytes:
    """One file with every part of the house style."""
    return pdf.document(
        [
            pdf.heading("转介函"),
            pdf.facts([("姓名", RARE), ("学号", "1"), ("班级", "高一1班")]),
            pdf.heading("情况", 2),
            pdf.paragraph("正文"),
            *pdf.bullets(["一", "二"]),
            pdf.table(["量表", "总分"], [["甲", 3]] * 60, widths=[3, 1], numbers=[1]),
            bars([("甲", 12, "12 / 27"), ("乙", 0, "0 / 27")], highest=27, cut=(10, "划界 10")),
            pdf.qr("https://example.org/t/ABCDE-FGHJK"),
            pdf.seal_box(["学校（盖章）"]),
            pdf.page_break(),
            pdf.cut_sheet([[pdf.bold("ABCDE", pdf.BIG)]] * 5, columns=2),
        ],
        HEAD,
    )


def words(data: bytes, tmp_path: Path) -> str:
    tool = shutil.which("pdftotext")
    if tool is None:
        pytest.skip("poppler-utils is not installed")
    path = tmp_path / "file.pdf"
    path.write_bytes(data)
    return subprocess.run([tool, str(path), "-"], capture_output=True, text=True).stdout


def fonts_of(data: bytes) -> set[tuple[str, bool]]:
    """(name, embedded) of every font that a page names."""
    found = set()
    for page in pikepdf.open(io.BytesIO(data)).pages:
        for font in page.Resources.get("/Font", {}).values():
            described = font.get("/FontDescriptor", {})
            found.add((str(font.BaseFont), "/FontFile2" in described))
    return found


def test_only_the_embedded_chinese_font_is_named() -> None:
    assert all(embedded for _name, embedded in fonts_of(everything()))


def test_every_page_says_which_of_how_many_it_is(tmp_path: Path) -> None:
    data = everything()
    total = len(pikepdf.open(io.BytesIO(data)).pages)
    found = re.findall(r"第 (\d+) 页，共 (\d+) 页", words(data, tmp_path))
    assert [int(number) for number, _of in found] == list(range(1, total + 1))
    assert {int(of) for _number, of in found} == {total}


def test_rare_names_can_be_copied_and_searched(tmp_path: Path) -> None:
    assert RARE in words(everything(), tmp_path)


def test_every_common_and_rare_name_character_has_a_glyph() -> None:
    assert [char for char in RARE + "㐱㛚㬚䥽鿍𠅤𡐓𣲗" if fonts.drawn_by(char) is None] == []


def test_a_character_without_a_glyph_is_printed_as_its_code() -> None:
    assert "U+1F600" in pdf.escaped("\U0001f600") or fonts.drawn_by("\U0001f600")


@pytest.mark.parametrize(
    "value",
    [
        '<img src="/etc/passwd"/>',
        "<b>未关闭",
        '<a href="javascript:x">y</a>',
        "&amp;&#60;",
        "a\x00b",
    ],
)
def test_a_value_is_text_whatever_it_contains(value: str, tmp_path: Path) -> None:
    data = pdf.document([pdf.paragraph(value), pdf.table([value], [[value]])], HEAD)
    assert len(pikepdf.open(io.BytesIO(data)).pages) == 1
    assert value.replace("\x00", "")[:6] in words(data, tmp_path)


def test_an_endless_value_is_cut() -> None:
    assert len(pdf.escaped("长" * 100_000)) == pdf.LONGEST_TEXT


def test_bars_have_no_outline() -> None:
    drawn = bars([("甲", 5, "5")]).contents
    assert [part.strokeColor for part in drawn if type(part).__name__ == "Rect"] == [None]


def test_a_locked_file_opens_with_its_password_only() -> None:
    data = pdf.locked(everything(), "口令")
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(data))
    assert pikepdf.open(io.BytesIO(data), password="口令").encryption.R == 6


def test_a_missing_font_is_said_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "candidates", tuple)
    fonts.register.cache_clear()
    with pytest.raises(fonts.FontMissing, match="XINQIAO_PDF_FONT"):
        fonts.register()
    fonts.register.cache_clear()
