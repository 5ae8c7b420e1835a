"""Quality indices that need everybody's answers: a campaign is judged by its own sheets.

All of them are of the family "consistency": they see one thing, so none of them asks for a second
sheet without a witness of another kind (time, pattern, validity items). Limits come from the
campaign's own answers; where the literature has one too, the one that suspects fewer stands.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from instruments.library.definition import Definition, Value
from instruments.library.parts import Item
from instruments.psychometrics.ability import person_fit
from instruments.psychometrics.arrays import Floats, complete
from instruments.psychometrics.irt import fit
from instruments.quality import careless
from instruments.quality.policy import DEFAULT_POLICY, HIGH_IS_ODD, Index, Policy

CAMPAIGN_WIDE = frozenset(
    {
        Index.EVEN_ODD,
        Index.SYNONYMS,
        Index.PERSON_TOTAL,
        Index.GUTTMAN,
        Index.PERSON_FIT,
        Index.MAHALANOBIS,
    }
)
LEAST_SHEETS = 100  # a tail of a handful says nothing (careless.cutoffs)
LEAST_ITEMS = 7  # a correlation within fewer answers is noise
LEAST_SCALES = 5  # even-odd: Curran 2016, Meade and Craig 2012 use long batteries
FITTED = 2_000  # sheets that suffice for the parameters of the response model
# Every tenth sheet may be careless (Meade and Craig 2012): a tail of 1 % lies among those and
# misses most of them. At 5 % a second, independent witness keeps the chance of asking in vain low.
UNUSUAL = 0.05
MOST_FITTED_ITEMS = 30  # longer forms have other witnesses enough

Answers = Mapping[str, Value]


def campaign_indices(definition: Definition, sheets: Sequence[Answers]) -> dict[Index, Floats]:
    """Each index that this form and this many sheets allow: one value a sheet, NaN for none."""
    items = _items(definition)
    if len(sheets) < LEAST_SHEETS or len(items) < LEAST_ITEMS:
        return {}
    x = np.array([[_keyed(item, sheet.get(item.id)) for item in items] for sheet in sheets])
    if complete(x).sum() < LEAST_SHEETS:
        return {}
    found: dict[Index, Floats] = {}
    for index, measure in _measures(definition, items).items():
        try:
            values = measure(x)
        except ValueError:
            continue  # nobody varied, or the items depend on each other: the index says nothing
        if np.isfinite(values).any():
            found[index] = values
    return found


def _items(definition: Definition) -> list[Item]:
    """Coded items of the scales, without those that only ask whether one tells the truth."""
    lies = {rule.scale for rule in definition.validity}
    members = {item for scale in definition.scales if scale.key not in lies for item in scale.items}
    return [item for item in definition.items if item.id in members and not item.measured]


def _keyed(item: Item, value: Value) -> float:
    return np.nan if value is None else float(item.keyed(value))


def _measures(
    definition: Definition, items: Sequence[Item]
) -> Mapping[Index, Callable[[Floats], Floats]]:
    low, high = items[0].codes[0], items[0].codes[-1]
    measures: dict[Index, Callable[[Floats], Floats]] = {
        Index.PERSON_TOTAL: careless.person_total,
        Index.SYNONYMS: careless.synonyms,
        Index.GUTTMAN: lambda x: careless.guttman_normed(x - low, high - low + 1),
        Index.MAHALANOBIS: careless.mahalanobis,
    }
    scales = subscales(definition, [item.id for item in items])
    if len(scales) >= LEAST_SCALES:
        measures[Index.EVEN_ODD] = lambda x: careless.even_odd(x, scales)
    if len(items) <= MOST_FITTED_ITEMS:
        measures[Index.PERSON_FIT] = _lz_star
    return measures


def subscales(definition: Definition, ids: Sequence[str]) -> list[list[int]]:
    """Columns of each sub-scale of at least two items, each item in the first that holds it."""
    taken: set[str] = set()
    found = []
    for scale in sorted(definition.scales, key=lambda each: len(each.items)):
        own = [item for item in scale.items if item in ids]
        if taken.isdisjoint(own) and 2 <= len(own) < len(ids):
            found.append([ids.index(item) for item in own])
            taken.update(own)
    return found


def _lz_star(x: Floats) -> Floats:
    step = max(1, len(x) // FITTED)
    return person_fit(fit(x[::step], tolerance=1e-3), x).lz_star


def campaign_policy(
    measured: Mapping[Index, Floats], policy: Policy = DEFAULT_POLICY, share: float = UNUSUAL
) -> Policy:
    """The policy with this campaign's own limits: its most unusual `share` by each index."""
    limits = dict(policy.limits)
    for index, own in careless.cutoffs(measured, share, LEAST_SHEETS).items():
        known = limits.get(index, own)
        limits[index] = max(known, own) if index in HIGH_IS_ODD else min(known, own)
    return replace(policy, limits=limits)


def measured_of(measured: Mapping[Index, Floats], place: int) -> dict[Index, float | None]:
    """The values of one sheet, None where it has none."""
    values: Mapping[Index, Any] = {index: column[place] for index, column in measured.items()}
    return {index: float(v) if np.isfinite(v) else None for index, v in values.items()}
