"""What the statistics make of one table of answers, under the names of vectors/statistics.json."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from instruments.analysis.answers import Answers, Codes, Shape, keyed
from instruments.analysis.criterion import Plan, Section, compared, curve, two_steps, workload
from instruments.psychometrics.ability import eap, person_fit
from instruments.psychometrics.agreement import icc
from instruments.psychometrics.arrays import Floats, complete
from instruments.psychometrics.clusters import cluster_prevalence, intracluster
from instruments.psychometrics.dif import logistic_dif, mantel_haenszel, strata_table
from instruments.psychometrics.irt import Grm, fit
from instruments.psychometrics.norms import SMALLEST_CELL, Population, norms
from instruments.psychometrics.ordinal import ordinal_alpha
from instruments.psychometrics.prevalence import wilson
from instruments.psychometrics.reliability import (
    alpha,
    lambda2,
    omega_total,
    reliable_difference,
    split_half,
    standard_error,
)
from instruments.quality import careless


@dataclass(frozen=True)
class Questions:
    """What to analyse besides the answers; None or empty = not asked."""

    columns: tuple[int, ...]
    positive: float | None = None
    dif_item: int | None = None
    dif_cut: float | None = None
    strata: tuple[float, ...] = ()
    compare: tuple[int, ...] = ()
    scales: tuple[tuple[int, ...], ...] = ()
    irt: bool = False
    plan: Plan = field(default_factory=Plan)
    population: Population | None = None


class Skip(ValueError):
    """The part does not apply to the table; the sentence is the reason printed."""


class Analysis:
    """One table and its questions; every method is one section or raises ValueError."""

    def __init__(self, answers: Answers, shape: Shape, questions: Questions) -> None:
        """Key the answers once; the totals exist for rows complete in the analysed columns."""
        self.answers, self.shape, self.asked = answers, shape, questions
        self.all = keyed(answers.items, shape)
        self.x = self.all[:, [number - 1 for number in questions.columns]]
        self.whole = complete(self.x)
        self.total = np.where(self.whole, self.x.sum(axis=1, dtype=np.float64), np.nan)

    @cached_property
    def model(self) -> Grm:
        """The graded response model of the analysed items, fitted once."""
        if not self.asked.irt:
            raise Skip("no --irt")
        return fit(self.x)

    def grm(self) -> Section:
        """Parameters with their errors, and an EAP score for every row."""
        model, scores = self.model, eap(self.model, self.x)
        return {
            "codes": [item.codes for item in model.items],
            "a": [item.slope for item in model.items],
            "a_se": [item.slope_se for item in model.items],
            "b": [item.difficulty for item in model.items],
            "b_se": [item.difficulty_se for item in model.items],
            "loglik": model.loglik,
            "converged": model.converged,
            "eap": scores.theta,
            "eap_se": scores.se,
        }

    @property
    def items(self) -> Codes:
        """The complete rows."""
        return self.x[self.whole]

    def alpha(self) -> Section:
        """Alpha with its interval, and the item statistics."""
        found = alpha(self.items)
        return {
            "raw": found.raw,
            "std": found.standardised,
            "G6": found.lambda6,
            "feldt_lo": found.interval.low,
            "feldt_hi": found.interval.high,
            "r_drop": found.item_rest,
            "alpha_drop": found.if_deleted,
            "mean": found.mean,
            "sd": found.sd,
        }

    def omega(self) -> float:
        """Omega total of one factor."""
        return omega_total(self.items)

    def ordinal(self) -> float:
        """Alpha of the polychoric correlations."""
        return ordinal_alpha(self.items)

    def split_half(self) -> Section:
        """Odd against even items."""
        found = split_half(self.items)
        return {
            "r_odd_even": found.r,
            "spearman_brown": found.spearman_brown,
            "guttman_lambda4_oddeven": found.lambda4,
        }

    def lambda2(self) -> float:
        """Guttman's lambda 2."""
        return lambda2(self.items)

    def error(self, scale: Callable[[float, float], float]) -> float:
        """A figure of measurement error from the SD of the total and alpha."""
        reliability = alpha(self.items).raw
        return scale(float(self.total[self.whole].std(ddof=1)), reliability)

    def roc(self) -> Section:
        """The total against y."""
        return curve(*self._criterion())

    def compared(self) -> Section:
        """The total against the sum of the items of --compare."""
        y, score, short = self._short()
        return compared(y, score, short)

    def gate(self) -> Section:
        """What the cut-off would ask of a school."""
        return workload(*self._criterion(), self.asked.positive, self.asked.plan)

    def serial(self) -> Section:
        """The items of --compare first, the whole scale for those they find."""
        y, score, short = self._short()
        return two_steps(y, short, score, self.asked.positive, self.asked.plan)

    def _judged(self) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """The criterion, and who has both it and a total."""
        if self.answers.y is None:
            raise Skip("no column y")
        return self.answers.y, np.asarray(self.whole & np.isfinite(self.answers.y))

    def _criterion(self) -> tuple[Floats, Floats]:
        y, keep = self._judged()
        return y[keep], self.total[keep]

    def _short(self) -> tuple[Floats, Floats, Floats]:
        """The criterion, the total and the score of --compare of those who have all three."""
        if not self.asked.compare:
            raise Skip("no --compare")
        y, keep = self._judged()
        short = self.all[:, [number - 1 for number in self.asked.compare]]
        keep &= complete(short)
        return y[keep], self.total[keep], short[keep].sum(axis=1, dtype=np.float64)

    def norms(self) -> list[Section]:
        """Norms of everybody, and of each sex that is large enough."""
        if self.asked.population is None:
            raise Skip("no --population with --year")
        found = [_norms(self.total[self.whole], self.asked.population)]
        for place, level in enumerate(self.answers.sex_levels):
            here = self.total[self.whole & (self.answers.sex == place)]
            if len(here) >= SMALLEST_CELL:
                found.append(_norms(here, replace(self.asked.population, sex=level)))
        return found

    def _dif(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Item passed, rest score, total and group of the rows that have them all."""
        number = self.asked.dif_item
        if number is None:
            raise Skip("no --dif-item")
        if number not in self.asked.columns:
            raise Skip(f"item {number} is not in the analysed scale")
        if self.answers.sex is None or len(self.answers.sex_levels) != 2:
            raise Skip("needs a column sex with two values")
        cut = self.asked.dif_cut
        limit = sorted(self.shape.codes)[1] if cut is None else cut
        keep = self.whole & np.isfinite(self.answers.sex)
        item, total = self.all[keep, number - 1], self.total[keep]
        return (item >= limit).astype(float), total - item, total, self.answers.sex[keep]

    def mantel_haenszel(self) -> Section:
        """The item by sex over strata of the rest score."""
        passed, rest, _, group = self._dif()
        if not self.asked.strata:
            raise Skip("no --strata")
        found = mantel_haenszel(strata_table(passed, group, rest, self.asked.strata))
        return {
            "table": found.table.ravel(order="F").tolist(),
            "dim": found.table.shape,
            "common_or": found.odds_ratio,
            "chi2": found.chi2,
            "chi2_cc": found.chi2_corrected,
            "p": found.p,
            "delta": found.delta,
            "ci": found.interval,
            "ets": found.ets_class,
        }

    def logistic_dif(self) -> Section:
        """The item on the total, then sex, then their product."""
        passed, _, total, group = self._dif()
        found = logistic_dif(passed, total, group)
        return {
            "uniform_chi2": found.uniform_chi2,
            "total_chi2": found.total_chi2,
            "coef_m1": found.coefficients,
            "uniform_p": found.uniform_p,
            "total_p": found.total_p,
            "delta_r2": found.delta_r2,
            "size": found.size,
        }

    def prevalence(self) -> Section:
        """Share at or above the cut-off among the complete rows."""
        if self.asked.positive is None:
            raise Skip("no --positive")
        positive = self.total[self.whole] >= self.asked.positive
        found = {"x": int(positive.sum()), "n": len(positive)}
        return {**found, "wilson": wilson(found["x"], found["n"])}

    def by_school(self) -> Section:
        """The cluster-robust part of the prevalence."""
        if self.asked.positive is None:
            raise Skip("no --positive")
        if self.answers.school is None:
            raise Skip("no column school")
        school = np.array(self.answers.school)
        keep = self.whole & (school != "")
        positive = self.total[keep] >= self.asked.positive
        found = cluster_prevalence(positive, school[keep])
        return {
            "cluster_se": found.se,
            "deff": found.deff,
            "t_df": found.df,
            "cluster_ci": found.interval,
            "rho": intracluster(positive, school[keep]),
        }

    def icc(self) -> Section:
        """The total and the retest."""
        if self.answers.retest is None:
            raise Skip("no column retest")
        pair = np.column_stack([self.total, self.answers.retest])
        found = icc(pair[np.isfinite(pair).all(axis=1)])
        return {
            "ICC1": found.icc1,
            "ICC2": found.icc2,
            "ICC3": found.icc3,
            "ICC1_interval": [found.icc1_interval.low, found.icc1_interval.high],
            "ICC2_interval": [found.icc2_interval.low, found.icc2_interval.high],
            "ICC3_interval": [found.icc3_interval.low, found.icc3_interval.high],
            "pearson": found.pearson,
        }


def careless_sections(analysis: Analysis) -> dict[str, Callable[[], npt.ArrayLike]]:
    """Every index of careless answering for every row, by its printed name."""
    raw, low = analysis.answers.items, min(analysis.shape.codes)
    forward = analysis.all
    return {
        "longstring": lambda: careless.longstring(raw),
        "longstring_above_minimum": lambda: careless.longstring(raw, low),
        "irv": lambda: careless.irv(raw),
        "mahad_D2": lambda: careless.mahalanobis(raw),
        "person_total": lambda: careless.person_total(forward),
        "lz_star": lambda: person_fit(analysis.model, analysis.x).lz_star,
        "even_odd": lambda: _even_odd(forward, analysis.asked.scales),
        "psychsyn": lambda: _synonyms(raw, 0.60),
        "psychant": lambda: _synonyms(raw, -0.60),
        "guttman_normed": lambda: careless.guttman_normed(
            forward - low, _categories(analysis.shape.codes)
        ),
    }


def _even_odd(forward: Codes, scales: Sequence[Sequence[int]]) -> Floats:
    if not scales:
        raise Skip("needs an instrument of three scales or more")
    return careless.even_odd(forward, [[number - 1 for number in scale] for scale in scales])


def _synonyms(raw: Codes, critical: float) -> Floats:
    if len(careless.synonym_pairs(raw, critical)[0]) < 3:
        beyond = "above" if critical > 0 else "below"
        raise Skip(f"fewer than three item pairs correlate {beyond} {critical:.2f}")
    return careless.synonyms(raw, critical)


def _norms(scores: Floats, population: Population) -> Section:
    found = norms(scores.tolist(), population)
    return {
        **asdict(population),
        "n": found.n,
        "mean": found.mean,
        "sd": found.sd,
        "scores": [{"score": each, **asdict(found.standing(each))} for each in found.values],
    }


def _categories(codes: Sequence[int]) -> int:
    if max(codes) - min(codes) + 1 != len(codes):
        raise Skip("needs codes without gaps")
    return len(codes)


def analyse(answers: Answers, shape: Shape, questions: Questions) -> Section:
    """Every section that the table allows, and under `skipped` why the others are absent."""
    here = Analysis(answers, shape, questions)
    skipped: dict[str, str] = {}
    found = _attempt(
        {
            "alpha": here.alpha,
            "omega_total_1f": here.omega,
            "ordinal_alpha": here.ordinal,
            "split_half": here.split_half,
            "lambda2": here.lambda2,
            "sem": lambda: here.error(standard_error),
            "sdiff": lambda: here.error(lambda sd, r: reliable_difference(sd, r, z=1)),
            "rci_threshold_raw": lambda: here.error(reliable_difference),
            "roc": here.roc,
            "gate": here.gate,
            "serial": here.serial,
            "mh": here.mantel_haenszel,
            "logistic_dif": here.logistic_dif,
            "prevalence": here.prevalence,
            "icc": here.icc,
            "norms": here.norms,
            "grm": here.grm,
        },
        skipped,
        "",
    )
    for name, more, section in (
        ("roc", "compare", here.compared),
        ("prevalence", "school", here.by_school),
    ):
        if isinstance(part := found.get(name), dict):
            added = _attempt({more: section}, skipped, f"{name}.").get(more)
            part |= added if isinstance(added, dict) else {}
    found["careless"] = _attempt(careless_sections(here), skipped, "careless.")
    return {
        "n": len(here.x),
        "n_complete": int(here.whole.sum()),
        "items": questions.columns,
        "total": here.total,
        **found,
        "skipped": skipped,
    }


def _attempt(
    sections: Mapping[str, Callable[[], object]], skipped: dict[str, str], prefix: str
) -> Section:
    found: Section = {}
    for name, section in sections.items():
        try:
            found[name] = section()
        except ValueError as reason:
            skipped[prefix + name] = str(reason)
    return found
