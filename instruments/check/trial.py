"""Tries a scale's own algorithm: it must find its numbers and give only what it declares."""

from collections.abc import Iterator
from random import Random

from instruments.library.definition import Definition
from instruments.library.fit import Complaint
from instruments.library.parts import Item, Value
from instruments.scoring.algorithms import ALGORITHMS
from instruments.scoring.single import Scored, score

SHEETS = 60


def check_algorithm(definition: Definition) -> Iterator[Complaint]:
    """What the algorithm lacks, or gives without having said so; the first of each."""
    algorithm = definition.algorithm
    if algorithm is None:
        return
    if algorithm.name not in ALGORITHMS:
        problem = f"algorithm {algorithm.name} does not exist"
        yield ("algorithm", "name"), problem, f"use one of {', '.join(ALGORITHMS)}"
        return
    names = [band for own in algorithm.bands.values() for band in own]
    for band in names:
        if band not in definition.band_names:
            yield ("algorithm", "bands"), f"band {band} has no name", "add it to [band_names]"
    yield from _try(definition)


def _try(definition: Definition) -> Iterator[Complaint]:
    try:
        results = [score(definition, answers) for answers in _sheets(definition)]
    except (KeyError, TypeError, ValueError) as broken:
        problem = f"the algorithm cannot run: {broken!r}"
        yield ("algorithm", "parameters"), problem, "compare the parameters with its source"
        return
    wrong = next(filter(None, (_undeclared(definition, each) for each in results)), "")
    if wrong:
        yield ("algorithm",), f"it gives {wrong}", "list it under [algorithm]"


def _sheets(definition: Definition) -> Iterator[dict[str, Value]]:
    """Nothing answered, the lowest, the highest, then the same random sheets at every check."""
    yield {}
    yield {item.id: _allowed(item)[0] for item in definition.items}
    yield {item.id: _allowed(item)[-1] for item in definition.items}
    chance = Random(definition.key)  # noqa: S311 - repeatable on purpose
    for _ in range(SHEETS):
        yield {item.id: chance.choice(_allowed(item)) for item in definition.items}


def _allowed(item: Item) -> tuple[int, ...]:
    if item.minimum is None or item.maximum is None:
        return item.codes
    return tuple(range(int(item.minimum), int(item.maximum) + 1))


def _undeclared(definition: Definition, scored: Scored) -> str:
    """A flag, class or score that the definition does not name."""
    algorithm = definition.algorithm
    own = algorithm.bands if algorithm else {}
    flags = {*(algorithm.flags if algorithm else ()), "invalid_too_many_missing"}
    flags |= {rule.flag for rule in definition.criticals if rule.flag}
    flags |= {f"critical_item_unanswered:{rule.item}" for rule in definition.criticals}
    flags |= {each.flag for each in definition.validity}
    flags |= {each.flag for each in definition.item_flags}
    cut = {rule.name for rule in definition.band_rules(None)}
    unknown = [flag for flag in scored.flags if flag not in flags]
    unknown += [key for key in scored.scores if key not in definition.score_keys]
    unknown += [key for key in definition.score_keys if key not in scored.scores]
    for name, band in scored.bands.items():
        if name not in cut and band is not None and band not in own.get(name, ()):
            unknown.append(f"{name} {band}")
    return ", ".join(unknown)
