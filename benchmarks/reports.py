"""A campaign report of 55,000 students with hidden cells, its PDF, and a county of 107 schools."""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

from screening.models import Campaign
from screening.reports import pdf as report_pdf
from screening.reports.figures import Figures, Part, Taken
from screening.reports.region_figures import School, Stage, of_schools

STUDENTS = 55_000
KLASS_SIZE = 50
# a page answers within the flow of thought (1 s, Nielsen 1993), a file within twice that
FIGURES_S, PDF_S = 1.0, 2.0
SCHOOLS = 107


def people() -> list[Taken]:
    """Invented participation with a seed."""
    source = random.Random("reports")
    parts, weights = list(Part), (3, 4, 1, 5, 87)
    found = []
    for number in range(STUDENTS):
        part = source.choices(parts, weights)[0]
        valid = part is Part.VALID
        grade = f"G{number % 4}"
        klass = f"{grade} {number % (STUDENTS // KLASS_SIZE)}班"
        started = part not in {Part.DECLINED, Part.ABSENT}
        positive = valid and source.random() < 0.15
        found.append(Taken(number, part, grade, klass, "fm"[number % 2], started, positive))
    return found


def schools() -> list[School]:
    """A county of the size that begins: some large schools, many small ones."""
    source = random.Random("schools")
    found = []
    for number in range(SCHOOLS):
        counts = [source.choice((60, 240, 480, 1200))]
        for share in (0.99, source.choice((0.3, 0.95)), 0.95, 0.15):
            counts.append(round(counts[-1] * share * source.uniform(0.98, 1)))
        found.append(School(number, f"S{number}", "/1/", Stage.OVER, tuple(counts)))
    return found


def timed(name: str, limit: float, act: Callable[[], object]) -> bool:
    """Print the seconds beside the limit; whether they are within."""
    started = time.perf_counter()
    act()
    took = time.perf_counter() - started
    print(f"{name}\t{took:.2f} s\tlimit {limit:.0f} s")
    return took <= limit


def main() -> int:
    """Print the figures; exit 1 when one is beyond its limit."""
    bands = {"phq-9": Counter(minimal=30_000, mild=12_000, moderate=5_850)}
    everybody = people()
    figures = Figures(STUDENTS, STUDENTS, everybody, bands, {}, {})
    campaign = cast(Campaign, SimpleNamespace(name="X", school=SimpleNamespace(name="Y")))

    def page() -> None:
        shown = Figures(STUDENTS, STUDENTS, everybody, bands, {}, {})
        assert shown.reconciles
        for what in ("grade", "sex", "klass"):
            shown.by(what)

    within = [
        timed("figures with groups", FIGURES_S, page),
        timed("pdf", PDF_S, lambda: report_pdf.campaign_report(campaign, figures, "benchmark")),
        timed(f"county of {SCHOOLS} schools", FIGURES_S, lambda: of_schools("X", schools(), 10)),
    ]
    return int(not all(within))


if __name__ == "__main__":
    sys.exit(main())
