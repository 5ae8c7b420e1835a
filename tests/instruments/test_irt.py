"""Simulated parameters come back, and another program's fit agrees."""

import girth
import numpy as np
import pytest

from instruments.psychometrics.ability import eap, information, map_theta, person_fit
from instruments.psychometrics.arrays import Floats
from instruments.psychometrics.irt import GradedItem, fit, simulate

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
