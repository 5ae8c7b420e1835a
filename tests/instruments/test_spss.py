"""Another reader finds the data, labels and missing codes of our SPSS file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyreadstat
import pytest

from instruments.interchange.codebook import UNANSWERED, Column, codebook, columns_of
from instruments.interchange.spss import write_sav
from instruments.library import catalogue

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def written(path: Path, columns: list[Column], data: Any) -> Path:
    with path.open("wb") as target:
        write_sav(target, columns, np.array(data, dtype=float), title="心桥", created=AT)
    return path


def read(path: Path, **options: Any) -> tuple[dict[str, Any], Any]:
    data, meta = pyreadstat.read_sav(str(path), output_format="dict", **options)
    return data, meta


def test_codes_labels_and_missing_codes_survive(tmp_path: Path) -> None:
    columns = [
        Column(
            "phq9_1", "做事时提不起劲或没有兴趣", {0: "完全不会", 1: "好几天", -9: "未作答"}, (-9,)
        ),
        Column("phq9_total", "总分", decimals=2),
    ]
    path = written(tmp_path / "a.sav", columns, [[0, 4.5], [1, np.nan], [np.nan, 27]])
    data, meta = read(path, user_missing=True)
    assert list(data["phq9_1"]) == [0, 1, UNANSWERED]
    assert data["phq9_total"][1] is None
    assert data["phq9_total"][0] == 4.5
    assert meta.column_names_to_labels["phq9_1"] == "做事时提不起劲或没有兴趣"
    assert meta.variable_value_labels["phq9_1"] == {0: "完全不会", 1: "好几天", -9: "未作答"}
    assert meta.missing_ranges["phq9_1"] == [{"lo": -9.0, "hi": -9.0}]
    assert (meta.number_rows, meta.file_encoding, meta.file_label) == (3, "UTF-8", "心桥")


def test_without_asking_for_codes_unanswered_is_missing(tmp_path: Path) -> None:
    columns = [Column("a", "", {-9: "未作答"}, (-9,))]
    data, _ = read(written(tmp_path / "a.sav", columns, [[1], [np.nan]]))
    assert data["a"][1] is None


@pytest.mark.parametrize("key", catalogue.keys())
def test_every_scale_can_be_exported(key: str, tmp_path: Path) -> None:
    columns = columns_of(catalogue.get(key), catalogue.wording(key, "zh-Hans"))
    data = np.arange(3.0 * len(columns)).reshape(3, -1)
    read_back, meta = read(written(tmp_path / "a.sav", columns, data))
    assert meta.column_names == [column.name for column in columns]
    again = np.array([read_back[column.name] for column in columns]).T
    assert np.array_equal(again, data)


def test_long_labels_are_cut_between_characters(tmp_path: Path) -> None:
    columns = [Column("a", "题" * 200, {1: "是" * 100})]
    _, meta = read(written(tmp_path / "a.sav", columns, [[1]]))
    assert meta.column_labels == ["题" * 85]
    assert meta.variable_value_labels["a"] == {1: "是" * 40}


@pytest.mark.parametrize(
    "columns",
    [
        [Column("1a", "")],
        [Column("a b", "")],
        [Column("a", ""), Column("A", "")],
        [Column("a", "", {}, (1, 2, 3, 4))],
        [],
    ],
)
def test_what_spss_refuses_is_refused_first(columns: list[Column], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"SPSS|same name|missing codes|described"):
        written(tmp_path / "a.sav", columns, np.zeros((1, max(1, len(columns)))))


def test_the_codebook_names_every_code_and_no_cell_computes() -> None:
    text = codebook([Column("a", "=1+1", {0: "无", -9: "未作答"}, (-9,)), Column("b", "总分")])
    assert text.startswith("\ufeffcolumn,label,value,meaning,missing\r\n")
    assert "a,'=1+1,0,无,\r\n" in text
    assert "a,'=1+1,-9,未作答,yes\r\n" in text
    assert "b,总分,,,\r\n" in text
