"""Which values a score can take on complete sheets."""

from collections.abc import Mapping, Sequence

from instruments.library.definition import Definition
from instruments.library.parts import Derived, Number, Operation, Scale
from instruments.scoring.single import derived_score, scale_value

Values = Sequence[Number]


def reachable(definition: Definition) -> Mapping[str, Values]:
    """The values of each score in rising order; a score that is no plain sum is left out."""
    codes = definition.items[0].codes
    found: dict[str, Values] = {s.key: _of_scale(s, codes) for s in definition.scales}
    for derived in definition.derived:
        values = _of_derived(derived, found)
        if values:
            found[derived.key] = values
    return found


def _of_scale(scale: Scale, codes: Sequence[int]) -> Values:
    items = len(scale.items)
    if scale.operation is Operation.COUNT:
        return range(items + 1)
    totals = range(codes[0] * items, codes[-1] * items + 1)
    return sorted({scale_value(scale, total, items) for total in totals})


def _of_derived(derived: Derived, known: Mapping[str, Values]) -> Values:
    """Every value over one score; over several whole ones all between the ends; else unknown."""
    names = [name for name, _ in derived.terms]
    if derived.divisor or any(name not in known for name in names):
        return ()
    if len(names) == 1:
        values = [derived_score(derived, {names[0]: value}) for value in known[names[0]]]
        return sorted(value for value in values if value is not None)
    if any(isinstance(value, float) for name in names for value in known[name]):
        return ()
    ends = [
        derived_score(derived, {n: known[n][-1 if (f > 0) is up else 0] for n, f in derived.terms})
        for up in (False, True)
    ]
    low, high = (int(end or 0) for end in ends)
    return range(low, high + 1) if derived.multiply == 1 else (low, high)
