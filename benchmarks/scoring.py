"""Scoring speed on one core, beside what copying the same memory costs in the same run.

Each figure is the best of several rounds; the copy is measured between them, so that a busy machine
slows both. Copies and scores are written to memory that was written before: fresh pages are counted
in a line of their own. Layouts: "item-major" lies item by item in memory (what `prepare` keeps and a column
store gives), "row-major" sheet by sheet, so that it has to be turned first.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from instruments.library import catalogue
from instruments.matrix.room import Room
from instruments.matrix.score import score_matrix
from instruments.matrix.sources import prepare
from instruments.quality import sheet
from instruments.scoring import crisis, single

ROWS = 1_000_000
ROUNDS = 25


def once(action: Callable[[], object]) -> float:
    """Seconds of one run."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def best(action: Callable[[], object], rounds: int = 7) -> float:
    """Seconds of the fastest of several runs."""
    return min(once(action) for _ in range(rounds))


def answers(items: int, codes: tuple[int, ...], missing: float) -> np.ndarray:
    """Item-major answers at random."""
    rng = np.random.default_rng(20261122)
    sheets = np.asfortranarray(rng.integers(codes[0], codes[-1] + 1, (ROWS, items), np.int8))
    if missing:
        sheets[rng.random(sheets.shape, np.float32) < missing] = -1
    return sheets


def show(what: str, seconds: float, limit: float) -> None:
    """One line of the report."""
    sys.stdout.write(
        f"{what:<58}{seconds * 1e3:8.2f} ms {ROWS / seconds / 1e6:7.1f} M/s"
        f"{limit / seconds:7.0%} of the limit\n"
    )


def beside_copy(
    title: str, sheets: list[np.ndarray], ways: dict[str, Callable[[], object]]
) -> None:
    """Every way and the copy of the same bytes, in turns."""
    targets = [np.empty_like(each, order="F") for each in sheets]

    def copy() -> None:
        for target, source in zip(targets, sheets, strict=True):
            np.copyto(target, source)

    limit, spent = [], {name: [] for name in ways}
    for _ in range(ROUNDS):
        limit.append(once(copy))
        for name, way in ways.items():
            spent[name].append(once(way))
    size = sum(each.nbytes for each in sheets)
    sys.stdout.write(f"{title}\n")
    show(f"  limit: copy the same {size / 1e6:.0f} MB", min(limit), min(limit))
    for name, times in spent.items():
        show(f"  {name}", min(times), min(limit))


def two_short_forms() -> None:
    """PHQ-9 and GAD-7 with totals, bands, completeness and the item-9 flag."""
    phq, gad = catalogue.get("phq-9"), catalogue.get("gad-7")

    rooms = Room(ROWS), Room(ROWS)

    def read(first: object, second: object) -> object:
        depression = score_matrix(phq, first, room=rooms[0].again())
        anxiety = score_matrix(gad, second, room=rooms[1].again())
        critical = depression.flags["item9_suicidal_ideation"]
        bands = depression.bands["total"], anxiety.bands["total"]
        return bands, depression.complete, anxiety.complete, critical

    for share in (0.0, 0.02):
        first, second = answers(9, (0, 3), share), answers(7, (0, 3), share)
        ready = prepare(phq, first), prepare(gad, second)
        rows = [np.ascontiguousarray(each) for each in (first, second)]
        beside_copy(
            f"PHQ-9 + GAD-7: sums, bands, completeness, item 9; {share:.0%} missing",
            [first, second],
            {
                "item-major, every answer checked": lambda f=first, s=second: read(f, s),
                "item-major, checked before": lambda ready=ready: read(*ready),
                "row-major, every answer checked": lambda rows=rows: read(*rows),
            },
        )


def ten_scales() -> None:
    """Sixty items in ten sub-scales of six and a total."""
    form, kept = catalogue.get("mssmhs"), Room(ROWS)

    def add(sheets: object) -> object:
        return score_matrix(form, sheets, room=kept.again())

    def read(sheets: object, room: Room | None = None) -> object:
        scored = score_matrix(form, sheets, room=room or kept.again())
        return [scored.bands[name] for name in scored.bands]

    for share in (0.0, 0.02):
        sheets = answers(60, (1, 5), share)
        ready, rows = prepare(form, sheets), np.ascontiguousarray(sheets)
        beside_copy(
            f"60 items, 10 sub-scales and a total of all; {share:.0%} missing",
            [sheets],
            {
                "item-major, checked, sums": lambda s=sheets: add(s),
                "item-major, checked, sums and bands": lambda s=sheets: read(s),
                "item-major, checked before, sums": lambda r=ready: add(r),
                "item-major, checked before, sums and bands": lambda r=ready: read(r),
                "row-major, checked, sums and bands": lambda rows=rows: read(rows),
                "item-major, checked before, fresh pages": lambda r=ready: read(r, Room(ROWS)),
            },
        )


def one_sheet() -> None:
    """Latency of the single-sheet rules."""
    forms = [catalogue.get("phq-9"), catalogue.get("gad-7")]
    filled = [dict.fromkeys(form.item_ids, 1) for form in forms]
    pairs = list(zip(forms, filled, strict=True))
    repeat = 1000
    for name, work in (
        ("PHQ-9 and GAD-7, scored with reasons", lambda: [single.score(*each) for each in pairs]),
        ("crisis rule of one saved answer", lambda: crisis.assess(forms[0], "9", 1)),
        ("quality of both sheets", lambda: [sheet.sheet_quality(*each, 3.0) for each in pairs]),
    ):
        spent = best(lambda work=work: [work() for _ in range(repeat)]) / repeat
        sys.stdout.write(f"one sheet: {name:<45}{spent * 1e6:8.1f} us\n")
    sys.stdout.write("  (a peer application: 41 us for two scales)\n")


def start_up() -> None:
    """Start of the command with one sheet, and what importing the scoring path costs."""
    command = [sys.executable, "-m", "instruments", "score"]
    line = b'{"instrument": "phq-9", "answers": [0, 0, 0, 0, 0, 0, 0, 0, 0]}\n'
    spent = best(lambda: subprocess.run(command, input=line, check=True, capture_output=True), 15)
    bare = best(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), 15)
    sys.stdout.write(f"python -m instruments score: {spent:.3f} s (bare Python {bare:.3f} s)\n")
    for module in (
        "instruments.scoring.single, instruments.library.catalogue",
        "instruments.matrix.score",
    ):
        text = f"import {module}; print(open('/proc/self/status').read().split('VmHWM:')[1])"
        peak = subprocess.run([sys.executable, "-c", text], check=True, capture_output=True)
        code = f"import {module}"
        took = best(lambda c=code: subprocess.run([sys.executable, "-c", c], check=True), 7)
        memory = int(peak.stdout.split()[0]) / 1024
        sys.stdout.write(f"import {module}: {took - bare:.3f} s, {memory:.0f} MB at most\n")


if __name__ == "__main__":
    two_short_forms()
    ten_scales()
    one_sheet()
    start_up()
