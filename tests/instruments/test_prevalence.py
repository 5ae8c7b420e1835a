"""Prevalence and the interview load, against published arithmetic."""

import pytest

from instruments.psychometrics.prevalence import (
    Gate,
    design_effect,
    load,
    load_over,
    normal_quantile,
    parallel,
    serial,
    wilson,
)


def test_wilson_reproduces_r() -> None:
    assert wilson(60, 240) == pytest.approx((0.1994465391717, 0.308430420799), abs=1e-8)


def test_wilson_of_none_and_all_stays_inside_the_unit() -> None:
    assert wilson(0, 30).low == 0
    assert wilson(30, 30).high == 1
    assert wilson(0, 30).high == pytest.approx(1 - wilson(30, 30).low)


@pytest.mark.parametrize(("positive", "n"), [(0, 0), (3, 2), (-1, 5)])
def test_impossible_counts_are_refused(positive: int, n: int) -> None:
    with pytest.raises(ValueError, match="proportion"):
        wilson(positive, n)
    with pytest.raises(ValueError, match="level"):
        normal_quantile(1)


@pytest.mark.parametrize(
    ("gate", "prevalence", "flagged", "ppv"),
    [
        (Gate(0.895, 0.775), 0.02, 477, 0.075),
        (Gate(0.895, 0.775), 0.04, 504, 0.142),
        (Gate(0.72, 0.95), 0.08, 207, 0.556),
        (Gate(0.944, 0.825), 0.15, 581, 0.488),
        (Gate(0.95, 0.76), 0.04, 537, 0.142),
    ],
)
def test_the_table_of_the_reference_comes_out(
    gate: Gate, prevalence: float, flagged: int, ppv: float
) -> None:
    expected = load(gate, prevalence, 2000)
    assert expected.flagged == pytest.approx(flagged, abs=0.6)
    assert expected.ppv == pytest.approx(ppv, abs=0.0006)


def test_two_steps_in_series_flag_few_and_miss_more() -> None:
    both = serial(Gate(0.944, 0.825), Gate(0.895, 0.775))
    assert both.sensitivity == pytest.approx(0.845, abs=0.001)
    assert load(both, 0.04, 2000).flagged == pytest.approx(143, abs=0.6)
    assert load(both, 0.08, 2000).ppv == pytest.approx(0.65, abs=0.005)


def test_either_of_two_finds_more_and_spares_fewer() -> None:
    either = parallel(Gate(0.8, 0.9), Gate(0.5, 0.8))
    assert either == pytest.approx((0.9, 0.72))


def test_hours_follow_the_minutes_of_one_interview() -> None:
    loads = load_over(Gate(1, 1), [0.0, 0.1], 600, minutes=40)
    assert [one.hours for one in loads] == pytest.approx([0, 40])
    assert loads[0].ppv is None
    assert loads[1].npv == 1


def test_a_school_of_large_classes_needs_twice_the_sample() -> None:
    assert design_effect(45, 0.02) == pytest.approx(1.88)
    for gate, prevalence in [(Gate(1, 1), 2), (Gate(1.5, 1), 0.1), (Gate(1, float("nan")), 0.1)]:
        with pytest.raises(ValueError, match="between 0 and 1"):
            load(gate, prevalence, 10)
