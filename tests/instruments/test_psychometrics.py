"""What the vectors do not reach: limits, refusals and published side facts."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import optimize

from instruments.library import catalogue
from instruments.psychometrics.agreement import icc
from instruments.psychometrics.arrays import Floats, moments
from instruments.psychometrics.clusters import cluster_prevalence, intracluster
from instruments.psychometrics.dif import (
    logistic_dif,
    logit,
    mantel_haenszel,
    strata_table,
)
from instruments.psychometrics.ordinal import bivariate_normal, ordinal_alpha, polychoric
from instruments.psychometrics.reliability import (
    Change,
    alpha,
    omega_total,
    one_factor,
    reliable_change,
    reliable_difference,
    split_half,
    standard_error,
)
from instruments.psychometrics.roc import best_cut, bootstrap_cut, compare, cut_for_specificity, roc
from instruments.quality.policy import Index
from instruments.quality.sheet import lie_rule, sheet_quality


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def likert(n: int, rho: float, seed: int, items: int = 2) -> Floats:
    """Ordered answers 0..3 behind which normal variables correlate rho."""
    common = rng(seed).normal(size=(n, 1)) * rho**0.5
    own = rng(seed + 1).normal(size=(n, items)) * (1 - rho) ** 0.5
    return np.digitize(common + own, [0.0, 0.8, 1.5]).astype(float)


def test_one_factor_recovers_its_loadings() -> None:
    truth = np.array([0.5, 0.6, 0.7, 0.8])
    correlations = np.outer(truth, truth)
    np.fill_diagonal(correlations, 1)
    found = one_factor(correlations)
    assert found.loadings == pytest.approx(truth, abs=1e-7)
    assert found.omega == pytest.approx(2.6**2 / correlations.sum(), abs=1e-7)


def test_reliable_change_of_the_reference() -> None:
    assert reliable_difference(5, 0.84) == pytest.approx(5.54, abs=0.01)
    with pytest.raises(ValueError, match="reliability"):
        standard_error(5, 1.2)


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        (18, 8, Change.RECOVERED),
        (24, 15, Change.IMPROVED),
        (11, 9, Change.UNCHANGED),
        (8, 15, Change.DETERIORATED),
    ],
)
def test_below_the_cut_alone_is_not_recovered(before: float, after: float, outcome: Change) -> None:
    assert reliable_change(before, after, difference=5.5, cut=10) is outcome


def test_polychoric_finds_what_pearson_understates() -> None:
    x = likert(20_000, 0.5, 1)
    assert polychoric(x[:, 0], x[:, 1]) == pytest.approx(0.5, abs=0.02)
    assert np.corrcoef(x.T)[0, 1] < 0.46


def test_the_bivariate_normal_integral_at_known_points() -> None:
    zero = np.zeros(1)
    for rho in (-0.9, 0.0, 0.3, 0.99):
        expected = 0.25 + np.arcsin(rho) / (2 * np.pi)
        assert bivariate_normal(zero, zero, rho)[0, 0] == pytest.approx(expected, abs=1e-9)


def test_ordinal_alpha_is_above_raw_alpha_for_few_categories() -> None:
    x = likert(3000, 0.4, 2, items=5)
    expected = 5 * 0.4 / (1 + 4 * 0.4)
    assert ordinal_alpha(x) == pytest.approx(expected, abs=0.03)
    assert ordinal_alpha(x) > alpha(x).raw
    with pytest.raises(ValueError, match="at most 40"):
        ordinal_alpha(likert(50, 0.4, 2, items=41))


def test_constant_and_missing_items_are_refused() -> None:
    x = likert(50, 0.5, 3, items=3)
    x[:, 0] = 1
    with pytest.raises(ValueError, match="same answer"):
        alpha(x)
    x[0, 0] = np.nan
    with pytest.raises(ValueError, match="missing"):
        omega_total(x)


def test_perfect_agreement_and_none() -> None:
    same = np.array([[1, 1], [2, 2], [5, 5]])
    assert icc(same).icc3 == 1
    with pytest.raises(ValueError, match="differ"):
        icc(np.array([[1, 2], [1, 2], [1, 2]]))


def test_a_shift_lowers_absolute_agreement_only() -> None:
    first = rng(4).normal(size=200)
    shifted = np.column_stack([first, first + 2 + 0.1 * rng(5).normal(size=200)])
    found = icc(shifted)
    assert found.icc3 > 0.98
    assert found.icc2 < 0.5


def test_the_area_counts_ties_as_half() -> None:
    assert roc([0, 0, 1, 1], [1, 2, 2, 3]).auc == pytest.approx(3.5 / 4)


def test_the_bootstrap_interval_repeats_and_holds_the_cut() -> None:
    y = rng(6).random(400) < 0.2
    score = np.round(10 + 4 * y + 4 * rng(7).normal(size=400))
    interval = bootstrap_cut(y, score).threshold
    assert interval == bootstrap_cut(y, score).threshold
    assert interval.low <= best_cut(y, score).threshold <= interval.high


def test_sensitivity_at_a_fixed_specificity() -> None:
    y, score = [0, 0, 0, 0, 1, 1, 1, 1], [1, 2, 3, 6, 4, 5, 6, 7]
    cut = cut_for_specificity(y, score, 0.75)
    assert cut is not None
    assert (cut.threshold, cut.sensitivity, cut.specificity) == (3.5, 1.0, 0.75)
    strict = cut_for_specificity(y, score, 1.0)
    assert strict is not None
    assert strict.sensitivity == 0.25


def test_a_criterion_without_cases_is_refused() -> None:
    with pytest.raises(ValueError, match="two people"):
        roc([0, 0, 0], [1, 2, 3])
    with pytest.raises(ValueError, match="0 or 1"):
        roc([0, 2, 1], [1, 2, 3])
    with pytest.raises(ValueError, match="alike"):
        compare([0, 0, 1, 1], [1, 2, 3, 4], [2, 4, 6, 8])


def test_an_item_that_favours_one_group_is_found_by_both_methods() -> None:
    trait, group = rng(8).normal(size=4000), np.arange(4000) % 2
    score = np.round(10 + 4 * trait)
    item = rng(9).random(4000) < 1 / (1 + np.exp(-(1.5 * trait + 1.2 * group)))
    table = np.zeros((2, 2, 3), dtype=np.int64)
    np.add.at(table, (group, item.astype(int), np.digitize(score, [8, 12])), 1)
    assert mantel_haenszel(table).ets_class == "C"
    found = logistic_dif(item, score, group)
    assert found.uniform_p < 1e-10
    assert found.delta_r2 > 0.03


def test_separation_and_empty_margins_are_refused() -> None:
    with pytest.raises(ValueError, match="no finite estimate"):
        logit([0, 0, 1, 1], [[1, 2, 3, 4]])
    with pytest.raises(ValueError, match="empty margin"):
        mantel_haenszel(np.array([[[5], [0]], [[5], [0]]]))


def test_alike_schools_have_no_design_effect_and_unlike_ones_do() -> None:
    school = np.repeat(np.arange(20), 50)
    alike = rng(10).random(1000) < 0.2
    unlike = rng(11).random(1000) < np.where(school < 10, 0.05, 0.5)
    assert cluster_prevalence(alike, school).deff < 2
    assert cluster_prevalence(unlike, school).deff > 5
    assert intracluster(unlike, school) > 0.15
    for values, schools, words in [
        (alike, np.zeros(1000), "two schools"),
        (np.zeros(1000), school, "alike"),
    ]:
        with pytest.raises(ValueError, match=words):
            cluster_prevalence(values, schools)


def test_the_lie_scale_of_a_key_becomes_the_rule() -> None:
    rule = lie_rule(catalogue.get("mht"))
    assert rule is not None
    assert (rule.code, rule.at_least) == (1, 7)
    assert "82" in rule.items
    assert lie_rule(catalogue.get("phq-9")) is None


def test_a_library_sheet_is_judged_in_form_order() -> None:
    mht = catalogue.get("mht")
    everything = {item.id: 1 for item in reversed(mht.items)}
    report = sheet_quality(mht, everything, 0.4)
    assert report.ask_retest
    found = {reason.index for reason in report.reasons}
    assert found == {Index.TIME_PER_ITEM, Index.LONGSTRING, Index.LIE}


@pytest.mark.parametrize("key", catalogue.keys())
def test_every_scale_can_be_judged_unanswered(key: str) -> None:
    assert not sheet_quality(catalogue.get(key), {}).reasons


def test_intraclass_correlations_of_shrout_and_fleiss_with_their_intervals() -> None:
    # Shrout & Fleiss 1979, table 2; coefficients and limits as psych::ICC prints them
    ratings = np.array(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    )
    found = icc(ratings)
    assert [found.icc1, found.icc2, found.icc3] == pytest.approx([0.17, 0.29, 0.71], abs=0.006)
    for interval, low, high in (
        (found.icc1_interval, -0.133, 0.72),
        (found.icc2_interval, 0.019, 0.76),
        (found.icc3_interval, 0.342, 0.95),
    ):
        assert interval.low == pytest.approx(low, abs=0.0006)
        assert interval.high == pytest.approx(high, abs=0.006)


def test_the_interval_of_absolute_agreement_holds_the_truth_about_as_often_as_it_says() -> None:
    # An approximation (Satterthwaite): with few occasions a little below its level.
    draw = np.random.default_rng(11)
    held = []
    for _ in range(400):
        people, occasions = draw.normal(0, 2, (60, 1)), draw.normal(0, 1, (1, 5))
        found = icc(people + occasions + draw.normal(0, 1, (60, 5))).icc2_interval
        held.append(found.low <= 4 / 6 <= found.high)
    assert 0.87 <= np.mean(held) <= 0.98


NAN = float("nan")
CRITERION = np.repeat([0, 1], 20)


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (lambda: roc(CRITERION, np.where(CRITERION, NAN, 1.0)), "score is missing"),
        (lambda: roc(CRITERION, [1.0, 2.0]), "same people"),
        (lambda: best_cut(CRITERION, np.ones(40)), "all scores are equal"),
        (lambda: bootstrap_cut(CRITERION, np.ones(40)), "scores are equal"),
        (lambda: compare(CRITERION, CRITERION, np.ones(40)), "no variance"),
        (lambda: strata_table([0, 1], [0, 1], [1, NAN], [2]), "matching score is missing"),
        (lambda: strata_table([0, 2], [0, 1], [1, 1], [2]), "0 or 1"),
        (lambda: logistic_dif(CRITERION, np.arange(40.0) % 7, np.ones(40)), "never varies"),
        (lambda: logistic_dif(CRITERION, np.full(40, NAN), CRITERION), "no gaps"),
        (lambda: cluster_prevalence([1, NAN, 0], [1, 2, 3]), "for everybody"),
        (lambda: cluster_prevalence([1, 0, 1, 0], [1, 1, 2, 2]), "same share"),
        (lambda: cluster_prevalence([], []), "two schools"),
        (lambda: intracluster([1, 1, 1, 1], [1, 1, 2, 2]), "alike"),
        (lambda: alpha([[0, 3], [1, 2], [3, 0], [2, 1]]), "total is the same"),
        (lambda: split_half([[0, 3], [1, 2], [3, 0], [2, 1]]), "the same in every row"),
        (lambda: polychoric([0, 1, 2, 3] * 9, [0, 1, 2, 3] * 9), "never contradict"),
        (lambda: standard_error(5, -0.2), "reliability"),
        (lambda: reliable_change(NAN, 3, 5.5, 10), "missing"),
    ],
)
def test_what_has_no_value_is_refused_in_words(figure: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        figure()


def test_perfect_separation_has_an_area_but_no_interval() -> None:
    found = roc(CRITERION, CRITERION * 10 + np.arange(40) / 100)
    assert found.auc == 1
    assert np.isnan(found.interval).all()
    narrow = roc([0] * 6 + [1] * 6, [1, 2, 3, 4, 5, 7, 6, 8, 9, 10, 11, 12])
    assert narrow.interval.high == 1
    assert 0 < narrow.interval.low < narrow.auc < 1


def test_items_that_depend_on_each_other_have_no_lambda_6() -> None:
    x = likert(200, 0.5, 3, items=3)
    assert np.isnan(alpha(np.column_stack([x, x.sum(axis=1)])).lambda6)
    few = likert(4, 0.5, 3, items=6)
    assert np.isnan(alpha(few[:, few.var(axis=0) > 0]).lambda6)


def test_bytes_and_floats_have_the_same_moments() -> None:
    x = likert(5000, 0.5, 3, items=5)
    plain, packed = alpha(x), alpha(x.astype(np.int8))
    assert packed.raw == pytest.approx(plain.raw, abs=1e-13)
    assert packed.item_rest == pytest.approx(plain.item_rest, abs=1e-13)
    assert alpha(x + 1e6).raw == pytest.approx(plain.raw, abs=1e-9)
    with pytest.raises(ValueError, match="missing"):
        alpha(np.where(x == 3, -1, x).astype(np.int8))
    expected = np.cov(x, rowvar=False)
    assert moments(x).covariance == pytest.approx(expected, abs=1e-12)


def test_many_different_scores_are_cut_as_well() -> None:
    draw = rng(12)
    y = (draw.random(50_000) < 0.1).astype(float)
    score = draw.normal(size=50_000) + y
    cut = best_cut(y, score)
    assert cut.sensitivity == (score[y == 1] > cut.threshold).mean()
    assert cut.specificity == (score[y == 0] < cut.threshold).mean()
    assert cut.ppv == pytest.approx(y[score > cut.threshold].mean())
    assert cut.npv == pytest.approx(1 - y[score < cut.threshold].mean())


def test_nagelkerke_and_the_tests_equal_a_likelihood_that_a_solver_climbs() -> None:
    draw = rng(13)
    score, group = draw.normal(size=300), draw.integers(0, 2, 300).astype(float)
    item = (draw.random(300) < 1 / (1 + np.exp(-(score + 0.8 * group)))).astype(float)

    def highest(*columns: Floats) -> float:
        x = np.column_stack([np.ones(300), *columns])
        found = optimize.minimize(
            lambda beta: np.logaddexp(0, x @ beta).sum() - item @ (x @ beta),
            np.zeros(x.shape[1]),
            tol=1e-12,
        )
        return -float(found.fun)

    none, plain = highest(), highest(score)
    uniform, crossed = highest(score, group), highest(score, group, score * group)
    top = 1 - np.exp(2 * none / 300)
    expected = (np.exp(2 * (none - plain) / 300) - np.exp(2 * (none - crossed) / 300)) / top
    found = logistic_dif(item, score, group)
    assert found.uniform_chi2 == pytest.approx(2 * (uniform - plain), abs=1e-6)
    assert found.total_chi2 == pytest.approx(2 * (crossed - plain), abs=1e-6)
    assert found.delta_r2 == pytest.approx(expected, abs=1e-8)


def test_delong_equals_every_pair_counted() -> None:
    draw = rng(14)
    y = (draw.random(120) < 0.3).astype(float)
    first, second = (np.round(2 * draw.normal(size=120) + 2 * y) for _ in range(2))

    def pairs(score: Floats) -> Floats:
        cases, controls = score[y == 1][:, None], score[y == 0][None, :]
        return np.asarray((cases > controls) + 0.5 * (cases == controls))

    def variance(table: Floats) -> float:
        by_case, by_control = table.mean(axis=1), table.mean(axis=0)
        return float(by_case.var(ddof=1) / len(by_case) + by_control.var(ddof=1) / len(by_control))

    one, other = pairs(first), pairs(second)
    assert roc(y, first).auc == pytest.approx(one.mean(), abs=1e-12)
    assert roc(y, first).variance == pytest.approx(variance(one), abs=1e-12)
    z = (one.mean() - other.mean()) / variance(one - other) ** 0.5
    assert compare(y, first, second).z == pytest.approx(z, abs=1e-9)


def test_lambda_6_is_what_regressions_of_each_item_leave_unexplained() -> None:
    x = likert(400, 0.5, 15, items=5)
    left = 0.0
    for item in range(5):
        others = np.column_stack([np.ones(400), np.delete(x, item, axis=1)])
        rest = x[:, item] - others @ np.linalg.lstsq(others, x[:, item], rcond=None)[0]
        left += rest.var() / x[:, item].var()
    assert alpha(x).lambda6 == pytest.approx(1 - left / np.corrcoef(x.T).sum(), abs=1e-10)
