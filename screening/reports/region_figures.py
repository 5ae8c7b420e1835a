"""What a county, a city or a province sees of its schools: counts that betray nobody (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from screening.reports.disclosure import Counts, Disclosed, Scheme, Shown, disclose, disclose_above

ENROLLED, ELIGIBLE, FINISHED, VALID, POSITIVE = range(5)
# a region chases participation first; positives before the finer steps
KEEP = (FINISHED, POSITIVE, VALID, ELIGIBLE)


class Stage(StrEnum):
    """How far a school has come in the school year."""

    NONE = "none"
    PLANNED = "planned"
    RUNNING = "running"
    OVER = "over"


@dataclass(frozen=True)
class School:
    """The true figures of one school; they never leave this module unhidden."""

    id: int
    name: str
    path: str
    stage: Stage
    counts: Counts


@dataclass(frozen=True)
class Place:
    """A row of the page: a school, or a region below; None = hidden."""

    id: int
    name: str
    is_school: bool
    schools: int
    not_started: int
    stage: Stage
    counts: Shown

    @property
    def started(self) -> bool:
        return self.stage in {Stage.RUNNING, Stage.OVER}

    @property
    def coverage(self) -> float | None:
        """Percent of the enrolled who took part; None = hidden."""
        return _percent(self.counts[FINISHED], self.counts[ENROLLED])

    @property
    def least(self) -> float | None:
        """The coverage that the printed counts leave no doubt about, where it is hidden."""
        known = [count for count in self.counts[VALID:] if count]
        return _percent(known[0], self.counts[ENROLLED]) if known else None

    @property
    def completion(self) -> float | None:
        """Percent of those who were to take part; None = hidden."""
        return _percent(self.counts[FINISHED], self.counts[ELIGIBLE])


def _percent(part: int | None, whole: int | None) -> float | None:
    return None if part is None or not whole else round(100 * part / whole, 1)


@dataclass(frozen=True)
class Region:
    """The rows in order, and their sum."""

    rows: tuple[Place, ...]
    total: Place


def of_schools(name: str, schools: Sequence[School], k: int) -> Region:
    """A county: its schools, those not started first, then the least covered, never by positives."""
    table = _disclosed(schools, k)
    rows = [
        _place(each.id, each.name, [each], shown, is_school=True)
        for each, shown in zip(schools, table.rows, strict=True)
    ]
    total = _place(0, name, schools, table.total)
    return Region(tuple(sorted(rows, key=_order)), total)


def of_regions(
    name: str, parts: Sequence[tuple[int, str, Mapping[int, Sequence[School]]]], k: int
) -> Region:
    """A city or a province: (id, name, schools by county) of each part.

    Every part shows here what it shows on its own page.
    """
    tables = [
        disclose_above([_disclosed(schools, k) for schools in counties.values()], _scheme(k))
        for _id, _name, counties in parts
    ]
    everybody = [
        [school for schools in counties.values() for school in schools] for *_, counties in parts
    ]
    rows = [
        _place(part[0], part[1], schools, table.total or (0,) * 5)
        for part, schools, table in zip(parts, everybody, tables, strict=True)
    ]
    whole = disclose_above(tables, _scheme(k))
    flat = [school for schools in everybody for school in schools]
    total = _place(0, name, flat, whole.total or (0,) * 5)
    return Region(tuple(sorted(rows, key=_order)), total)


def _scheme(k: int) -> Scheme:
    return Scheme(KEEP, k)


def _disclosed(schools: Sequence[School], k: int) -> Disclosed:
    return disclose([each.counts for each in schools], _scheme(k))


def _place(
    number: int,
    name: str,
    schools: Sequence[School],
    shown: Shown,
    *,
    is_school: bool = False,
) -> Place:
    stages = [each.stage for each in schools]
    begun = [stage for stage in stages if stage in {Stage.RUNNING, Stage.OVER}]
    waiting = Stage.PLANNED if Stage.PLANNED in stages else Stage.NONE
    stage = (Stage.RUNNING if Stage.RUNNING in begun else Stage.OVER) if begun else waiting
    return Place(
        id=number,
        name=name,
        is_school=is_school,
        schools=len(schools),
        not_started=len(stages) - len(begun),
        stage=stage,
        counts=shown,
    )


def _order(place: Place) -> tuple[bool, float, str]:
    # by printed figures only: an order by hidden ones would tell about them
    return place.started, 101.0 if place.coverage is None else place.coverage, place.name
