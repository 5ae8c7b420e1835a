"""Norms carry their population and refuse to stand on a handful."""

import pytest

from instruments.psychometrics.norms import Norms, Population, TooSmall, norms

CITY = Population("junior high", "demo city", 2026, sex="f", grade="7")


@pytest.fixture(name="uniform")
def uniform_norms() -> Norms:
    return norms([score for score in range(20) for _ in range(10)], CITY)


def test_small_cells_are_refused() -> None:
    with pytest.raises(TooSmall, match="99 people"):
        norms([float(score) for score in range(99)], CITY)
    with pytest.raises(ValueError, match="same score"):
        norms([1.0] * 100, CITY)


def test_the_percentile_is_the_mid_point(uniform: Norms) -> None:
    assert uniform.percentile(0) == pytest.approx(5 / 200)
    assert uniform.percentile(9) == pytest.approx(95 / 200)
    assert uniform.percentile(9.5) == pytest.approx(0.5)


def test_the_ends_stay_off_zero_and_one(uniform: Norms) -> None:
    assert uniform.percentile(-5) == pytest.approx(0.5 / 200)
    assert uniform.percentile(99) == pytest.approx(1 - 0.5 / 200)


def test_t_and_stanine_of_the_middle_are_fifty_and_five(uniform: Norms) -> None:
    middle = uniform.standing(9.5)
    assert (middle.t_linear, middle.t_normalised, middle.stanine) == pytest.approx((50, 50, 5))


def test_stanines_follow_the_published_shares() -> None:
    table = norms([float(score) for score in range(1000)], CITY)
    shares = [0] * 9
    for score in range(1000):
        shares[table.standing(score).stanine - 1] += 1
    assert shares == [40, 70, 120, 170, 200, 170, 120, 70, 40]


def test_linear_t_keeps_the_shape_and_normalised_t_does_not() -> None:
    skewed = norms([float(score**3) for score in range(100)], CITY)
    high = skewed.standing(99.0**3)
    assert high.t_linear == pytest.approx(50 + 10 * (99**3 - skewed.mean) / skewed.sd)
    assert high.t_normalised == pytest.approx(75.76, abs=0.01)


def test_old_norms_say_so(uniform: Norms) -> None:
    old = Norms(Population("adults", "cn", 1986), *(uniform.values, uniform.counts), 9.5, 5.8)
    assert old.is_old(2026)
    assert not uniform.is_old(2026)
    assert uniform.n == 200


def test_missing_scores_are_refused(uniform: Norms) -> None:
    with pytest.raises(ValueError, match="missing"):
        norms([1.0, float("nan")] * 60, CITY)
    with pytest.raises(ValueError, match="stands nowhere"):
        uniform.standing(float("nan"))
