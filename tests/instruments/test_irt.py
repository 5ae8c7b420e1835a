"""Simulated parameters come back, and another program's fit agrees."""

import itertools

import girth
import numpy as np
import pytest
from scipy import integrate, stats

from instruments.psychometrics.ability import eap, information, map_theta, person_fit
from instruments.psychometrics.arrays import Floats
from instruments.psychometrics.irt import GradedItem, Grm, fit, probabilities, simulate

CODES = (0.0, 1.0, 2.0, 3.0)


def scale(seed: int, items: int = 6) -> tuple[GradedItem, ...]:
    draw = np.random.default_rng(seed)
    slopes = draw.uniform(1.0, 2.5, items)
    middle = np.array([-0.8, 0.6, 1.7])
    hard = np.sort(draw.normal(0, 0.3, (items, 3)) + middle, axis=1)
    return tuple(
        GradedItem(CODES, float(a), tuple((-a * b).tolist()))
        for a, b in zip(slopes, hard, strict=True)
    )


def people(seed: int, n: int) -> Floats:
    return np.random.default_rng(1000 + seed).normal(size=n)


def test_simulated_parameters_are_within_two_standard_errors_over_fifty_seeds() -> None:
    within = []
    for seed in range(50):
        truth = scale(seed)
        model = fit(simulate(truth, people(seed, 700), seed), tolerance=1e-4)
        assert model.converged
        for item, here in zip(truth, model.items, strict=True):
            within.append(abs(item.slope - here.slope) <= 2 * here.slope_se)
            pairs = zip(item.difficulty, here.difficulty, here.difficulty_se, strict=True)
            within += [abs(a - b) <= 2 * se for a, b, se in pairs]
    assert len(within) == 50 * 6 * 4
    assert np.mean(within) >= 0.93


@pytest.mark.filterwarnings("ignore")
def test_girth_finds_the_same_parameters() -> None:
    answers = simulate(scale(3), people(3, 3000), 3)
    model = fit(answers)
    peer = girth.grm_mml(answers.T.astype(int))
    slopes = [item.slope for item in model.items]
    assert slopes == pytest.approx(peer["Discrimination"].tolist(), rel=0.02)
    assert np.array([item.difficulty for item in model.items]) == pytest.approx(
        peer["Difficulty"], abs=0.03
    )


def test_scores_follow_ability_and_know_their_error() -> None:
    truth, theta = scale(5, 9), people(5, 2000)
    answers = simulate(truth, theta, 5)
    model = fit(answers)
    scores = eap(model, answers)
    assert np.corrcoef(scores.theta, theta)[0, 1] > 0.9
    error = np.sqrt(((scores.theta - theta) ** 2).mean())
    assert error == pytest.approx(np.sqrt((scores.se**2).mean()), rel=0.05)


def test_missing_answers_widen_the_error_and_none_leaves_the_prior() -> None:
    answers = simulate(scale(6), people(6, 500), 6)
    model = fit(answers)
    gaps = answers.copy()
    gaps[:, 3:] = np.nan
    assert (eap(model, gaps).se > eap(model, answers).se).mean() > 0.95
    empty = eap(model, np.full((1, 6), np.nan))
    assert empty.theta[0] == pytest.approx(0, abs=1e-9)
    assert empty.se[0] == pytest.approx(1, abs=1e-4)
    assert map_theta(model, np.full((1, 6), np.nan))[0] == 0


def test_gaps_at_random_do_not_bias_the_fit() -> None:
    answers = simulate(scale(7), people(7, 3000), 7)
    holes = np.random.default_rng(7).random(answers.shape) < 0.1
    model, gappy = fit(answers), fit(np.where(holes, np.nan, answers))
    for whole, part in zip(model.items, gappy.items, strict=True):
        assert part.slope == pytest.approx(whole.slope, abs=4 * whole.slope_se)


def known(seed: int, items: int) -> Grm:
    """A model whose parameters are the truth, not an estimate."""
    return Grm(scale(seed, items), 0.0, iterations=0, converged=True, n=0)


def every_pattern(items: int) -> Floats:
    return np.array(list(itertools.product(CODES, repeat=items)))


def test_scores_are_those_of_direct_quadrature() -> None:
    model = known(12, 4)
    patterns = every_pattern(4)[::17]
    scores = eap(model, patterns)
    for row, theta, se in zip(patterns, scores.theta, scores.se, strict=True):

        def weight(at: float, power: int = 0, row: Floats = row) -> float:
            chances = [
                probabilities(item, np.array([at]))[0][int(code)]
                for item, code in zip(model.items, row, strict=True)
            ]
            return float(at**power * stats.norm.pdf(at) * np.prod(chances))

        whole, first, second = (
            integrate.quad(weight, -9, 9, args=(power,), epsabs=1e-12)[0] for power in (0, 1, 2)
        )
        assert theta == pytest.approx(first / whole, abs=1e-6)
        assert se == pytest.approx((second / whole - (first / whole) ** 2) ** 0.5, abs=1e-6)


def test_person_fit_is_the_enumeration_of_all_patterns() -> None:
    """Mean, variance and covariance with the score of log P(pattern), pattern by pattern."""
    model = known(13, 3)
    patterns = every_pattern(3)
    found, thetas = person_fit(model, patterns), map_theta(model, patterns)
    for place in range(0, len(patterns), 5):
        theta, step = thetas[place], 1e-5
        logs = np.array(
            [_log_chances(model, patterns, theta + shift) for shift in (0, step, -step)]
        )
        chances, score = np.exp(logs[0]), (logs[1] - logs[2]) / (2 * step)
        off = logs[0] - chances @ logs[0]
        slope = (chances @ (score * off)) / (chances @ score**2)
        assert found.lz[place] == pytest.approx(off[place] / (chances @ off**2) ** 0.5, abs=1e-6)
        rest = off - slope * score
        star = (off[place] - slope * theta) / (chances @ rest**2) ** 0.5
        assert found.lz_star[place] == pytest.approx(star, abs=1e-6)
        assert score[place] == pytest.approx(theta, abs=1e-6)  # the MAP estimate: r0 = -theta


def _log_chances(model: Grm, patterns: Floats, theta: float) -> Floats:
    every = [np.log(probabilities(item, np.array([theta]))[0]) for item in model.items]
    return np.array([sum(e[int(c)] for e, c in zip(every, row, strict=True)) for row in patterns])


@pytest.mark.parametrize(("items", "lean"), [(9, 0.22), (20, 0.15), (60, 0.1)])
def test_honest_people_follow_the_standard_normal_the_closer_the_longer_the_form(
    items: int, lean: float
) -> None:
    model = known(items, items)
    star = person_fit(model, simulate(model.items, people(items, 8000), items)).lz_star
    assert abs(star.mean()) < lean
    assert 0.9 < star.std() < 1.03
    assert 0.036 < (star < -1.645).mean() < 0.058


def test_information_is_highest_where_the_thresholds_are() -> None:
    model = fit(simulate(scale(8), people(8, 1000), 8))
    low, middle, high = information(model, np.array([-4.0, 0.5, 5.0]))
    assert middle > low
    assert middle > high


def test_honest_people_fit_and_random_ones_do_not() -> None:
    truth = scale(9, 20)
    honest = simulate(truth, people(9, 2000), 9)
    model = fit(honest)
    random = np.random.default_rng(9).integers(0, 4, (500, 20)).astype(float)
    star = person_fit(model, honest).lz_star
    assert abs(star.mean()) < 0.25
    assert 0.85 < star.std() < 1.1
    assert (star < -1.65).mean() < 0.08
    assert (person_fit(model, random).lz_star < -1.65).mean() > 0.9
    assert np.isnan(person_fit(model, np.full((1, 20), np.nan)).lz_star).all()


def test_a_code_nobody_chose_has_no_threshold() -> None:
    answers = simulate(scale(10), people(10, 500), 10)
    answers[answers[:, 0] == 2, 0] = 3
    model = fit(answers)
    assert model.items[0].codes == (0.0, 1.0, 3.0)
    assert len(model.items[0].difficulty) == 2


def test_too_little_is_refused() -> None:
    with pytest.raises(ValueError, match="50 people"):
        fit(np.zeros((10, 4)))
    with pytest.raises(ValueError, match="same answer"):
        fit(np.zeros((60, 4)))
    answers = simulate(scale(11), people(11, 300), 11)
    with pytest.raises(ValueError, match="repeats another"):
        fit(np.column_stack([answers, answers[:, 0]]))
