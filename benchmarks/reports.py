"""A campaign report of 55,000 students: its tables with hidden cells, and the PDF."""

import random
import time
from collections import Counter
from types import SimpleNamespace
from typing import cast

from screening import report_pdf
from screening.models import Campaign
from screening.report_figures import Figures, Part, Taken

STUDENTS = 55_000
KLASS_SIZE = 50
# a person waits for the page and the file: the limit of attention (Nielsen 1993)
LIMIT_S = 10.0


def people() -> list[Taken]:
    """Invented participation with a seed."""
    source = random.Random("reports")
    parts, weights = list(Part), (3, 4, 1, 5, 87)
    found = []
    for number in range(STUDENTS):
        part = source.choices(parts, weights)[0]
        valid = part is Part.VALID
        grade = f"G{number % 4}"
        klass = f"{grade} {number % (STUDENTS // KLASS_SIZE)}"
        started = part not in {Part.DECLINED, Part.ABSENT}
        positive = valid and source.random() < 0.15
        found.append(Taken(number, part, grade, klass, "fm"[number % 2], started, positive))
    return found


def main() -> None:
    """Print seconds beside the limit."""
    started = time.perf_counter()
    bands = {"phq-9": Counter(minimal=30_000, mild=12_000, moderate=5_850)}
    figures = Figures(STUDENTS, STUDENTS, people(), bands, {}, {})
    made = time.perf_counter()
    campaign = cast(Campaign, SimpleNamespace(name="X", school=SimpleNamespace(name="Y")))
    content = report_pdf.campaign_report(campaign, figures, "benchmark")
    ended = time.perf_counter()
    print(f"figures\t{made - started:.2f} s\tlimit {LIMIT_S:.0f} s")
    print(f"pdf\t{ended - made:.2f} s\t{len(content) // 1024} KB\tlimit {LIMIT_S:.0f} s")


if __name__ == "__main__":
    main()
