"""Spreadsheets are read as they are and refused before they do harm; what we write stays text."""

import io
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from foundation import spreadsheet_checks, spreadsheets
from foundation.spreadsheet_checks import Fault, UnreadableFile

FILES = Path(__file__).parents[1] / "schools" / "files"


def fault_of(data: bytes) -> Fault:
    with pytest.raises(UnreadableFile) as refused:
        spreadsheets.read(data)
    assert refused.value.message.endswith("。") or refused.value.message.endswith("）。")
    return refused.value.fault


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("empty.csv", Fault.EMPTY),
        ("renamed-program.xlsx", Fault.KIND),
        ("web-page.xls", Fault.KIND),
        ("macro.xlsx", Fault.ACTIVE),
        ("bomb.xlsx", Fault.TOO_LARGE),
        ("far-cell.xlsx", Fault.TOO_MANY_ROWS),
    ],
)
def test_what_does_harm_is_refused_by_its_content_not_its_name(name: str, fault: Fault) -> None:
    assert fault_of((FILES / name).read_bytes()) == fault


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7 text", b"\x89PNG\r\n", b"a\0b,c\n", b"\xff\xfe\xff", b"\x81\xff\x81"]
)
def test_other_kinds_of_file_are_no_spreadsheets(data: bytes) -> None:
    assert fault_of(data) in (Fault.KIND, Fault.EMPTY)


def packed(**parts: str | bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


def test_entity_declarations_are_never_expanded() -> None:
    assert fault_of(packed(**{"xl/sharedStrings.xml": "<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"})) == (
        Fault.ACTIVE
    )


def test_links_to_other_files_are_refused() -> None:
    assert fault_of(packed(**{"xl/externalLinks/externalLink1.xml": "<x/>"})) == Fault.ACTIVE


def test_a_file_that_lies_about_its_size_is_refused() -> None:
    data = bytearray(packed(**{"xl/worksheets/sheet1.xml": "x" * 100_000}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    assert fault_of(bytes(data)) == Fault.DAMAGED


def test_too_many_rows_are_refused_before_parsing() -> None:
    rows = "".join(f'<row r="{n}"><c/></row>' for n in range(1, 100_400))
    sheet = f"<worksheet><sheetData>{rows}</sheetData></worksheet>"
    assert fault_of(packed(**{"xl/worksheets/sheet1.xml": sheet})) == Fault.TOO_MANY_ROWS
    assert fault_of(b"a,b\n" * 100_400) == Fault.TOO_MANY_ROWS


def test_a_repeated_cell_of_an_open_document_is_a_bomb() -> None:
    cell = '<table:table-cell office:value-type="string" table:number-columns-repeated="9000000"/>'
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "x")
        archive.writestr("content.xml", f"<a>{cell}</a>")
    assert fault_of(stream.getvalue()) == Fault.TOO_LARGE


def test_a_damaged_workbook_is_called_damaged() -> None:
    assert fault_of((FILES / "plain.xlsx").read_bytes()[:3000]) == Fault.DAMAGED


def test_merged_cells_hold_the_value_of_the_first_in_every_cell() -> None:
    rows = spreadsheets.read((FILES / "merged.xlsx").read_bytes())[0].rows
    assert [row[5] for row in rows[4:7]] == ["高一（1）班"] * 3


def test_rows_are_numbered_as_the_user_sees_them() -> None:
    data = spreadsheets.write_xlsx(("甲",), [(None,), ("乙",)])
    assert spreadsheets.read(data)[0].rows[2] == ["乙"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("学号,姓名".encode("utf-8-sig"), "学号,姓名"),
        ("学号,姓名".encode(), "学号,姓名"),
        ("学号,姓名\n1,龘".encode("gb18030"), "学号,姓名\n1,龘"),
        ("姓名,𬭸".encode("gb18030"), "姓名,𬭸"),
        ("学号\t姓名".encode("utf-16"), "学号\t姓名"),
    ],
)
def test_text_is_decoded_by_a_fixed_rule(data: bytes, text: str) -> None:
    assert spreadsheets.decoded(data).lstrip("\ufeff") == text


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_the_separator_of_a_text_file_is_found(separator: str) -> None:
    data = f"学号{separator}姓名\n1{separator}甲".encode()
    assert spreadsheets.read(data)[0].rows[1] == ["1", "甲"]


HOSTILE = [
    "=1+1",
    '=HYPERLINK("http://x")',
    "+8613900000000",
    "@SUM(A1)",
    "-1-1",
    "0012",
    "http://x",
]


def test_written_cells_are_text_and_never_formulas_links_or_numbers() -> None:
    data = spreadsheets.write_xlsx(("列",), [(value,) for value in HOSTILE])
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == HOSTILE
    assert {row[0].data_type for row in sheet.iter_rows()} == {"s"}
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")


def test_numbers_stay_numbers_and_dates_become_text() -> None:
    data = spreadsheets.write_xlsx(("数", "日"), [(3, date(2026, 11, 23))])
    row = spreadsheets.read(data)[0].rows[1]
    assert row == [3.0, "2026-11-23"]


def test_limits_are_those_of_the_design() -> None:
    assert spreadsheet_checks.MAX_ROWS == 100_000
    assert spreadsheet_checks.MAX_UNPACKED == 200 * 2**20
