"""What a campaign will ask of the counselors before it is opened (reference/instruments.md 3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True)
class Accuracy:
    """Sensitivity and specificity of a cut in a named population, each 0..1."""

    sensitivity: float
    specificity: float


@dataclass(frozen=True)
class Load:
    """Expected numbers for one prevalence: flags, predictive values 0..1, hours of interviews."""

    prevalence: float
    flagged: int
    ppv: float | None
    npv: float | None
    hours: float


# PHQ-9 at 11 in 13-17 year olds: Richardson 2010 (instruments.md source 4)
PHQ9_ADOLESCENT = Accuracy(0.895, 0.775)
PREVALENCES = (0.02, 0.04, 0.08, 0.15)


def expected(
    students: int,
    minutes: float,
    accuracy: Accuracy = PHQ9_ADOLESCENT,
    prevalences: Sequence[float] = PREVALENCES,
) -> list[Load]:
    """Expected interview load for each prevalence of the range.

    PPV = se p / (se p + (1 - sp)(1 - p)), NPV = sp (1 - p) / (sp (1 - p) + (1 - se) p).
    """
    return [_load(students, minutes, accuracy, p) for p in prevalences]


def _load(students: int, minutes: float, accuracy: Accuracy, p: float) -> Load:
    true, false = accuracy.sensitivity * p, (1 - accuracy.specificity) * (1 - p)
    missed, clear = (1 - accuracy.sensitivity) * p, accuracy.specificity * (1 - p)
    share = true + false
    flagged = ceil(students * share - 1e-9)
    return Load(
        prevalence=p,
        flagged=flagged,
        ppv=true / share if share else None,
        npv=clear / (clear + missed) if clear + missed else None,
        hours=round(flagged * minutes / 60, 1),
    )
