"""The fast path says the same as the single sheet, for every scale, whatever is answered."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.library import catalogue
from instruments.library.definition import Definition
from instruments.matrix import sources
from instruments.matrix.room import Room
from instruments.matrix.score import MatrixScored, score_matrix
from instruments.matrix.sources import Sheets, prepare, veil_of
from instruments.matrix.sums import Sum
from instruments.matrix.tables import BLOCK, look_up
from instruments.scoring.single import AnswerRefused, score
from tests.instruments.examples import answers_of, of_key

KEYS = list(catalogue.keys())


def random_sheets(definition: Definition, seed: int, rows: int) -> np.ndarray:
    """Sheets with answers at random, and from none to many unanswered."""
    rng = np.random.default_rng(seed)
    sheets = np.full((rows, len(definition.items)), -1.0)
    for place, item in enumerate(definition.items):
        if item.measured:
            sheets[:, place] = rng.integers(item.minimum, item.maximum + 1, rows)
            if item.id == "hours":
                sheets[:, place] = rng.integers(0, 240, rows) / 10
        else:
            sheets[:, place] = rng.choice(item.codes, rows, p=None)
    blank = rng.choice([0, 0, 0.02, 0.15, 0.6, 1], (rows, 1))
    sheets[rng.random(sheets.shape) < blank] = -1
    return sheets if definition.key == "psqi" else sheets.astype(np.int8)


def laid_out(definition: Definition, sheets: np.ndarray, layout: str) -> np.ndarray | Sheets:
    if layout == "prepared" and definition.key != "psqi":
        return prepare(definition, sheets)
    if layout == "item-major":
        return np.ascontiguousarray(sheets.T).T
    return sheets.astype(np.int64) if layout == "wide" and definition.key != "psqi" else sheets


def one_by_one(definition: Definition, row: np.ndarray, context: dict, cutset: str | None) -> tuple:
    answers = [None if value == -1 else value.item() for value in row]
    scored = score(definition, answers, context, cutset)
    return scored, dict(scored.bands), list(scored.flags)


def assert_row(definition: Definition, many: MatrixScored, row: int, single: tuple) -> None:
    scores, bands, flags = many.row(row)
    scored, expected_bands, expected_flags = single
    assert bands == expected_bands
    assert flags == expected_flags
    assert scores.keys() == scored.scores.keys()
    for key, value in scored.scores.items():
        found = scores[key]
        assert (found is None) == (value is None), key
        assert value is None or math.isclose(found, value, rel_tol=1e-12), key
    assert many.missing[row] == len(scored.missing)


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    sex=st.sampled_from(["male", "female", None]),
    layout=st.sampled_from(["row-major", "item-major", "wide", "prepared"]),
)
def test_the_matrix_equals_the_sheets(key: str, seed: int, sex: str | None, layout: str) -> None:
    definition = catalogue.get(key)
    sheets = random_sheets(definition, seed, 12)
    given = laid_out(definition, sheets, layout)
    for cutset in [None, *(each.id for each in definition.cutsets)]:
        many = score_matrix(definition, given, {"sex": sex}, cutset)
        for row in range(len(sheets)):
            single = one_by_one(definition, sheets[row], {"sex": sex}, cutset)
            assert_row(definition, many, row, single)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("layout", ["row-major", "item-major", "prepared"])
def test_complete_blocks_and_blocks_with_gaps_may_follow_one_another(
    key: str, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "BLOCK", 4)
    definition = catalogue.get(key)
    every = random_sheets(definition, 11, 400)
    full, open_ = every[(every != -1).all(axis=1)], every[(every == -1).any(axis=1)]
    for pattern in ("fffo", "offf", "ffff", "fofo", "oooo"):
        parts = {"f": iter(full), "o": iter(open_)}
        sheets = np.array([next(parts[each]) for each in pattern for _ in range(4)])
        many = score_matrix(definition, laid_out(definition, sheets, layout), {"sex": "male"})
        assert many.complete.tolist() == [each == "f" for each in pattern for _ in range(4)]
        for row in range(len(sheets)):
            single = one_by_one(definition, sheets[row], {"sex": "male"}, None)
            assert_row(definition, many, row, single)


@pytest.mark.parametrize("bad", [-128, -2, 9, 127])
@pytest.mark.parametrize("block", range(4))
def test_a_bad_answer_is_refused_in_whatever_block_it_stands(
    block: int, bad: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "BLOCK", 4)
    for key in KEYS:
        definition = catalogue.get(key)
        for gaps in (False, True):
            sheets = np.tile(np.array([item.codes[-1] for item in definition.items]), (16, 1))
            sheets[1::2, 0] = -1 if gaps else sheets[1::2, 0]
            sheets[4 * block + 1, -1] = bad if not definition.items[-1].measured else 99999
            with pytest.raises(AnswerRefused) as refused:
                score_matrix(definition, sheets)
            assert refused.value.item == definition.items[-1].id


def test_a_scale_of_turned_items_only_is_zero_when_all_agree() -> None:
    scale = catalogue.get("dsrsc").scales[0]
    turned = Sum(scale, (), (0, 1), 0, 3)
    answers = np.array([[3, 3, 0, -1], [3, 0, -1, -1]], np.int8)
    out = np.empty(4, np.uint8)
    turned.add_up(answers.view(np.uint8), veil_of(turned.lowest(answers)), out)
    assert out.tolist() == [0, 3, turned.void, turned.void]


def test_a_room_is_used_again_without_a_trace_of_the_last_sheets() -> None:
    definition, room = catalogue.get("mssmhs"), Room(300)
    for seed in (1, 2):
        sheets = random_sheets(definition, seed, 300)
        fresh = score_matrix(definition, sheets)
        again = score_matrix(definition, sheets, room=room.again())
        for name in fresh.bands:
            assert (again.bands[name].codes == fresh.bands[name].codes).all()
        for name in fresh.flags:
            assert (again.flags[name] == fresh.flags[name]).all()
        assert (again.complete == fresh.complete).all()


@given(data=st.data(), kind=st.sampled_from([np.uint8, np.uint16]))
@settings(max_examples=300, deadline=None)
def test_every_table_is_looked_up_as_it_stands(data: st.DataObject, kind: type) -> None:
    size = 256 if kind is np.uint8 else 600
    cuts = sorted(data.draw(st.sets(st.integers(0, size - 1), max_size=12)))
    if data.draw(st.booleans()):
        width, first = data.draw(st.integers(1, 60)), data.draw(st.integers(0, 60))
        cuts = list(range(first, size, width))[: data.draw(st.integers(0, 9))]
    values = [data.draw(st.integers(-1, 9)) for _ in range(len(cuts) + 1)]
    if data.draw(st.booleans()):
        values = list(range(-1 if data.draw(st.booleans()) else 0, len(values)))[: len(values)]
    table = np.array(values, np.int8)[np.searchsorted(cuts, np.arange(size), side="right")]
    if data.draw(st.booleans()):
        table[-1] = -1
    index = np.arange(size).astype(kind)
    assert (look_up(table, index, Room(size)) == table).all()


@pytest.mark.parametrize("key", KEYS)
def test_an_answer_out_of_range_names_its_item(key: str) -> None:
    definition = catalogue.get(key)
    for place in (0, len(definition.items) - 1):
        sheets = random_sheets(definition, 7, 5)
        sheets[3, place] = 100 if definition.items[place].codes[-1] < 100 else 9999
        if definition.items[place].measured:
            sheets[3, place] = 99999
        with pytest.raises(AnswerRefused) as refused:
            score_matrix(definition, sheets)
        assert refused.value.item == definition.items[place].id


def test_codes_below_the_lowest_are_refused() -> None:
    for key, bad in (("mssmhs", 0), ("phq-9", -2)):
        definition = catalogue.get(key)
        sheets = random_sheets(definition, 3, 4)
        sheets[2, 1] = bad
        with pytest.raises(AnswerRefused, match="item 2"):
            score_matrix(definition, sheets)


def test_a_sheet_of_the_wrong_width_is_refused() -> None:
    with pytest.raises(AnswerRefused, match="9 columns expected"):
        score_matrix(catalogue.get("phq-9"), np.zeros((2, 8), np.int8))


def test_sex_may_differ_by_row() -> None:
    sheets = np.full((3, 10), 3, np.int8)
    sheets[:, 0:2] = 4
    sex = np.array(["male", "female", None], object)
    many = score_matrix(catalogue.get("sas-sv"), sheets, {"sex": sex})
    assert [many.bands["total"].label(row) for row in range(3)] == ["at_risk", "normal", None]


def test_more_rows_than_a_block_stay_in_order() -> None:
    rows = 2 * BLOCK + 11
    sheets = np.zeros((rows, 9), np.int8)
    sheets[-1, :] = 3
    many = score_matrix(catalogue.get("phq-9"), sheets)
    assert many.scores["total"].compact[[0, -1]].tolist() == [0, 27]
    assert many.flags["item9_suicidal_ideation"].nonzero()[0].tolist() == [rows - 1]
    assert many.complete.all()


def test_compact_scores_say_null_by_minus_one() -> None:
    sheets = np.array([[5, 5, 5, 5, 5], [1, 1, 1, 1, -1]], np.int8)
    many = score_matrix(catalogue.get("who-5"), sheets)
    assert many.scores["percent"].compact.tolist() == [100, -1]
    assert many.scores["raw"].compact.tolist() == [25, -1]


def test_complete_sheets_prepared_once_are_scored_as_ever() -> None:
    definition = catalogue.get("mssmhs")
    sheets = np.random.default_rng(5).integers(1, 6, (400, 60), np.int8)
    again = score_matrix(definition, prepare(definition, sheets))
    first = score_matrix(definition, sheets)
    for name in first.bands:
        assert (again.bands[name].codes == first.bands[name].codes).all()
    assert again.complete.all()


def test_prepared_sheets_keep_what_they_were_and_belong_to_one_form() -> None:
    definition = catalogue.get("phq-9")
    sheets = np.ones((3, 9), np.int8)
    ready = prepare(definition, sheets)
    sheets[:] = 3
    assert score_matrix(definition, ready).scores["total"].compact.tolist() == [9, 9, 9]
    with pytest.raises(ValueError, match="read-only"):
        ready.by_item[0] = 3
    with pytest.raises(AnswerRefused, match="sheets of this form"):
        score_matrix(catalogue.get("gad-7"), ready)
    sheets[1, 4] = 4
    with pytest.raises(AnswerRefused, match="item 5"):
        prepare(definition, sheets)


@pytest.mark.parametrize("key", ["phq-9", "mssmhs", "rcads-47"])
@pytest.mark.parametrize("bad", [-128, -2, 6, 127])
def test_an_answer_out_of_range_is_refused_beside_a_blank(key: str, bad: int) -> None:
    definition = catalogue.get(key)
    sheets = np.ones((BLOCK + 4, len(definition.items)), np.int8)
    sheets[BLOCK + 2, :] = -1
    sheets[BLOCK + 2, 2] = bad
    with pytest.raises(AnswerRefused, match="item 3"):
        score_matrix(definition, sheets)


def test_what_no_byte_holds_is_refused_before_it_wraps_round() -> None:
    sheets = np.zeros((4, 9), np.int64)
    sheets[2, 6] = 256 + 1
    with pytest.raises(AnswerRefused, match=r"item 7: .*257"):
        score_matrix(catalogue.get("phq-9"), sheets)


@pytest.mark.parametrize("bad", [1.5, math.nan, math.inf, -math.inf, 1e300, 4, 260, -2])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_decimals_are_read_as_codes_only_where_they_are_codes(bad: float, kind: type) -> None:
    definition = catalogue.get("phq-9")
    sheets = np.array([[1, 2, -1, 0, 0, 0, 0, 0, 0]], kind)
    assert score_matrix(definition, sheets).scores["total"].compact.tolist() == [3]
    with np.errstate(over="ignore"):
        sheets[0, 2] = bad
    with pytest.raises(AnswerRefused, match="item 3"):
        score_matrix(definition, sheets)


@pytest.mark.parametrize("key", KEYS)
def test_the_worked_examples_come_out_of_the_matrix(key: str) -> None:
    definition = catalogue.get(key)
    for example in of_key(key):
        answers = answers_of(definition, example)
        row = [
            -1 if (value := answers.get(item)) is None else value for item in definition.item_ids
        ]
        given, cutset = np.array([row]), example.get("cutset")
        if "refused" in example:
            # -1 is how a matrix says "unanswered"
            if -1 not in answers.values():
                with pytest.raises(AnswerRefused, match=f"item {example['refused']}:"):
                    score_matrix(definition, given, {}, cutset)
            continue
        scores, bands, flags = score_matrix(definition, given, example.get("context"), cutset).row(
            0
        )
        for name, value in example.get("expected", {}).items():
            assert scores[name] == (value if value is None else pytest.approx(value, abs=6e-5))
        for name, band in example.get("band", {}).items():
            assert bands[name] == band, example["note"]
        assert flags == example.get("flags", flags)


def test_no_sheets_are_no_error() -> None:
    for key in KEYS:
        definition = catalogue.get(key)
        many = score_matrix(definition, random_sheets(definition, 1, 0))
        assert all(len(many.bands[name].codes) == 0 for name in many.bands)
        assert all(len(many.flags[name]) == 0 for name in many.flags)
        assert len(many.missing) == len(many.complete) == 0
