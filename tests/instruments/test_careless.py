"""Indices of careless answering, by hand, by brute force and against random sheets."""

import itertools
from typing import Literal

import numpy as np
import pytest

from instruments.psychometrics.arrays import Floats
from instruments.quality.careless import (
    cutoffs,
    even_odd,
    guttman_normed,
    irv,
    longstring,
    mahalanobis,
    person_total,
    synonym_pairs,
    synonyms,
    within_person,
)
from instruments.quality.policy import Index, longest_run

NAN = np.nan


def sheets(n: int, items: int, seed: int, noise: float = 0.6) -> Floats:
    """Honest answers 0..3 of one trait."""
    draw = np.random.default_rng(seed)
    trait = draw.normal(size=(n, 1)) + np.linspace(-1, 1, items)
    return np.clip(np.round(1.5 + trait + noise * draw.normal(size=(n, items))), 0, 3)


def random_sheets(n: int, items: int, seed: int) -> Floats:
    return np.random.default_rng(seed).integers(0, 4, (n, items)).astype(float)


def test_longstring_by_hand() -> None:
    x = [[1, 1, 2, 2, 2], [0, 0, 0, 0, 1], [3, 3, NAN, 3, 3], [NAN] * 5]
    assert longstring(x).tolist() == [3, 4, 2, 0]
    assert longstring(x, minimum=0).tolist() == [3, 1, 2, 0]


@pytest.mark.parametrize("minimum", [None, 0])
def test_the_array_and_the_sheet_agree_on_longstring(minimum: int | None) -> None:
    x = random_sheets(200, 12, 4)
    expected = [longest_run([int(code) for code in row], minimum) for row in x]
    assert longstring(x, minimum).tolist() == expected


def test_irv_uses_n_minus_one_and_what_was_answered() -> None:
    found = irv([[1, 2, 3], [1, NAN, 3], [1, NAN, NAN], [2, 2, 2]])
    assert found == pytest.approx([1, 2**0.5, NAN, 0], nan_ok=True)


def test_mahalanobis_averages_to_the_number_of_items() -> None:
    x = sheets(500, 6, 1)
    x[0, 0] = NAN
    distance = mahalanobis(x)
    assert np.isnan(distance[0])
    assert np.nanmean(distance) == pytest.approx(6 * 498 / 499)


def test_dependent_items_have_no_distance() -> None:
    x = sheets(100, 4, 2)
    with pytest.raises(ValueError, match="dependent"):
        mahalanobis(np.column_stack([x, x[:, 0]]))


def test_even_odd_by_hand() -> None:
    person = [[1, 1, 3, 3, 2, 2], [1, 3, 3, 1, 2, 2], [2, 2, 2, 2, 2, 2]]
    scales = [[0, 1], [2, 3], [4, 5]]
    assert even_odd(person, scales) == pytest.approx([1, -1, NAN], nan_ok=True)
    with pytest.raises(ValueError, match="three scales"):
        even_odd(person, scales[:2])


def test_synonyms_tell_honest_from_random() -> None:
    honest = np.column_stack([sheets(300, 2, seed, noise=0.3) for seed in range(6)])
    assert len(synonym_pairs(honest, critical=0.5)[0]) == 6
    with_random = np.vstack([honest, random_sheets(5, 12, 3)])
    found = synonyms(with_random, critical=0.5)
    assert np.nanmedian(found[:300]) > 0.5
    assert np.isnan(synonyms(random_sheets(300, 5, 5))).all()


def test_person_total_is_negative_for_the_contrary() -> None:
    x = sheets(400, 8, 6)
    contrary = 3 - np.round(x.mean(axis=0))
    assert person_total(np.vstack([x, contrary]))[-1] < 0
    assert np.isnan(person_total(np.vstack([x, np.full(8, 2)]))[-1])


def brute_guttman(x: Floats, categories: int) -> list[float]:
    """Errors and their maximum by enumeration of every pattern with the same total."""
    steps = list(itertools.product(range(x.shape[1]), range(1, categories)))
    popularity = {step: int((x[:, step[0]] >= step[1]).sum()) for step in steps}
    order = sorted(steps, key=lambda step: -popularity[step])

    def errors(row: tuple[float, ...]) -> int:
        passed = [row[item] >= step for item, step in order]
        return sum(later and not early for early, later in itertools.combinations(passed, 2))

    every = list(itertools.product(range(categories), repeat=x.shape[1]))
    most = {sum(row): 0 for row in every}
    for row in every:
        most[sum(row)] = max(most[sum(row)], errors(row))
    return [errors(tuple(row)) / most[int(sum(row))] if most[int(sum(row))] else NAN for row in x]


def test_guttman_errors_equal_the_enumeration() -> None:
    x = np.vstack([sheets(60, 4, 7), [[0] * 4, [3] * 4]])
    assert guttman_normed(x, 4) == pytest.approx(brute_guttman(x, 4), nan_ok=True)


def test_random_sheets_make_more_guttman_errors() -> None:
    x = np.vstack([sheets(900, 10, 8), random_sheets(100, 10, 8)])
    found = guttman_normed(x, 4)
    assert np.nanmean(found[900:]) > np.nanmean(found[:900]) + 0.1
    x[0, 0] = NAN
    assert np.isnan(guttman_normed(x, 4)[0])


def test_cutoffs_come_from_the_tail_on_the_odd_side() -> None:
    values = np.arange(1000.0)
    limits = cutoffs({Index.GUTTMAN: values, Index.PERSON_TOTAL: values, Index.IRV: values[:50]})
    assert limits == {Index.GUTTMAN: pytest.approx(989.01), Index.PERSON_TOTAL: pytest.approx(9.99)}


@pytest.mark.parametrize("order", ["C", "F"])
def test_bytes_and_floats_give_the_same_figures(order: Literal["C", "F"]) -> None:
    x = sheets(3000, 8, 12)
    x[np.random.default_rng(12).random(x.shape) < 0.05] = NAN
    packed = np.where(np.isnan(x), -1, x).astype(np.int8, order=order)
    scales = [[0, 1], [2, 3, 4], [5, 6, 7]]
    for measure in (
        longstring,
        lambda each: longstring(each, 0),
        irv,
        mahalanobis,
        person_total,
        lambda each: synonyms(each, 0.3),
        lambda each: even_odd(each, scales),
        lambda each: guttman_normed(each, 4),
    ):
        assert measure(packed) == pytest.approx(measure(x), abs=1e-12, nan_ok=True)


def test_what_is_no_code_is_refused() -> None:
    for values in ([[0.5, 1]], [[-2, 1]], [[127, 1]], [[np.inf, 1]]):
        with pytest.raises(ValueError, match="whole codes"):
            longstring(values)
    with pytest.raises(ValueError, match="codes from 0 to 2"):
        guttman_normed([[0, 3], [1, 2]], 3)
    with pytest.raises(ValueError, match="people by items"):
        irv([1, 2, 3])


def test_halves_that_differ_by_rounding_only_have_no_consistency() -> None:
    halves = [[0.1, 0.2, 0.3], [1 / 3, 1 / 3, 1 / 3], [2, 2, 2], [1, 1, 1], [0, 1, 2], [2, 1, 0]]
    left = np.array(halves) * 3 - np.array(halves) * 2
    assert np.isnan(within_person(left[1:4], np.array([[0.0, 1, 2]] * 3))).all()


@pytest.mark.parametrize(
    "x",
    [
        np.zeros((0, 6)),
        np.full((30, 6), NAN),
        np.ones((30, 6)),
        np.ones((1, 6)),
        np.full((2, 6), 3.0),
        np.column_stack([sheets(30, 5, 1), np.full(30, NAN)]),
        np.ones((30, 1)),
        np.zeros((30, 0)),
    ],
    ids=["nobody", "blank", "alike", "one", "two", "blank item", "one item", "no item"],
)
def test_what_says_nothing_is_nan_without_a_warning(x: Floats) -> None:
    for measure in (irv, person_total, synonyms, lambda each: guttman_normed(each, 4)):
        assert len(measure(x)) == len(x)
    assert len(longstring(x)) == len(x)
    with pytest.raises(ValueError, match=r"complete rows|dependent"):
        mahalanobis(x)


def test_antonyms_of_an_honest_person_point_the_other_way() -> None:
    mirrored = np.column_stack(
        [half for seed in range(6) for half in _mirror(sheets(300, 1, seed, noise=0.1), seed)]
    )
    assert len(synonym_pairs(mirrored, critical=-0.5)[0]) == 6
    assert np.nanmedian(synonyms(mirrored, critical=-0.5)) < -0.5


def _mirror(x: Floats, seed: int) -> tuple[Floats, Floats]:
    noise = np.random.default_rng(seed).integers(0, 2, x.shape) * (x > 0)
    return x, 3 - x + noise
