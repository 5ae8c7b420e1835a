"""Small errors in a key, one at a time: what a typing mistake in a definition would be."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from instruments.library.reading import item_ids

Table = dict[str, Any]
Mutant = tuple[str, Table]

# Scores that skip values (percent in fours, doubled sums, 1.25 x raw) need a wider step.
STEPS = {"who-5": 4, "dass-21": 2, "sds": 2, "sas-zung": 2}


def _with(table: Table, change: Callable[[Table], object]) -> Table:
    changed = copy.deepcopy(table)
    change(changed)
    return changed


def turned_items(table: Table) -> Iterator[Mutant]:
    """Every item turned the other way (measured fields have no direction)."""
    items = table["items"]
    reverse = [str(each) for each in items.get("reverse", [])]
    scored = {each for scale in table.get("scales", []) for each in item_ids(scale["items"])}
    for each in item_ids(items["ids"]):
        if each in scored:
            turned = [*reverse, each] if each not in reverse else [r for r in reverse if r != each]
            yield (
                f"item {each} turned",
                _with(table, lambda t, n=turned: t["items"].update(reverse=n)),
            )


def moved_codes(table: Table) -> Iterator[Mutant]:
    """One code more or less, or all of them from another base."""
    codes = table["items"]["codes"]
    for what, changed in (
        ("one code more", [*codes, codes[-1] + 1]),
        ("one code less", codes[:-1]),
        ("another base", [code + 1 for code in codes]),
    ):
        yield what, _with(table, lambda t, n=changed: t["items"].update(codes=n))


def lost_and_foreign_items(table: Table) -> Iterator[Mutant]:
    """A form with an item more."""
    ids = [*item_ids(table["items"]["ids"]), "extra"]
    yield "an item more", _with(table, lambda t: t["items"].update(ids=ids))


def moved_cuts(table: Table) -> Iterator[Mutant]:
    """Every lower bound but the lowest, one up and one down."""
    size = STEPS.get(table["key"], 1)
    for at, cutset in enumerate(table.get("cutsets", [])):
        for rule_at, rule in enumerate(cutset.get("bands", [])):
            for choice, cuts in (rule["cuts"] if rule.get("by") else {None: rule["cuts"]}).items():
                for band in list(cuts)[1:]:
                    for step in (size, -size):
                        changed = copy.deepcopy(table)
                        place = changed["cutsets"][at]["bands"][rule_at]["cuts"]
                        (place[choice] if choice else place)[band] += step
                        yield f"{cutset['id']} {rule['name']} {band} {step:+}", changed


def swapped_bands(table: Table) -> Iterator[Mutant]:
    """The two lowest bands of every rule change their names."""
    for at, cutset in enumerate(table.get("cutsets", [])):
        for rule_at, rule in enumerate(cutset.get("bands", [])):
            tables = rule["cuts"] if rule.get("by") else {None: rule["cuts"]}
            for choice, cuts in tables.items():
                first, second, *rest = cuts
                swapped = {second: cuts[first], first: cuts[second], **{b: cuts[b] for b in rest}}
                changed = copy.deepcopy(table)
                place = changed["cutsets"][at]["bands"][rule_at]
                if choice:
                    place["cuts"][choice] = swapped
                else:
                    place["cuts"] = swapped
                yield f"{cutset['id']} {rule['name']} {first} and {second} swapped", changed


def lost_includes(table: Table) -> Iterator[Mutant]:
    """A cut-set without one of those it includes."""
    for at, cutset in enumerate(table.get("cutsets", [])):
        for out in cutset.get("includes", []):
            rest = [name for name in cutset["includes"] if name != out]
            change = {"includes": rest}
            yield (
                f"{cutset['id']} without {out}",
                _with(table, lambda t, n=change, a=at: t["cutsets"][a].update(n)),
            )


def moved_limits(table: Table) -> Iterator[Mutant]:
    """One unanswered item more, or one less, than the rule allows; the other counting."""
    for at, scale in enumerate(table.get("scales", [])):
        missing = scale["missing"]
        for step in (1, -1) if missing["method"] != "strict" else (1,):
            changed = copy.deepcopy(table)
            rule = changed["scales"][at]["missing"]
            rule["allowed"] = rule.get("allowed", 0) + step
            if rule["method"] == "strict":
                rule["method"] = "prorate"
                changed["scales"][at].setdefault("rounding", "half_up")
            if rule["allowed"] < len(item_ids(scale["items"])):
                yield f"{scale['key']} allows {step:+}", changed
        if missing["method"] != "strict":
            other = "zero" if missing["method"] == "prorate" else "prorate"
            change = {"method": other}
            yield (
                f"{scale['key']} {other}",
                _scale_with(table, at, {"missing": {**missing, **change}, "rounding": "half_up"}),
            )


def _scale_with(table: Table, at: int, change: Table) -> Table:
    return _with(table, lambda t: t["scales"][at].update(change))


def moved_members(table: Table) -> Iterator[Mutant]:
    """Every item taken out of every scale, and one of each scale exchanged for a foreign one."""
    every = item_ids(table["items"]["ids"])
    for at, scale in enumerate(table.get("scales", [])):
        members = list(item_ids(scale["items"]))
        for each in members:
            if len(members) > 1:
                rest = [m for m in members if m != each]
                yield f"{scale['key']} without {each}", _scale_with(table, at, {"items": rest})
        foreign = [each for each in every if each not in members]
        for each in foreign[:1] + foreign[-1:]:
            more = {"items": [*members, each]}
            yield f"{scale['key']} with {each}", _scale_with(table, at, more)
            other = {"items": [*members[1:], each]}
            yield f"{scale['key']} {each} for {members[0]}", _scale_with(table, at, other)


def moved_formulas(table: Table) -> Iterator[Mutant]:
    """Another operation, factor or rounding of a scale."""
    for at, scale in enumerate(table.get("scales", [])):
        key, operation = scale["key"], scale.get("operation", "sum")
        if operation == "count":
            for step in (1, -1):
                change = {"at_least": scale["at_least"] + step}
                yield f"{key} counts {step:+}", _scale_with(table, at, change)
            continue
        other = {"operation": "mean" if operation == "sum" else "sum"}
        yield f"{key} {other['operation']}", _scale_with(table, at, other)
        yield f"{key} doubled", _scale_with(table, at, {"multiply": _doubled(scale)})
        used = scale.get("rounding", "none")
        fractional = scale["missing"]["method"] == "prorate" or "/" in str(scale.get("multiply", 1))
        for rounding in ("floor", "half_up"):
            if rounding != used and (fractional or operation == "mean"):
                yield f"{key} {rounding}", _scale_with(table, at, {"rounding": rounding})


def _doubled(scale: Table) -> str:
    over, _, under = str(scale.get("multiply", 1)).partition("/")
    return f"{int(over) * 2}/{under or 1}"


def moved_derived(table: Table) -> Iterator[Mutant]:
    """Another coefficient, constant, factor or divisor of a derived score."""
    for at, derived in enumerate(table.get("derived", [])):
        key, terms = derived["key"], derived["terms"]
        changes: list[Table] = [{"terms": {**terms, term: -terms[term]}} for term in terms]
        changes += [{"terms": {t: n for t, n in terms.items() if t != out}} for out in terms]
        changes += [{"constant": derived.get("constant", 0) + 1}]
        changes += [{"multiply": derived.get("multiply", 1) + 1}]
        if "divisor" in derived:
            changes += [{"divisor": "total"}]
        for change in changes:
            yield (
                f"{key} {change}",
                _with(table, lambda t, n=change, a=at: t["derived"][a].update(n)),
            )


def moved_steps(table: Table) -> Iterator[Mutant]:
    """Critical steps, validity cuts, flags on low answers and the algorithm's own numbers."""
    for name, field in (
        ("critical", "at_least"),
        ("validity", "at_least"),
        ("item_flags", "at_most"),
    ):
        for at, rule in enumerate(table.get(name, [])):
            for step in (1, -1):
                if "flag" in rule:  # a rule without one is asked at the answer, not on the sheet
                    value = rule[field] + step
                    yield (
                        f"{name} {at} {step:+}",
                        _with(
                            table, lambda t, n=name, a=at, f=field, v=value: t[n][a].update({f: v})
                        ),
                    )
    for at, rule in enumerate(table.get("critical", [])):
        if "flag" in rule:
            yield (
                f"critical {rule['item']} lost",
                _with(table, lambda t, a=at: t["critical"].pop(a)),
            )


def moved_parameters(table: Table) -> Iterator[Mutant]:
    """Every number of the algorithm one up."""
    for name, value in table.get("algorithm", {}).get("parameters", {}).items():
        for place, number in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(number, int):
                changed = copy.deepcopy(table)
                parameters = changed["algorithm"]["parameters"]
                if isinstance(value, list):
                    parameters[name][place] += 1
                else:
                    parameters[name] += 1
                yield f"algorithm {name} {number}", changed


MUTATIONS = (
    turned_items, moved_codes, lost_and_foreign_items, moved_cuts, swapped_bands, lost_includes,
    moved_limits, moved_members, moved_formulas, moved_derived, moved_steps, moved_parameters,
)  # fmt: skip
