"""Hidden counts stay hidden, whatever arithmetic the reader of the table does."""

import itertools
import random

import numpy as np
import pytest
from scipy import optimize

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


Cell = tuple[int, int]


def printed(rows: list[list[int]]) -> tuple[dict[Cell, int | None], list[Line[Cell]]]:
    """The table as a reader gets it, margins at the far ends, and the sums he knows to hold."""
    table = suppress_table(rows)
    height, width = len(rows), len(rows[0])
    shown = {
        **{(r, c): value for r, row in enumerate(table.cells) for c, value in enumerate(row)},
        **{(r, width): value for r, value in enumerate(table.row_totals)},
        **{(height, c): value for c, value in enumerate(table.column_totals)},
        (height, width): table.total,
    }
    lines = [Line((r, width), tuple((r, c) for c in range(width))) for r in range(height + 1)]
    lines += [Line((height, c), tuple((r, c) for r in range(height))) for c in range(width + 1)]
    return shown, lines


@pytest.mark.parametrize("seed", range(25))
def test_no_hidden_cell_of_a_random_table_can_be_worked_out(seed: int) -> None:
    draw = random.Random(seed)
    rows = [[draw.choice([0, 2, 5, 12, 40, 90]) for _ in range(4)] for _ in range(6)]
    shown, lines = printed(rows)
    counts = {(r, c): rows[r][c] for r, c in itertools.product(range(6), range(4))}
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


def known_range(
    table: dict[Cell, int | None], lines: list[Line[Cell]], at: Cell
) -> tuple[float, float]:
    """What a reader with a solver finds out: the least and the most a hidden count can be."""
    hidden = [key for key, value in table.items() if value is None]
    rows, known = [], []
    for line in lines:
        weights = {line.total: -1, **dict.fromkeys(line.parts, 1)}
        rows.append([weights.get(key, 0) for key in hidden])
        known.append(-sum(weight * (table[key] or 0) for key, weight in weights.items()))
    aim = np.array([float(key == at) for key in hidden])
    least, most = (optimize.linprog(sign * aim, A_eq=rows, b_eq=known) for sign in (1, -1))
    return least.fun, np.inf if most.status == 3 else -most.fun


@pytest.mark.parametrize("seed", range(30))
def test_a_solver_learns_of_no_small_cell_more_than_a_wide_range(seed: int) -> None:
    draw = random.Random(seed)
    some = draw.choice([[0, 2, 5, 12, 90], [0, 0, 0, 1, 3, 15], [0, 1, 10, 11], [0, 3, 9, 10, 300]])
    width, height = draw.choice([2, 3, 4]), draw.choice([2, 3, 5])
    rows = [[draw.choice(some) for _ in range(width)] for _ in range(height)]
    shown, lines = printed(rows)
    for key, count in {(r, c): rows[r][c] for r in range(height) for c in range(width)}.items():
        if is_small(count):
            least, most = known_range(shown, lines, key)
            assert most - least > 10 - 1e-6, (rows, key)


def test_a_cell_between_zero_and_one_is_not_hidden_yet() -> None:
    # every line hides ten people or more, yet the lone 1 could only be 0 or 1
    shown, lines = printed([[0, 10, 11, 0], [10, 0, 11, 1], [11, 0, 10, 0]])
    least, most = known_range(shown, lines, (1, 3))
    assert most - least >= 10
