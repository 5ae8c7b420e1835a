"""A CSV file never calculates when it is opened."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.csv_safe import safe_cell, write_csv

OPERATORS = "=+-@＝＋－＠"


@pytest.mark.parametrize("sign", [*OPERATORS, "\t=", "\r", " =", "　＝", "\n@", "\0="])
def test_a_cell_that_would_be_calculated_gets_an_apostrophe(sign: str) -> None:
    assert safe_cell(f"{sign}1").startswith("'")


@pytest.mark.parametrize(
    ("value", "cell"), [(None, ""), (-3, "-3"), (2.5, "2.5"), ("张三", "张三"), ("a=b", "a=b")]
)
def test_plain_values_stay_as_they_are(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


@given(st.lists(st.text(max_size=12), min_size=1, max_size=5))
def test_no_cell_of_any_text_begins_with_an_operator(cells: list[str]) -> None:
    data = write_csv(cells, [cells]).decode("utf-8-sig", "surrogatepass")
    for row in csv.reader(io.StringIO(data, newline="")):
        assert not any(cell.lstrip(" \t\r\n\u3000").startswith(tuple(OPERATORS)) for cell in row)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_rare_characters_survive_both_encodings(encoding: str) -> None:
    data = write_csv(["姓名"], [["张𬭸"]], encoding=encoding)
    assert data.decode(encoding).splitlines() == ["姓名", "张𬭸"]
