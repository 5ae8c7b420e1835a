"""A small file of paper answers with its map, for tests."""

from pathlib import Path

from accounts.policy import Actor
from screening.sheets import importing as answers_import

MAP = """
[file]
answered_on = 2026-10-12
kind = "paper"
consent_basis = "家长签字同意书，存心理室"
note = "纸质问卷"

[grade]
column = "年级"
[class]
column = "班级"
[sex]
column = "性别"
[sex.names]
"女" = "f"
"男" = "m"
"" = ""
[student]
number = "学号"
name = "姓名"
create = true

[[instruments]]
key = "phq-9"
from_band = "moderate"
items = ["1", "2", "3", "4", "5", "6", "7", "8", "9"]
total = "总分"
"""
HEAD = "学号,姓名,年级,班级,性别,1,2,3,4,5,6,7,8,9,总分"
SCHOOL_NAMES = "云江溪岳"


def line(number: int, codes: list[int | str], klass: str = "3班", total: int | None = None) -> str:
    """One sheet; the published total is right unless said otherwise."""
    right = sum(code for code in codes if isinstance(code, int))
    shown = right if total is None else total
    values = ",".join(map(str, codes))
    return f"P{number:05},云{SCHOOL_NAMES[number % 4]},八年级,{klass},{'女男'[number % 2]},{values},{shown}"


def ordinary() -> str:
    """Thirty-two sheets in two classes: twelve reach the cut-off, two answer item 9."""
    rows = [line(n, [2, 1, 2, 1, 2, 1, 1, 2, 0], "3班") for n in range(12)]
    rows += [line(n, [0, 1, 0, 1, 0, 0, 1, 0, 0], "3班") for n in range(12, 24)]
    rows += [line(n, [0, 1, 1, 0, 0, 0, 1, 0, int(n < 26)], "4班") for n in range(24, 32)]
    return "\n".join([HEAD, *rows])


def imported(school_code: str, name: str = "纸质测评", content: str | None = None) -> None:
    """Take the ordinary file into a school."""
    planned = answers_import.plan(
        (content or ordinary()).encode(), MAP, campaign=name, school=school_code
    )
    answers_import.carry_out(by=Actor.system("tests"), planned=planned)


def written(folder: Path, content: str) -> list[str]:
    """File and map on disk, as the command wants them."""
    file, chart = folder / "answers.csv", folder / "map.toml"
    file.write_text(content, "utf-8")
    chart.write_text(MAP, "utf-8")
    return [str(file), "--map", str(chart)]
