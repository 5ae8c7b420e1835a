"""A wrong key does not pass: one reversed item, cut, limit or member changed is always caught."""

import copy
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from instruments.library import catalogue
from instruments.library.reading import item_ids, parse_definition
from tests.instruments.examples import differences, of_key

Table = dict[str, Any]

# Scores that skip values (percent in fours, doubled sums, 1.25 x raw) need a wider step.
STEPS = {"who-5": 4, "dass-21": 2, "sds": 2, "sas-zung": 2}


def table_of(key: str) -> Table:
    path = catalogue.DATA / key / catalogue.versions(key)[-1] / "definition.toml"
    return tomllib.loads(path.read_text("utf-8"))


def flipped_items(table: Table) -> Iterator[tuple[str, Table]]:
    """Every item turned the other way (measured fields have no direction)."""
    items = table["items"]
    reverse = [str(each) for each in items.get("reverse", [])]
    scored = {each for scale in table.get("scales", []) for each in item_ids(scale["items"])}
    for each in item_ids(items["ids"]):
        if each in scored:
            changed = copy.deepcopy(table)
            turned = [*reverse, each] if each not in reverse else [r for r in reverse if r != each]
            changed["items"]["reverse"] = turned
            yield f"item {each} turned", changed


def moved_cuts(table: Table) -> Iterator[tuple[str, Table]]:
    """Every lower bound but the lowest, one up and one down."""
    for at, cutset in enumerate(table.get("cutsets", [])):
        for rule_at, rule in enumerate(cutset.get("bands", [])):
            choices = rule["cuts"] if rule.get("by") else {None: rule["cuts"]}
            for choice, cuts in choices.items():
                for band in list(cuts)[1:]:
                    size = STEPS.get(table["key"], 1)
                    for step in (size, -size):
                        changed = copy.deepcopy(table)
                        place = changed["cutsets"][at]["bands"][rule_at]["cuts"]
                        place = place[choice] if choice else place
                        place[band] += step
                        yield f"{cutset['id']} {rule['name']} {band} {step:+}", changed


def moved_limits(table: Table) -> Iterator[tuple[str, Table]]:
    """One unanswered item more, or one less, than the rule allows."""
    for at, scale in enumerate(table.get("scales", [])):
        missing = scale["missing"]
        steps = (1, -1) if missing["method"] != "strict" else (1,)
        for step in steps:
            changed = copy.deepcopy(table)
            rule = changed["scales"][at]["missing"]
            rule["allowed"] = rule.get("allowed", 0) + step
            if rule["method"] == "strict":
                rule["method"] = "prorate"
            if rule["allowed"] < len(item_ids(scale["items"])):
                yield f"{scale['key']} allows {step:+}", changed


def lost_members(table: Table) -> Iterator[tuple[str, Table]]:
    """Every item taken out of every scale."""
    for at, scale in enumerate(table.get("scales", [])):
        members = item_ids(scale["items"])
        for each in members:
            if len(members) > 1:
                changed = copy.deepcopy(table)
                changed["scales"][at]["items"] = [m for m in members if m != each]
                yield f"{scale['key']} without {each}", changed


def moved_steps(table: Table) -> Iterator[tuple[str, Table]]:
    """Critical steps, validity cuts, flags on low answers and the algorithm's own numbers."""
    for at, rule in enumerate(table.get("critical", [])):
        if "flag" in rule:
            changed = copy.deepcopy(table)
            changed["critical"][at]["at_least"] += 1
            yield f"critical {rule['item']}", changed
    for at, rule in enumerate(table.get("validity", [])):
        changed = copy.deepcopy(table)
        changed["validity"][at]["at_least"] -= 1
        yield f"validity {rule['scale']}", changed
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


MUTATIONS = [flipped_items, moved_cuts, moved_limits, lost_members, moved_steps]


@pytest.mark.parametrize("key", list(catalogue.keys()))
def test_every_small_error_in_the_key_is_caught(key: str) -> None:
    examples = of_key(key)
    tried = 0
    for mutations in MUTATIONS:
        for what, table in mutations(table_of(key)):
            tried += 1
            assert caught(table, examples), f"{key}: {what} passes all examples"
    assert tried


def caught(table: Table, examples: list[Table]) -> bool:
    """Whether the definition is refused, or an example disagrees."""
    try:
        changed = parse_definition(table)
    except ValueError:
        return True
    return any(_disagrees(changed, each) for each in examples)


def _disagrees(changed: Any, example: Table) -> bool:
    try:
        return bool(differences(changed, example))
    except (ValueError, KeyError):
        return True
