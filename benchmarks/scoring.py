"""Scoring speed on one core, beside what copying the same memory costs in the same run."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from instruments import catalogue, crisis, matrix, scoring

ROWS = 1_000_000


def best(action: Callable[[], object], rounds: int = 7) -> float:
    """Seconds of the fastest of several runs."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def answers(items: int, codes: tuple[int, ...], missing: float) -> np.ndarray:
    """Item-major answers at random."""
    rng = np.random.default_rng(20261122)
    sheets = np.asfortranarray(rng.integers(codes[0], codes[-1] + 1, (ROWS, items), np.int8))
    if missing:
        sheets[rng.random(sheets.shape, np.float32) < missing] = -1
    return sheets


def show(what: str, seconds: float, rows: int = ROWS) -> None:
    """One line of the report."""
    sys.stdout.write(f"{what:<66} {seconds * 1e3:9.2f} ms {rows / seconds / 1e6:9.1f} M sheets/s\n")


def copy_limit(*sheets: np.ndarray) -> None:
    """What moving the same bytes costs: read once, write once."""
    targets = [np.empty_like(each, order="F") for each in sheets]
    spent = best(lambda: [np.copyto(t, s) for t, s in zip(targets, sheets, strict=True)])
    size = sum(each.nbytes for each in sheets) * 2
    show(f"  limit: copy the same {size // 2 / 1e6:.0f} MB ({size / spent / 1e9:.1f} GB/s)", spent)


def two_short_forms() -> None:
    """PHQ-9 and GAD-7 with totals, bands, completeness and the item-9 flag."""
    phq, gad = catalogue.get("phq-9"), catalogue.get("gad-7")
    for share in (0.0, 0.02):
        first, second = answers(9, (0, 3), share), answers(7, (0, 3), share)

        def both(first: np.ndarray = first, second: np.ndarray = second) -> object:
            depression = matrix.score_matrix(phq, first)
            anxiety = matrix.score_matrix(gad, second)
            critical = depression.flags["item9_suicidal_ideation"]
            totals = [each.scores["total"].compact for each in (depression, anxiety)]
            return depression.bands, anxiety.bands, depression.complete, critical, totals

        show(f"PHQ-9 + GAD-7, every answer checked, {share:.0%} missing", best(both))
        copy_limit(first, second)


def ten_scales() -> None:
    """Sixty items in ten sub-scales of six and a total."""
    long_form = catalogue.get("mssmhs")
    for share in (0.0, 0.02):
        sheets = answers(60, (1, 5), share)
        show(
            f"60 items x 10 sub-scales + total, bands, {share:.0%} missing",
            best(lambda sheets=sheets: matrix.score_matrix(long_form, sheets)),
        )
        copy_limit(sheets)


def one_sheet() -> None:
    """Latency of the single-sheet rules."""
    phq = catalogue.get("phq-9")
    sheet = {str(item): 1 for item in range(1, 10)}
    repeat = 1000
    spent = best(lambda: [scoring.score(phq, sheet) for _ in range(repeat)]) / repeat
    asked = best(lambda: [crisis.assess(phq, "9", 1) for _ in range(repeat)]) / repeat
    sys.stdout.write(f"one PHQ-9 sheet: {spent * 1e6:.0f} us; crisis rule: {asked * 1e6:.1f} us\n")


def start_up() -> None:
    """Start of the command, with one sheet."""
    command = [sys.executable, "-m", "instruments", "score"]
    line = b'{"instrument": "phq-9", "answers": [0, 0, 0, 0, 0, 0, 0, 0, 0]}\n'
    spent = best(lambda: subprocess.run(command, input=line, check=True, capture_output=True))
    bare = best(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
    sys.stdout.write(f"python -m instruments score: {spent:.3f} s (bare Python {bare:.3f} s)\n")


if __name__ == "__main__":
    two_short_forms()
    ten_scales()
    one_sheet()
    start_up()
