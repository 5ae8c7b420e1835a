"""Every band, reversed item, missing limit and critical step of every scale, from the key."""

import pytest

from instruments import catalogue
from tests.instruments.examples import differences, read

BOUNDARIES = read("boundaries.jsonl")


@pytest.mark.parametrize("key", list(catalogue.keys()))
def test_the_scale_agrees_with_its_boundary_lines(key: str) -> None:
    definition = catalogue.get(key)
    lines = [each for each in BOUNDARIES if each["instrument"] == key]
    assert lines
    for line in lines:
        assert not differences(definition, line), line["note"]


def test_every_line_says_where_it_comes_from() -> None:
    for line in BOUNDARIES:
        assert line["source"]
        assert line["note"]


@pytest.mark.parametrize("key", list(catalogue.keys()))
def test_every_lower_bound_and_reversed_item_has_a_line(key: str) -> None:
    definition = catalogue.get(key)
    notes = [each["note"] for each in BOUNDARIES if each["instrument"] == key]
    for item in definition.items:
        assert not item.reverse or any(f"item {item.id} is reversed" in note for note in notes)
    if definition.algorithm and definition.algorithm.name == "psqi-components":
        return
    for cutset in definition.cutsets:
        for rule in cutset.bands:
            for cuts in rule.tables.values():
                for cut in cuts[1:]:
                    assert any(f"lower bound of {cut.band}:" in note for note in notes), cut
