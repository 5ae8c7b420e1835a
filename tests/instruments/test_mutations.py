"""A wrong key does not pass: one item, code, cut, limit, member or factor changed is caught."""

import tomllib
from collections import Counter

import pytest

from instruments.library import catalogue
from instruments.library.definition import Definition
from instruments.library.reading import parse_definition
from tests.instruments.examples import differences, of_key
from tests.instruments.mutations import MUTATIONS, Table
from tests.instruments.printed import form_differences

KEYS = [each.key for each in catalogue.all()]


def table_of(key: str) -> Table:
    path = catalogue.DATA / key / catalogue.versions(key)[-1] / "definition.toml"
    return tomllib.loads(path.read_text("utf-8"))


def verdict(table: Table, examples: list[Table]) -> str:
    """How a key is found out: by its own contradiction, by the printed form, by an example."""
    try:
        changed = parse_definition(table)
    except ValueError:
        return "refused"
    if form_differences(changed):
        return "form"
    return "example" if any(_disagrees(changed, each) for each in examples) else ""


def _disagrees(changed: Definition, example: Table) -> bool:
    try:
        return bool(differences(changed, example))
    except (ValueError, KeyError, ZeroDivisionError):
        return True


@pytest.mark.parametrize("key", KEYS)
def test_the_key_itself_passes(key: str) -> None:
    assert verdict(table_of(key), of_key(key)) == ""


@pytest.mark.parametrize("key", KEYS)
def test_every_small_error_in_the_key_is_caught(key: str) -> None:
    examples, table = of_key(key), table_of(key)
    tried = [
        (kind.__name__, what, verdict(changed, examples))
        for kind in MUTATIONS
        for what, changed in kind(table)
    ]
    passed = [what for _, what, how in tried if not how]
    assert not passed, f"{key}: passes all examples: {passed}"
    kinds = Counter(kind for kind, _, _ in tried)
    assert kinds.keys() >= wanted(table)
    by_example = {kind for kind, _, how in tried if how == "example"}
    assert by_example >= wanted(table) - {"moved_codes", "lost_and_foreign_items"}


def wanted(table: Table) -> set[str]:
    """The kinds of error that this key can have, so that none is left out unseen."""
    kinds = {"moved_codes", "lost_and_foreign_items"}
    if table.get("scales"):
        kinds |= {"turned_items", "moved_limits", "moved_members", "moved_formulas"}
    if any(cutset.get("bands") for cutset in table.get("cutsets", [])):
        kinds |= {"moved_cuts", "swapped_bands"}
    if any(cutset.get("includes") for cutset in table.get("cutsets", [])):
        kinds |= {"lost_includes"}
    if table.get("derived"):
        kinds |= {"moved_derived"}
    if any("flag" in rule for rule in table.get("critical", [])):
        kinds |= {"moved_steps"}
    if table.get("algorithm"):
        kinds |= {"moved_parameters"}
    return kinds
