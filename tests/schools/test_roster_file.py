"""Rosters as schools really send them are read, or refused with a sentence."""

from datetime import date
from pathlib import Path

import pytest

from foundation import spreadsheets
from foundation.problems import Refused
from schools.roster import file as roster_file
from schools.roster.file import Parsed
from tests.schools.make_files import citizen

FILES = Path(__file__).with_name("files")
TODAY = date(2026, 11, 23)


def parsed(name: str) -> Parsed:
    return roster_file.parse(spreadsheets.read((FILES / name).read_bytes()), TODAY)


def from_rows(*rows: tuple[object, ...]) -> Parsed:
    sheet = spreadsheets.Sheet("名单", [list(row) for row in rows])  # type: ignore[arg-type]
    return roster_file.parse([sheet], TODAY)


@pytest.mark.parametrize(
    "name", ["plain.xlsx", "plain.xls", "plain.ods", "gb18030.csv", "utf8-bom.csv"]
)
def test_the_same_list_is_read_alike_from_every_kind_of_file(name: str) -> None:
    rows = parsed(name).rows
    assert [row.issues for row in rows] == [[]] * 6
    assert [row.values["name"] for row in rows[:2]] == ["张𬭸", "阿依古丽·买买提"]
    assert [row.values["place"] for row in rows] == [["高一", "1"]] * 3 + [["高一", "2"]] * 3
    assert rows[0].values["student_number"] == "20260001"


def test_a_header_under_merged_titles_and_a_two_line_header_are_found() -> None:
    roster = parsed("merged.xlsx")
    assert roster.rows[0].number == 5
    assert roster.title("guardian1_phone") == "监护人电话"
    assert roster.rows[0].values["guardians"][0]["phone"] == "13900000001"
    assert len(roster.rows) == 6, "the sum at the end is nobody"


def test_every_shape_of_date_is_read() -> None:
    shapes = [
        "2010-03-05",
        "2010.3.5",
        "2010/3/5",
        "2010年3月5日",
        "20100305",
        "’2010-03-05",
        "２０１０－３－５",
    ]
    rows = [("1", f"甲{'乙' * n}", "高一1班", shape) for n, shape in enumerate(shapes)]
    roster = from_rows(("学号", "姓名", "班级", "出生日期"), *rows, ("9", "丙", "高一1班", 40242))
    assert {row.values.get("birth_date") for row in roster.rows} == {"2010-03-05"}


def test_all_errors_of_the_file_are_named_at_once_by_row_and_column() -> None:
    issues = {
        row.number: [issue.column for issue in row.issues] for row in parsed("damaged.xlsx").rows
    }
    assert issues == {
        2: ["身份证号"],
        3: [],
        4: ["姓名", "出生日期", "身份证号"],
        6: ["性别", "监护人电话", "班级"],
    }


def test_a_number_that_excel_cut_is_called_damaged() -> None:
    row = parsed("damaged.xlsx").rows[0]
    assert "截断" in row.issues[0].message
    assert row.values["student_number"] == "20260001", "a whole number is not damaged"


def test_none_of_the_identifiers_is_required_but_one_of_them_is() -> None:
    header = ("姓名", "班级", "学号", "学籍号", "出生日期")
    roster = from_rows(
        header,
        ("甲", "高一1班", "", "", "2010-01-01"),
        ("乙", "高一1班", "", "G" + citizen("20100305", 22), ""),
        ("丙", "高一1班", "", "", ""),
    )
    assert [bool(row.issues) for row in roster.rows] == [False, False, True]
    assert roster.rows[1].values["birth_date"] == "2010-03-05", "it stands in the number"


def test_a_birth_date_that_contradicts_the_number_is_named() -> None:
    header = ("姓名", "班级", "身份证号", "出生日期")
    roster = from_rows(header, ("甲", "高一1班", citizen("20100305", 22), "2011-03-05"))
    assert [issue.column for issue in roster.rows[0].issues] == ["出生日期"]


def test_a_residence_permit_number_outside_every_county_is_accepted() -> None:
    roster = from_rows(("姓名", "班级", "证件号码"), ("甲", "高一1班", "830000200801010024"))
    assert roster.rows[0].issues == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("renamed-program.xlsx", "不是表格文件"),
        ("web-page.xls", "不是表格文件"),
        ("macro.xlsx", "宏"),
        ("bomb.xlsx", "太大"),
        ("far-cell.xlsx", "100,000 行"),
        ("empty.csv", "空的"),
        ("no-header.csv", "没有找到表头"),
    ],
)
def test_what_is_no_roster_is_refused_with_a_sentence(name: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        parsed(name)


def test_two_sheets_with_lists_are_refused_instead_of_reading_only_one() -> None:
    sheet = spreadsheets.Sheet("一班", [["姓名", "学号"], ["甲", "1"]])
    with pytest.raises(Refused, match="合并"):
        roster_file.choose([sheet, sheet])


def test_sample_rows_and_signatures_are_nobody() -> None:
    roster = from_rows(
        ("学号", "姓名", "班级"),
        ("必填", "必填", "例如：高一1班"),
        ("1", "甲", "高一1班"),
        ("制表人：某某", "", ""),
    )
    assert [row.number for row in roster.rows] == [3]
