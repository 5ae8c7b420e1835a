"""Another reader finds the data, labels, missing codes and levels of our SPSS file."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyreadstat
import pytest

from instruments.interchange.codebook import (
    UNANSWERED,
    Column,
    Measure,
    band_orders,
    codebook,
    columns_of,
    row_of,
)
from instruments.interchange.spss import write_sav
from instruments.library import catalogue
from instruments.pages.example import sheet, worked
from instruments.pages.language import CODES, language

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ZH = language("zh")


def written(path: Path, columns: list[Column], data: Any, **more: Any) -> Path:
    with path.open("wb") as target:
        write_sav(target, columns, np.array(data, dtype=float), title="心桥", created=AT, **more)
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


def test_what_may_be_done_with_a_column_and_the_notes_of_the_file_survive(tmp_path: Path) -> None:
    columns = [
        Column("sex", "性别", {1: "女", 2: "男"}, measure=Measure.NOMINAL),
        Column("a1", "第 1 题", {0: "否", 1: "是"}, measure=Measure.ORDINAL),
        Column("total", "总分"),
    ]
    notes = ["导出编号 4F3A9C21", "长" * 60]
    _, meta = read(written(tmp_path / "a.sav", columns, [[1, 0, 3]], notes=notes))
    assert meta.variable_measure == {"sex": "nominal", "a1": "ordinal", "total": "scale"}
    assert [line.strip() for line in meta.notes] == ["导出编号 4F3A9C21", "长" * 25 + "…"]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("key", catalogue.keys())
def test_a_sheet_of_every_scale_can_be_exported(key: str, code: str, tmp_path: Path) -> None:
    definition = catalogue.get(key)
    wording = catalogue.wording(key, "zh-Hans" if code == "zh" else "en")
    columns = columns_of(language(code), definition, wording)
    answers = {**sheet(definition), definition.items[-1].id: None}
    scored = worked(definition, answers)
    row = row_of(definition, answers, scored.scores, scored.bands)
    data, meta = read(written(tmp_path / "a.sav", columns, [row]), user_missing=True)
    assert meta.column_names == [column.name for column in columns]
    there = {name: values[0] for name, values in data.items()}
    prefix = columns[0].name.rpartition("_")[0]
    for item, value in answers.items():
        assert there[f"{prefix}_{item}"] == (UNANSWERED if value is None else value)
    for score, value in scored.scores.items():
        assert there[f"{prefix}_{score}"] == value
    for name, band in scored.bands.items():
        stored = there[f"{prefix}_{name}_band"]
        if band is None:
            assert stored is None
        else:
            word = meta.variable_value_labels[f"{prefix}_{name}_band"][stored]
            assert word == language(code).named(definition.band_names[band])


def test_bands_rise_with_the_score() -> None:
    definition = catalogue.get("phq-9")
    assert band_orders(definition)["total"][0] == "minimal"
    assert band_orders(definition, "us-adolescent-11") == {"total": ("negative", "positive")}


def test_long_labels_are_cut_between_characters_and_say_so(tmp_path: Path) -> None:
    columns = [Column("a", "题" * 200, {1: "是" * 100})]
    _, meta = read(written(tmp_path / "a.sav", columns, [[1]]))
    assert meta.column_labels == ["题" * 84 + "…"]
    assert meta.variable_value_labels["a"] == {1: "是" * 39 + "…"}
    assert "题" * 200 in codebook(columns)


def test_rare_characters_survive(tmp_path: Path) -> None:
    columns = [Column("a", "𠮷𬭸龘䶮", {1: "㛃é<&>\"'"})]
    _, meta = read(written(tmp_path / "a.sav", columns, [[1]]))
    assert meta.column_labels == ["𠮷𬭸龘䶮"]
    assert meta.variable_value_labels["a"] == {1: "㛃é<&>\"'"}


@pytest.mark.parametrize(
    "columns",
    [
        [Column("1a", "")],
        [Column("a b", "")],
        [Column("with", "")],
        [Column("a.", "")],
        [Column("a", ""), Column("A", "")],
        [Column("a", "", {}, (1, 2, 3, 4))],
        [],
    ],
)
def test_what_spss_refuses_is_refused_first(columns: list[Column], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"SPSS|same name|missing codes|described"):
        written(tmp_path / "a.sav", columns, np.zeros((1, max(1, len(columns)))))


def test_the_codebook_names_every_code_and_no_cell_computes() -> None:
    columns = [
        Column("a", "=1+1", {0: "无", -9: "＋1"}, (-9,), measure=Measure.ORDINAL),
        Column("b", "总分"),
    ]
    text = codebook(columns, ["@note"])
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff")))) == [
        ["column", "label", "value", "meaning", "missing", "measure"],
        ["a", "'=1+1", "0", "无", "", "ordinal"],
        ["a", "'=1+1", "-9", "'＋1", "yes", "ordinal"],
        ["b", "总分", "", "", "", "scale"],
        ["'@note"],
    ]


def test_the_codebook_of_a_scale_is_in_the_language_of_its_reader() -> None:
    definition = catalogue.get("psqi")
    assert "PSQI C1 睡眠质量" in codebook(columns_of(ZH, definition))
    english = codebook(columns_of(language("en"), definition))
    assert "item 5a" in english
    assert "unanswered" in english
