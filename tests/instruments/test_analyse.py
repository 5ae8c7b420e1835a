"""The sub-command prints the vectors' figures under the vectors' names."""

import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest

from instruments.analysis.answers import Shape, read_answers
from instruments.analysis.command import main, numbers, plain, spans
from instruments.library import catalogue

R: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "statistics.json").read_text(encoding="utf-8")
)
OPTIONS = [
    *("--items", "8", "--codes", "0-3", "--positive", "12", "--dif-item", "8"),
    *("--dif-cut", "1", "--strata", "2,5,9", "--compare", "1-3"),
]
EXTRA = ("y", "sex", "school", "retest")


def table(*extra: str, rows: list[list[Any]] | None = None) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([f"item{number}" for number in range(1, 9)] + list(extra))
    for place, answers in enumerate(rows or R["X"]):
        writer.writerow([*answers, *(R[name][place] for name in extra)])
    return out.getvalue()


def run(
    text: str, options: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> dict[str, Any]:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert main(options) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def differences(here: Any, there: Any, path: str = "") -> list[str]:
    """Every leaf of the vectors that is absent or farther off than allowed."""
    if isinstance(there, dict):
        return [d for key in there for d in differences(here.get(key), there[key], f"{path}/{key}")]
    if isinstance(there, list):
        if not isinstance(here, list) or len(here) < len(there):
            return [path]
        return [d for a, b in zip(here, there, strict=False) for d in differences(a, b, path)]
    within = 1e-6 if "omega" in path else 1e-8
    good = here is not None and abs(here - there) <= within * max(1, abs(there))
    return [] if good else [f"{path}: {here} for {there}"]


def test_every_number_of_the_vectors_is_reproduced(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run(table(*EXTRA), OPTIONS, capsys, monkeypatch)
    expected = {key: value for key, value in R.items() if key not in {"X", "versions", *EXTRA}}
    assert differences(found, expected) == []
    assert len(found["careless"]["longstring"]) == 240
    asked_for = {"grm", "norms", "careless.lz_star", "careless.even_odd"}
    assert set(found["skipped"]) <= asked_for | {"careless.psychsyn", "careless.psychant"}


def test_absent_columns_are_skipped_with_a_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run(table(), ["--items", "8", "--codes", "0-3"], capsys, monkeypatch)
    for name in ("roc", "mh", "logistic_dif", "prevalence", "icc"):
        assert name not in found
        assert found["skipped"][name]
    assert found["alpha"]["raw"] == pytest.approx(R["alpha"]["raw"], abs=1e-8)


def test_a_gap_costs_its_row_but_not_its_place_in_the_lists(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [["", *R["X"][0][1:]], *R["X"][1:]]
    found = run(table(*EXTRA, rows=rows), OPTIONS, capsys, monkeypatch)
    assert (found["n"], found["n_complete"], found["prevalence"]["n"]) == (240, 239, 239)
    assert found["total"][0] is None
    assert found["careless"]["mahad_D2"][0] is None
    assert found["careless"]["irv"][0] == pytest.approx((26 / 7 / 6) ** 0.5)


def test_two_items_and_one_school_print_what_remains(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "item1,item2,school\n0,1,a\n1,1,a\n2,3,a\n0,0,a\n"
    options = ["--items", "2", "--codes", "0-3", "--positive", "2"]
    found = run(text, options, capsys, monkeypatch)
    assert found["skipped"]["omega_total_1f"] == "one factor needs at least three items"
    assert found["skipped"]["prevalence.school"] == "needs at least two schools"
    assert found["prevalence"]["x"] == 2
    assert found["alpha"]["alpha_drop"] == [None, None]


def test_a_model_is_fitted_when_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run(table(), ["--items", "8", "--codes", "0-3", "--irt"], capsys, monkeypatch)
    assert found["grm"]["converged"]
    assert len(found["grm"]["eap"]) == len(found["careless"]["lz_star"]) == 240
    assert all(a > 0 for a in found["grm"]["a"])


def test_a_cut_comes_with_the_interviews_it_costs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["--prevalence", "0.04,0.10", "--students", "1000", "--minutes", "20"]
    found = run(table(*EXTRA), [*OPTIONS, *asked], capsys, monkeypatch)
    ill = [total for total, y in zip(R["total"], R["y"], strict=True) if y]
    well = [total for total, y in zip(R["total"], R["y"], strict=True) if not y]
    gate = found["gate"]
    assert gate["cut"] == 12
    assert gate["sensitivity"] == pytest.approx(sum(t >= 12 for t in ill) / len(ill))
    assert gate["specificity"] == pytest.approx(sum(t < 12 for t in well) / len(well))
    four = gate["load"][0]
    flagged = 40 * gate["sensitivity"] + 960 * (1 - gate["specificity"])
    assert (four["prevalence"], four["n"]) == (0.04, 1000)
    assert four["flagged"] == pytest.approx(flagged)
    assert four["ppv"] == pytest.approx(40 * gate["sensitivity"] / flagged)
    assert four["hours"] == pytest.approx(flagged / 3)
    for cut in found["roc"]["at_specificity"]:
        kept = sum(t < cut["threshold"] for t in well) / len(well)
        assert kept == pytest.approx(cut["specificity"])
        assert kept >= cut["asked"]


def test_two_steps_are_counted_not_only_multiplied(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run(table(*EXTRA), OPTIONS, capsys, monkeypatch)["serial"]
    both = [sum(row[:3]) >= found["first_cut"] and sum(row) >= found["cut"] for row in R["X"]]
    hit = sum(each and y for each, y in zip(both, R["y"], strict=True)) / sum(R["y"])
    assert found["sensitivity"] == pytest.approx(hit)
    # the short score is part of the long one: multiplying promises too few cases
    assert found["if_independent"]["sensitivity"] < found["sensitivity"]


def test_norms_name_their_population_and_skip_small_cells(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["--items", "8", "--codes", "0-3", "--population", "junior high", "--year", "2026"]
    found = run(table(*EXTRA), asked, capsys, monkeypatch)["norms"]
    everybody = found[0]
    assert (everybody["name"], everybody["year"], everybody["n"]) == ("junior high", 2026, 240)
    low = everybody["scores"][0]
    equal = R["total"].count(low["score"])
    assert low["percentile"] == pytest.approx(100 * equal / 2 / 240)
    assert [each["sex"] for each in found[1:]] == [
        sex for sex in ("0", "1") if R["sex"].count(int(sex)) >= 100
    ]
    few = run(table(rows=R["X"][:99]), asked, capsys, monkeypatch)
    assert few["skipped"]["norms"].startswith("99 people")


@pytest.mark.parametrize("key", catalogue.keys())
def test_every_scale_of_the_library_can_be_analysed(
    key: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    definition, draw = catalogue.get(key), random.Random(key)
    head = ",".join(f"item{number}" for number in range(1, len(definition.items) + 1))
    rows = [",".join(str(draw.choice(item.codes)) for item in definition.items) for _ in range(120)]
    for scale in definition.scales[:1]:
        asked = ["--instrument", key, "--scale", scale.key]
        found = run("\n".join([head, *rows]), asked, capsys, monkeypatch)
        assert found["n_complete"] == 120
        assert "alpha" in found
        assert ("even_odd" in found["careless"]) == (key in WITH_PARTS)


WITH_PARTS = {"mht", "mssmhs", "psc-17-y", "rcads-47", "scared-41", "scl-90", "sdq-s", "dass-21"}


def test_a_library_instrument_brings_its_codes_and_scale(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [[*answers, answers[0]] for answers in R["X"]]
    head = ",".join(f"item{number}" for number in range(1, 10))
    text = "\n".join([head, *(",".join(map(str, row)) for row in rows)])
    found = run(text, ["--instrument", "phq-9"], capsys, monkeypatch)
    assert found["items"] == list(range(1, 10))
    assert found["total"] == [sum(row) for row in rows]


HEAD = b"item1,item2,item3\n"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (HEAD, "no rows below the header"),
        (b"item1,item2\n1,2\n", "no column item3: the header names item1..item3"),
        (b"item1,item2,item3,item1\n1,1,1,1\n", "the header names item1 twice"),
        (b"item1,item2,item3,item4\n1,1,1,1\n", "column item4: the form has 3 items"),
        (HEAD + b"1,9,1\n", "line 2, item2: 9 is not a code of this form"),
        (HEAD + b"1,1,1\n\n1,1,1.5\n", "line 4, item3: 1.5 is not a code of this form"),
        (HEAD + b"1,-1,1\n", "line 2, item2: -1 is not a code of this form"),
        (HEAD + b"1,255,1\n", "line 2, item2: 255 is not a code of this form"),
        (HEAD + b"1,x,1\n", "line 2, item2: 'x' is not a number"),
        (HEAD + b"1,inf,1\n", "line 2, item2: 'inf' is not a number"),
        (HEAD + b"1,1_0,1\n", "line 2, item2: '1_0' is not a number"),
        (HEAD + b"1,1\n", "line 2 has 2 cells, the header has 3"),
        (HEAD + b'1,"1,1\n', "line 2: unexpected end of data"),
        (b"item1,item2,item3,y\n1,1,1,2\n", "line 2, y: '2' is not 0 or 1"),
        (b"item1,item2,item3,retest\n1,1,1,a\n", "line 2, retest: 'a' is not a number"),
        (b"PK\x03\x04 and so on", "this is a workbook: save it as CSV first"),
        (b"\xff\xff\xff", "the file is not text in UTF-8, UTF-16 or GB18030"),
    ],
    ids=range(19),
)
def test_a_wrong_table_is_one_sentence_and_exit_one(
    data: bytes,
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert main(["--items", "3", "--codes", "0-3"]) == 1
    assert json.loads(capsys.readouterr().out) == {"error": sentence}


def test_what_spreadsheets_write_is_read_alike() -> None:
    text = "Item1,item2,item3,school\r\n0,1,2,北校\r\n3, 2,NA,南校\r\n"
    shape = Shape(3, (0, 1, 2, 3))
    for data in (
        text.encode(),
        text.encode("utf-8-sig"),
        text.encode("utf-16"),
        text.encode("gb18030"),
        text.replace(",", ";").encode(),
        text.replace(",", "\t").encode(),
        text.replace("\r\n", "\n\n").encode(),
    ):
        found = read_answers(data, shape)
        assert found.items.tolist() == [[0, 1, 2], [3, 2, -1]]
        assert found.school == ("北校", "南校")


@pytest.mark.parametrize("rows", ["", "1,1,1\n", ",,\nNA,NA,NA\n", "1,1,1\n2,2,2\n" * 30])
def test_what_says_nothing_is_skipped_with_a_reason(
    rows: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = HEAD.decode() + "0,1,2\n" + rows
    found = run(text, ["--items", "3", "--codes", "0-3", "--positive", "2"], capsys, monkeypatch)
    assert found["n"] == text.count("\n") - 1
    assert all(found["skipped"].values())


@pytest.mark.parametrize(
    "options",
    [
        ["--items", "8"],
        ["--items", "8", "--codes", "0-3", "--dif-item", "9"],
        ["--instrument", "nobody-knows-it"],
        ["--instrument", "phq-9", "--codes", "0-3"],
        ["--instrument", "asq"],
        ["--instrument", "psqi"],
        ["--instrument", "dass-21"],
        ["--items", "8", "--codes", "0-3", "--scale", "total"],
        ["--items", "8", "--codes", "0-200"],
    ],
)
def test_wrong_options_are_exit_two(options: list[str]) -> None:
    assert main(options) == 2


def test_options_that_cannot_be_parsed_are_exit_two() -> None:
    for options in (["--codes", "x"], ["--codes", "3-0"], ["--codes", "0-3", "--positive", "nan"]):
        with pytest.raises(SystemExit) as stop:
            main(["--items", "8", *options])
        assert stop.value.code == 2


def test_ranges_and_bounds_are_read() -> None:
    assert spans("0-3") == (0, 1, 2, 3)
    assert spans("1,4-5") == (1, 4, 5)
    assert numbers("2,5,9") == (2, 5, 9)
    with pytest.raises(ValueError, match="5,2"):
        numbers("5,2")


def test_no_number_is_printed_as_nan() -> None:
    assert plain({"a": (float("nan"), 1)}) == {"a": [None, 1]}
