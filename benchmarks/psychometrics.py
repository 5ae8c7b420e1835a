"""Prints what the statistics cost, and beside it a peer or the limit, measured in the same run.

Run: python -m benchmarks.psychometrics [--people 1000000]. One core; answers lie as the scoring
has them, a byte each and item by item. The limit is a copy of the answers in memory; R figures
are those of the reference measurement (psych 2.2.9, careless 1.2.2 on four EPYC cores).
"""

import argparse
import os
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from girth import grm_mml

from instruments.psychometrics.ability import eap
from instruments.psychometrics.irt import GradedItem, fit, simulate
from instruments.psychometrics.reliability import alpha
from instruments.psychometrics.roc import roc
from instruments.quality.careless import irv, longstring, mahalanobis
from instruments.quality.policy import assess_sheet

ITEMS = 60
SHORT = 9


def best(action: Callable[[], object], rounds: int = 5) -> float:
    """Seconds of the fastest of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def line(name: str, seconds: float, people: int, peer: str) -> None:
    """One line of the table."""
    print(f"{name:34} {seconds * 1e3:10.2f} ms {people / seconds:14,.0f} /s   {peer}")


def scale(items: int) -> tuple[GradedItem, ...]:
    """Plausible parameters of a four-category form."""
    draw = np.random.default_rng(1)
    slopes = draw.uniform(1.0, 2.5, items)
    return tuple(
        GradedItem((0.0, 1.0, 2.0, 3.0), float(a), (0.8 * a, -0.6 * a, -1.7 * a)) for a in slopes
    )


def main() -> None:
    """Measure on simulated answers of the size asked for."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=1_000_000)
    n = options.parse_args().people
    draw = np.random.default_rng(2)
    theta = draw.normal(size=n)
    x = np.column_stack([simulate((item,), theta, 3 + at) for at, item in enumerate(scale(ITEMS))])
    packed = x.astype(np.int8, order="F")
    total = x.sum(axis=1)
    y = (total + 20 * draw.normal(size=n) > 110).astype(float)
    short = x[:10_000, :SHORT]
    nine, model = packed[:, :SHORT], fit(short)
    sheet = {str(number): int(code) for number, code in enumerate(x[0, :SHORT], start=1)}

    limit = best(lambda: packed.copy(order="K"))
    copy = f"copy of the answers {limit * 1e3:.1f} ms"
    numpy = best(lambda: np.cov(x, rowvar=False), 1)
    spread = best(lambda: x.std(axis=1, ddof=1), 1)
    girth = best(lambda: grm_mml(short.T.astype(int)), 2)
    line(
        "alpha and item statistics, 60",
        best(lambda: alpha(packed)),
        n,
        f"np.cov {numpy * 1e3:.0f} ms, R psych::alpha 53 k/s",
    )
    line("longstring, 60", best(lambda: longstring(packed)), n, f"{copy}, R careless 37 k/s")
    line("longstring above minimum, 60", best(lambda: longstring(packed, 0)), n, copy)
    line(
        "IRV, 60", best(lambda: irv(packed)), n, f"np.std {spread * 1e3:.0f} ms, R careless 98 k/s"
    )
    line(
        "Mahalanobis D2, 60",
        best(lambda: mahalanobis(packed)),
        n,
        f"np.cov alone {numpy * 1e3:.0f} ms, R careless 29 k/s",
    )
    line(
        "ROC with DeLong",
        best(lambda: roc(y, total)),
        n,
        f"one sort of the scores {best(lambda: np.sort(total)) * 1e3:.0f} ms",
    )
    line(
        "GRM fit with errors, 9",
        best(lambda: fit(short)),
        len(short),
        f"girth, no errors {girth * 1e3:.0f} ms",
    )
    line("GRM EAP with SE, 9", best(lambda: eap(model, nine), 2), n, "reference 4.7 M/s")
    line("one sheet at submit", best(lambda: assess_sheet((0, 1, 2, 3), sheet, 3.0), 50), 1, "")


if __name__ == "__main__":
    main()
