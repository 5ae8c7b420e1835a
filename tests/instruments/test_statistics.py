"""Every figure of R that the vectors hold comes out of NumPy and SciPy."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from instruments.psychometrics.agreement import icc
from instruments.psychometrics.clusters import cluster_prevalence, intracluster
from instruments.psychometrics.dif import logistic_dif, mantel_haenszel, strata_table
from instruments.psychometrics.prevalence import wilson
from instruments.psychometrics.reliability import (
    alpha,
    lambda2,
    omega_total,
    reliable_difference,
    split_half,
    standard_error,
)
from instruments.psychometrics.roc import best_cut, compare, roc
from instruments.quality.careless import irv, longstring, mahalanobis

R: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "statistics.json").read_text(encoding="utf-8")
)
X = np.array(R["X"], dtype=float)
Y, SEX, SCHOOL = (np.array(R[name]) for name in ("y", "sex", "school"))
TOTAL = X.sum(axis=1)


def near(expected: object) -> object:
    """Equal to 1e-8, absolute or relative, whichever is larger."""
    return pytest.approx(expected, rel=1e-8, abs=1e-8)


def test_the_totals_are_the_row_sums() -> None:
    assert TOTAL.tolist() == R["total"]


def test_alpha_and_item_statistics() -> None:
    here, there = alpha(X), R["alpha"]
    assert here.raw == near(there["raw"])
    assert here.standardised == near(there["std"])
    assert here.lambda6 == near(there["G6"])
    assert here.interval == near((there["feldt_lo"], there["feldt_hi"]))
    assert here.item_rest == near(tuple(there["r_drop"]))
    assert here.if_deleted == near(tuple(there["alpha_drop"]))
    assert here.mean == near(tuple(there["mean"]))
    assert here.sd == near(tuple(there["sd"]))


def test_omega_of_one_factor() -> None:
    assert omega_total(X) == pytest.approx(R["omega_total_1f"], abs=1e-6)


def test_split_half_and_guttman() -> None:
    here, there = split_half(X), R["split_half"]
    assert here.r == near(there["r_odd_even"])
    assert here.spearman_brown == near(there["spearman_brown"])
    assert here.lambda4 == near(there["guttman_lambda4_oddeven"])
    assert lambda2(X) == near(R["lambda2"])


def test_error_of_measurement_and_reliable_change() -> None:
    sd, r = float(TOTAL.std(ddof=1)), alpha(X).raw
    assert standard_error(sd, r) == near(R["sem"])
    assert reliable_difference(sd, r, z=1) == near(R["sdiff"])
    assert reliable_difference(sd, r) == near(R["rci_threshold_raw"])


def test_roc_with_delong_and_youden() -> None:
    here, there = roc(Y, TOTAL), R["roc"]
    assert here.auc == near(there["auc"])
    assert here.variance == near(there["var"])
    assert here.interval == near((there["ci"][0], there["ci"][2]))
    cut = best_cut(Y, TOTAL)
    assert cut.threshold == there["best"]["threshold"]
    assert cut.sensitivity == near(there["best"]["sensitivity"])
    assert cut.specificity == near(there["best"]["specificity"])
    assert cut.youden + 1 == near(there["best"]["youden"])
    assert cut.ppv == near(there["best"]["ppv"])
    assert cut.npv == near(there["best"]["npv"])


def test_delong_paired() -> None:
    short = X[:, :3].sum(axis=1)
    there = R["roc"]
    here = compare(Y, TOTAL, short)
    assert roc(Y, short).auc == near(there["auc2"])
    assert here.z == near(there["delong_z"])
    assert here.p == near(there["delong_p"])


def test_mantel_haenszel() -> None:
    there = R["mh"]
    table = strata_table(X[:, 7] >= 1, SEX, TOTAL - X[:, 7], [2, 5, 9])
    assert table.ravel(order="F").tolist() == there["table"]
    here = mantel_haenszel(table)
    assert here.odds_ratio == near(there["common_or"])
    assert here.chi2 == near(there["chi2"])
    assert here.chi2_corrected == near(there["chi2_cc"])
    assert here.p == near(there["p"])
    assert here.delta == near(there["delta"])
    assert here.interval == near(tuple(there["ci"]))
    assert here.ets_class == "A"


def test_logistic_dif() -> None:
    here, there = logistic_dif(X[:, 7] >= 1, TOTAL, SEX), R["logistic_dif"]
    assert here.uniform_chi2 == near(there["uniform_chi2"])
    assert here.total_chi2 == near(there["total_chi2"])
    assert here.coefficients == near(tuple(there["coef_m1"]))
    assert here.size == "A"


def test_prevalence_by_school() -> None:
    positive, there = TOTAL >= 12, R["prevalence"]
    assert int(positive.sum()) == there["x"]
    assert wilson(there["x"], there["n"]) == near(tuple(there["wilson"]))
    here = cluster_prevalence(positive, SCHOOL)
    assert here.se == near(there["cluster_se"])
    assert here.deff == near(there["deff"])
    assert here.df == there["t_df"]
    assert here.interval.low < here.p < here.interval.high
    assert -0.1 < intracluster(positive, SCHOOL) < 0.1


def test_intraclass_correlations() -> None:
    here, there = icc(np.column_stack([TOTAL, R["retest"]])), R["icc"]
    assert here.icc1 == near(there["ICC1"])
    assert here.icc2 == near(there["ICC2"])
    assert here.icc3 == near(there["ICC3"])
    assert here.pearson == near(there["pearson"])
    assert here.icc1_interval.low < here.icc1 < here.icc1_interval.high


def test_careless_indices() -> None:
    there = R["careless"]
    assert longstring(X)[:20].tolist() == there["longstring"]
    assert irv(X)[:20].tolist() == near(there["irv"])
    assert mahalanobis(X)[:20].tolist() == near(there["mahad_D2"])
