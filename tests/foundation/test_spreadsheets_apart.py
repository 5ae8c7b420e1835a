"""An uploaded spreadsheet is read in a process of its own: same result, and bounded harm."""

import time as timer
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from foundation import spreadsheets, spreadsheets_apart
from foundation.spreadsheet_checks import Fault, UnreadableFile

FILES = Path(__file__).parents[1] / "schools" / "files"
READABLE = ("plain.xlsx", "plain.xls", "plain.ods", "merged.xlsx", "gb18030.csv", "utf8-bom.csv")


@pytest.mark.parametrize("name", READABLE)
def test_the_cells_are_the_same_as_read_at_home(name: str) -> None:
    data = (FILES / name).read_bytes()
    assert spreadsheets_apart.read(data) == spreadsheets.read(data)


def test_dates_and_times_come_back_as_such(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    from_home = datetime(2013, 3, 5, 8, 30)  # noqa: DTZ001 - as in a cell
    sheet.append(["甲", from_home, from_home.date(), from_home.time(), True, 1.5, None, "尾"])
    book.save(tmp_path / "dates.xlsx")
    data = (tmp_path / "dates.xlsx").read_bytes()
    assert spreadsheets_apart.read(data) == spreadsheets.read(data)


@pytest.mark.parametrize("name", ["empty.csv", "macro.xlsx", "bomb.xlsx", "web-page.xls"])
def test_a_refusal_is_the_same_sentence(name: str) -> None:
    data = (FILES / name).read_bytes()
    with pytest.raises(UnreadableFile) as home:
        spreadsheets.read(data)
    with pytest.raises(UnreadableFile) as apart:
        spreadsheets_apart.read(data)
    assert (apart.value.fault, apart.value.message) == (home.value.fault, home.value.message)


def test_every_fault_has_its_sentence() -> None:
    assert set(spreadsheets_apart.MAKERS) == set(Fault)


def test_a_file_that_needs_too_much_memory_ends_its_process_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = "\n".join(f"学生{n},{n},七年级,1班,2013-01-01,13900000000" for n in range(90_000))
    assert len(spreadsheets_apart.read(rows.encode())[0].rows) == 90_000
    monkeypatch.setattr(spreadsheets_apart, "MEMORY", 64 * 1024**2)
    with pytest.raises(UnreadableFile) as refused:
        spreadsheets_apart.read(rows.encode())
    assert refused.value.fault == Fault.TOO_LARGE


def test_a_file_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets_apart, "WALL_S", 0.05)
    began = timer.monotonic()
    with pytest.raises(UnreadableFile):
        spreadsheets_apart.read((FILES / "plain.xlsx").read_bytes())
    assert timer.monotonic() - began < 5
