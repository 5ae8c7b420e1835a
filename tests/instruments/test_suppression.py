"""Hidden counts stay hidden, whatever arithmetic the reader of the table does."""

import itertools
import random

import pytest

from instruments.psychometrics.suppression import (
    Line,
    deducible,
    is_small,
    suppress,
    suppress_parts,
    suppress_table,
)


def test_small_is_one_to_nine_and_an_empty_cell_names_nobody() -> None:
    assert [is_small(count) for count in (0, 1, 9, 10)] == [False, True, True, False]


def test_one_small_part_takes_the_next_smallest_with_it() -> None:
    assert suppress_parts({"a": 3, "b": 40, "c": 25}) == {
        "a": None,
        "b": 40,
        "c": None,
        "total": 68,
    }


def test_two_small_parts_that_together_are_small_need_a_third() -> None:
    shown = suppress_parts({"a": 3, "b": 4, "c": 25, "d": 90})
    assert [shown[key] for key in ("a", "b", "c", "d", "total")] == [None, None, None, 90, 122]


def test_without_another_part_the_total_goes() -> None:
    assert suppress_parts({"a": 3, "b": 0}) == {"a": None, "b": 0, "total": None}


def test_nothing_small_nothing_hidden() -> None:
    assert suppress_parts({"a": 0, "b": 10}) == {"a": 0, "b": 10, "total": 10}


def test_a_list_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(ValueError, match="add up"):
        suppress({"a": 1, "t": 3}, [Line("t", ("a",))])
    with pytest.raises(ValueError, match="negative"):
        suppress({"a": -1, "t": -1}, [Line("t", ("a",))])
    with pytest.raises(ValueError, match="kept"):
        suppress_parts({"total": 3})


def test_a_table_hides_a_square_not_a_single_cell() -> None:
    table = suppress_table([[4, 50, 60], [30, 70, 80], [40, 90, 20]])
    hidden = [cell for row in table.cells for cell in row].count(None)
    assert hidden >= 4
    assert table.cells[0][0] is None
    assert table.total == 444


def test_two_tables_joined_by_one_bridge_give_the_bridge_away() -> None:
    lines = [Line("t1", ("a", "b", "x")), Line("t2", ("a", "b")), Line("t3", ("x", "y"))]
    assert deducible(lines, {"a", "b", "x", "y"}) == ["x", "y"]


@pytest.mark.parametrize("seed", range(25))
def test_no_hidden_cell_of_a_random_table_can_be_worked_out(seed: int) -> None:
    draw = random.Random(seed)
    rows = [[draw.choice([0, 2, 5, 12, 40, 90]) for _ in range(4)] for _ in range(6)]
    table = suppress_table(rows)
    width, height = 4, 6
    counts = {(r, c): rows[r][c] for r, c in itertools.product(range(height), range(width))}
    shown = {
        **{(r, c): table.cells[r][c] for r, c in counts},
        **{(r, width): table.row_totals[r] for r in range(height)},
        **{(height, c): table.column_totals[c] for c in range(width)},
        (height, width): table.total,
    }
    lines = [Line((r, width), tuple((r, c) for c in range(width))) for r in range(height + 1)]
    lines += [Line((height, c), tuple((r, c) for r in range(height))) for c in range(width + 1)]
    hidden = {key for key, value in shown.items() if value is None}
    assert all(shown[key] is None for key, count in counts.items() if is_small(count))
    assert not [value for value in shown.values() if value is not None and is_small(value)]
    assert not deducible(lines, hidden)


def test_a_district_of_two_hundred_schools_is_done_in_seconds() -> None:
    draw = random.Random(7)
    rows = [[draw.choice([0, 3, 15, 60, 200]) for _ in range(2)] for _ in range(200)]
    table = suppress_table(rows)
    assert len(table.cells) == 200


def test_a_hierarchy_of_lists_is_protected_together() -> None:
    counts = {"city": 57, "east": 27, "west": 30, "e1": 3, "e2": 24, "w1": 15, "w2": 15}
    lines = [Line("city", ("east", "west")), Line("east", ("e1", "e2")), Line("west", ("w1", "w2"))]
    done = suppress(counts, lines)
    assert done.primary == {"e1"}
    assert done.complementary == {"e2"}
    assert done.hidden == {"e1", "e2"}
