"""Makes the real files under tests/schools/files: `python -m tests.schools.make_files`.

All people are invented; citizen numbers carry an area code and a sequence nobody was given.
"""

import csv
import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter
import xlwt

from schools.roster.cells import check_digit

FOLDER = Path(__file__).with_name("files")
MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
)
HEADER = (
    "学号",
    "姓名",
    "性别",
    "出生日期",
    "年级",
    "班级",
    "身份证号",
    "监护人",
    "关系",
    "监护人电话",
)


def citizen(birth: str, sequence: int) -> str:
    """A citizen number with a right check digit; an odd sequence is male."""
    seventeen = f"990101{birth}{sequence:03d}"
    return seventeen + check_digit(seventeen)


def people(school: str = "2026") -> list[tuple[Any, ...]]:
    """Six students of two classes, a rare character and a middle dot among them."""
    rows = [
        ("张𬭸", "男", "2010-03-05", "高一", "（1）班", 1),
        ("阿依古丽•买买提", "女", "2010年3月5日", "高一", "1班", 2),
        ("欧阳雨桐", "女", "2010/7/9", "高一", "一班", 4),
        ("王 思远", "男", "2010.12.1", "高一", "（2）班", 3),
        ("单晓䶮", "男", "20101111", "高一", "02班", 5),
        ("李梦琪", "女", "’2010-02-03", "高一", "2班", 6),
    ]
    return [
        (
            f"{school}{n:04d}",
            name,
            sex,
            born,
            grade,
            klass,
            "",
            "监护人" + "甲乙丙丁戊己"[n - 1],
            "母亲",
            f"1390000{n:04d}",
        )
        for n, (name, sex, born, grade, klass, _sequence) in enumerate(rows, start=1)
    ]


def workbook(name: str, fill: Any, **options: Any) -> None:
    """One xlsx file; `fill(book)` writes it."""
    with xlsxwriter.Workbook(str(FOLDER / name), options) as book:
        fill(book)


def plain(book: Any) -> None:
    """Header in row 1, everything text."""
    page = book.add_worksheet("花名册")
    page.write_row(0, 0, HEADER)
    for at, row in enumerate(people(), start=1):
        page.write_row(at, 0, [str(value) for value in row])


def merged(book: Any) -> None:
    """A merged title, a note, a two-line header, merged grade and class cells, a sum at the end."""
    page = book.add_worksheet("高一")
    page.merge_range(0, 0, 0, 7, "示例第一中学2026级学生花名册")
    page.merge_range(1, 0, 1, 7, "填表日期：2026年9月1日")
    for column, title in enumerate(("学号", "姓 名", "性别*", "出生日期（必填）", "年级", "班级")):
        page.merge_range(2, column, 3, column, title)
    page.merge_range(2, 6, 2, 7, "监护人")
    page.write_row(3, 6, ("姓名", "电话"))
    for at, row in enumerate(people(), start=4):
        page.write_row(at, 0, row[:4])
        page.write_row(at, 6, (row[7], row[9]))
    page.merge_range(4, 4, 9, 4, "高一年级")
    page.merge_range(4, 5, 6, 5, "高一（1）班")
    page.merge_range(7, 5, 9, 5, "高一（2）班")
    page.write_row(10, 0, ("合计", "6人"))


def damaged(book: Any) -> None:
    """What Excel does to numbers and dates, and what people do to rows."""
    page = book.add_worksheet("名单")
    page.write_row(0, 0, HEADER)
    day = book.add_format({"num_format": "yyyy/m/d"})
    page.write_row(1, 0, (20260001.0, "赵一一", "男", "", "高一", "1班", 990101201003050000.0))
    page.write_row(2, 0, (20260002, "钱二二", "女", "", "高一", "1班", citizen("20100305", 22)))
    page.write_datetime(2, 3, date(2010, 3, 5), day)
    page.write_row(
        3, 0, ("20260003", "孙?三", "男", "2010-13-45", "高一", "1班", "990101201003050011")
    )
    page.write_row(5, 0, ("", "周五五", "火星", "", "", "", "", "", "", "12345"))


def macro_book() -> None:
    """A workbook with a macro part in it."""
    source = (FOLDER / "plain.xlsx").read_bytes()
    with zipfile.ZipFile(FOLDER / "macro.xlsx", "w", zipfile.ZIP_DEFLATED) as target:
        with zipfile.ZipFile(io.BytesIO(source)) as archive:
            for name in archive.namelist():
                target.writestr(name, archive.read(name))
        target.writestr("xl/vbaProject.bin", b"\0" * 64)


def bomb() -> None:
    """A few hundred kilobytes that unpack to more than the limit."""
    with zipfile.ZipFile(
        FOLDER / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=9
    ) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (210 * 1024 * 1024))


def far_cell() -> None:
    """A tiny file with one cell in the last row and column of Excel."""
    with zipfile.ZipFile(FOLDER / "plain.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    cell = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"</sheetData>", cell)
    with zipfile.ZipFile(FOLDER / "far-cell.xlsx", "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)


def open_document() -> None:
    """The same list as LibreOffice would save it."""
    lines = [HEADER, *people()]
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = "".join(
        "<table:table-row>" + "".join(cell.format(value) for value in line) + "</table:table-row>"
        for line in lines
    )
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body>'
        f'<office:spreadsheet><table:table table:name="花名册">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(FOLDER / "plain.ods", "w", zipfile.ZIP_DEFLATED) as archive:
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", MANIFEST.format(kind=kind))
        archive.writestr("content.xml", content)


def old_excel() -> None:
    """The same list as Excel 97 saves it, with a merged title and real dates."""
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("花名册")
    page.write_merge(0, 0, 0, len(HEADER) - 1, "示例第一中学花名册")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for column, title in enumerate(HEADER):
        page.write(1, column, title)
    for at, row in enumerate(people(), start=2):
        for column, value in enumerate((int(row[0]), *row[1:3], None, *row[4:])):
            page.write(at, column, value) if column != 3 else page.write(
                at, 3, date(2010, 3, at), day
            )
    book.save(str(FOLDER / "plain.xls"))


def text_files() -> None:
    """The list as CSV in the two encodings that Chinese offices use."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([HEADER, *people()])
    (FOLDER / "gb18030.csv").write_bytes(stream.getvalue().encode("gb18030"))
    (FOLDER / "utf8-bom.csv").write_bytes(stream.getvalue().encode("utf-8-sig"))
    (FOLDER / "empty.csv").write_bytes(b"\r\n \r\n")
    (FOLDER / "no-header.csv").write_text("1,2,3\n4,5,6\n", encoding="utf-8")
    (FOLDER / "renamed-program.xlsx").write_bytes(b"MZ\x90\x00\x03" + bytes(range(256)) * 4)
    page = "<html><body><table><tr><td>姓名</td></tr></table></body></html>"
    (FOLDER / "web-page.xls").write_text(page, encoding="utf-8")


def other_school(book: Any) -> None:
    """Forty students of the same class names whom the school has never heard of."""
    page = book.add_worksheet("名单")
    page.write_row(0, 0, ("学号", "姓名", "出生日期", "班级"))
    given = "子丑寅卯辰巳午未申酉戌亥"
    for n in range(40):
        name = "诸葛" + given[n % 12] + given[n // 12]
        page.write_row(n + 1, 0, (f"88{n:06d}", name, "2010-01-01", f"高一（{n % 2 + 1}）班"))


def staff(book: Any) -> None:
    """People of a school with their roles."""
    page = book.add_worksheet("教师")
    page.write_row(0, 0, ("姓名", "角色", "班级"))
    page.write_row(1, 0, ("钱甲甲", "心理老师", ""))
    page.write_row(2, 0, ("孙乙乙", "班主任", "高一（1）班"))
    page.write_row(3, 0, ("周丙丙", "校长助理", ""))


def main() -> None:
    """Every file."""
    FOLDER.mkdir(exist_ok=True)
    for name, fill in (
        ("plain", plain),
        ("merged", merged),
        ("damaged", damaged),
        ("other-school", other_school),
        ("staff", staff),
    ):
        workbook(f"{name}.xlsx", fill)
    macro_book()
    bomb()
    far_cell()
    open_document()
    old_excel()
    text_files()


if __name__ == "__main__":
    main()
