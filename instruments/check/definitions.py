"""What a definition that reads well may still have wrong."""

from collections.abc import Iterator, Sequence

from instruments.check.reach import Values, reachable
from instruments.check.trial import check_algorithm
from instruments.library.definition import Definition
from instruments.library.fit import Complaint
from instruments.library.parts import Cut

MOST_ITEMS = 250  # unanswered items of a form are counted in one byte


def check_definition(definition: Definition, key: str, version: str) -> Iterator[Complaint]:
    """Every contradiction between the parts, and between the file and its place."""
    if (definition.key, definition.version) != (key, version):
        place = "key" if definition.key != key else "version"
        yield (place,), f"path says {key}/{version}", "make path and content equal"
    yield from _check_facts(definition)
    yield from _check_codes(definition)
    yield from _check_use(definition)
    yield from _check_bands(definition)
    yield from _check_limits(definition)
    yield from _check_critical(definition)
    yield from _check_licence(definition)
    yield from check_algorithm(definition)


def _check_facts(definition: Definition) -> Iterator[Complaint]:
    youngest, oldest = definition.minimum_age, definition.maximum_age
    if oldest is not None and oldest < youngest:
        yield ("age",), f"from {youngest} to {oldest}", "give the lower age first"
    shortest, longest = definition.minutes
    if not 0 < shortest <= longest:
        yield ("minutes",), f"from {shortest:g} to {longest:g}", "give the shorter time first"
    made = definition.provenance
    if bool(made.checked_by) != bool(made.checked_on):
        yield ("provenance", "checked_by"), "half a check", "give the name and the day"
    if made.checked_by and made.checked_by == made.authored_by:
        problem = f"{made.checked_by} wrote it and checked it"
        yield ("provenance", "checked_by"), problem, "a second person checks"


def _check_codes(definition: Definition) -> Iterator[Complaint]:
    codes = definition.items[0].codes
    if list(codes) != list(range(codes[0], codes[-1] + 1)):
        yield ("items", "codes"), f"codes {codes}", "codes rise by one from 0 or more"
    if len(definition.items) > MOST_ITEMS:
        problem = f"{len(definition.items)} items"
        yield ("items", "ids"), problem, f"split the form: at most {MOST_ITEMS} items are counted"


def _check_use(definition: Definition) -> Iterator[Complaint]:
    """Every item belongs to a score; an algorithm may read more after the last that does."""
    used = {item for scale in definition.scales for item in scale.items}
    ids = list(definition.item_ids)
    if definition.algorithm:
        last = max((ids.index(item) for item in used), default=-1)
        critical = {rule.item for rule in definition.criticals} if used else set()
        ids = [item for at, item in enumerate(ids) if at < last or item in critical]
    idle = [item for item in ids if item not in used]
    if idle:
        yield ("items", "ids"), f"items {', '.join(idle)} are in no scale", "add them to a scale"


def _check_bands(definition: Definition) -> Iterator[Complaint]:
    """Bands cover every score, each holds one, and each name is used."""
    reach = reachable(definition)
    used = {band for own in _own_bands(definition) for band in own}
    for cutset in definition.cutsets:
        for rule in cutset.bands:
            for cuts in rule.tables.values():
                used |= {cut.band for cut in cuts}
                for problem, remedy in _check_cuts(cuts, reach.get(rule.scale, ())):
                    yield ("cutsets", cutset.id, rule.name), problem, remedy
    for name in definition.band_names:
        if name not in used:
            yield ("band_names", name), f"band {name} is nowhere used", "take it out"


def _own_bands(definition: Definition) -> Iterator[tuple[str, ...]]:
    if definition.algorithm:
        yield from definition.algorithm.bands.values()


def _check_cuts(cuts: Sequence[Cut], values: Values) -> Iterator[tuple[str, str]]:
    if cuts[0].start < 0:
        yield f"band {cuts[0].band} begins below 0", "let the first band begin at the lowest score"
    if not values:
        return
    if cuts[0].start > values[0]:
        problem = f"scores from {values[0]:g} to {cuts[0].start} have no band"
        yield problem, "let the first band begin at the lowest score"
    ends = [*(cut.start for cut in cuts[1:]), None]
    for cut, end in zip(cuts, ends, strict=True):
        if cut.start > values[-1]:
            problem = f"band {cut.band} begins above {values[-1]:g}"
            yield problem, "compare the bounds with the source"
        elif not any(cut.start <= value and (end is None or value < end) for value in values):
            yield f"no score reaches band {cut.band}", "compare the bounds with the source"


def _check_limits(definition: Definition) -> Iterator[Complaint]:
    """Flags that some sheets raise and others do not."""
    reach = reachable(definition)
    for rule in definition.validity:
        values = reach.get(rule.scale, ())
        if values and not values[0] < rule.at_least <= values[-1]:
            problem = f"{rule.flag} from {rule.at_least} is always or never raised"
            yield ("validity", "at_least"), problem, f"use {values[0] + 1:g} to {values[-1]:g}"
    codes = definition.items[0].codes
    for each in definition.item_flags:
        if not codes[0] <= each.at_most < codes[-1]:
            problem = f"{each.flag} up to {each.at_most} is always or never raised"
            yield ("item_flags", "at_most"), problem, f"use {codes[0]} to {codes[-1] - 1}"


def _check_critical(definition: Definition) -> Iterator[Complaint]:
    flags = [rule.flag for rule in definition.criticals]
    for rule in definition.criticals:
        item = definition.by_id[rule.item]
        if rule.at_least not in item.codes or rule.at_least == item.codes[0]:
            problem = f"item {rule.item} is critical from {rule.at_least}, which is no step of it"
            yield ("critical", "at_least"), problem, f"use a code above {item.codes[0]}"
        if rule.flag and flags.count(rule.flag) > 1:
            yield (
                ("critical", "flag"),
                f"two items raise {rule.flag}",
                "give each a flag of its own",
            )
        if definition.sensitive is None or rule.item not in definition.sensitive.items:
            problem = f"critical item {rule.item} has no gate"
            yield ("sensitive", "items"), problem, "list it under [sensitive]"


def _check_licence(definition: Definition) -> Iterator[Complaint]:
    licence, place = definition.licence, ("licence", "class")
    if licence.code == "D" and not licence.record_required:
        yield place, "class D without a dated record", "add record_required = true"
    if licence.pack and licence.code != "B":
        problem = f"class {licence.code} has no pack"
        yield ("licence", "pack"), problem, "take pack out, or use class B"
