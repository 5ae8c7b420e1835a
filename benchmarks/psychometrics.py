"""Prints what the statistics cost, and the peer's figure for the same numbers beside it.

Run: python -m benchmarks.psychometrics [--people 100000]. The R figures are those of the
reference measurement (psych 2.2.9, careless 1.2.2 on four EPYC cores); girth runs here.
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


def best(action: Callable[[], object], rounds: int = 3) -> float:
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
    options.add_argument("--people", type=int, default=100_000)
    n = options.parse_args().people
    draw = np.random.default_rng(2)
    x = simulate(scale(ITEMS), draw.normal(size=n), 3)
    short = x[:10_000, :9]
    model, y = fit(short), (x.sum(axis=1) + 20 * draw.normal(size=n) > 110).astype(float)
    sheet = {str(number): int(code) for number, code in enumerate(x[0, :9], start=1)}

    line("alpha and item statistics, 60", best(lambda: alpha(x)), n, "R psych::alpha 53 k/s")
    line("longstring, 60", best(lambda: longstring(x)), n, "R careless 37 k/s")
    line("IRV, 60", best(lambda: irv(x)), n, "R careless 98 k/s")
    line("Mahalanobis D2, 60", best(lambda: mahalanobis(x)), n, "R careless 29 k/s")
    line("ROC with DeLong", best(lambda: roc(y, x.sum(axis=1))), n, "")
    peer = best(lambda: grm_mml(short.T.astype(int)))
    line("GRM fit with errors, 9", best(lambda: fit(short)), 10_000, f"girth {peer * 1e3:.0f} ms")
    line("GRM EAP with SE, 9", best(lambda: eap(model, short)), 10_000, "")
    line("one sheet at submit", best(lambda: assess_sheet((0, 1, 2, 3), sheet, 3.0), 50), 1, "")


if __name__ == "__main__":
    main()
