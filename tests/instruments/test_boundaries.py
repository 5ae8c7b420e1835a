"""Every band, reversed item, missing limit and critical step of every scale, from the key."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from instruments.library import catalogue
from instruments.library.definition import Definition
from instruments.library.parts import BandRule, Method, Scale
from tests.instruments.examples import differences, of_key, read
from tests.instruments.test_mutations import STEPS

BOUNDARIES = read("boundaries.jsonl")
Example = dict[str, Any]


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


def answers_of(definition: Definition, example: Example) -> dict[str, Any]:
    given = example["answers"]
    pairs = (
        given.items() if isinstance(given, dict) else zip(definition.item_ids, given, strict=True)
    )
    return {str(item): value for item, value in pairs}


def steps(
    definition: Definition,
) -> Iterator[tuple[str, BandRule, dict[str, float], list[Example]]]:
    """Every table of every cut-set with the examples that it gave a band."""
    for cutset in definition.cutsets:
        for rule in cutset.bands:
            for choice, cuts in rule.tables.items():
                own = [
                    example
                    for example in of_key(definition.key)
                    if rule in definition.band_rules(example.get("cutset"))
                    and (not choice or (example.get("context") or {}).get(rule.by) == choice)
                    and rule.name in example.get("band", {})
                ]
                yield cutset.id, rule, {cut.band: float(cut.start) for cut in cuts}, own


@pytest.mark.parametrize("key", list(catalogue.keys()))
def test_both_sides_of_every_cut_have_an_example(key: str) -> None:
    for cutset, rule, cuts, examples in steps(catalogue.get(key)):
        found = {
            band: [
                float(value)
                for each in examples
                if each["band"][rule.name] == band
                and (value := each.get("expected", {}).get(rule.scale)) is not None
            ]
            for band in cuts
        }
        for lower, upper in pairwise(cuts):
            place = (key, cutset, rule.name, upper)
            assert found[upper], place
            assert found[lower], place
            # no score that the scale can reach lies between either example and the cut
            assert min(found[upper]) - cuts[upper] < STEPS.get(key, 1), place
            assert cuts[upper] - max(found[lower]) <= STEPS.get(key, 1), place


def missing_of(scale: Scale, definition: Definition, example: Example) -> int:
    answers = answers_of(definition, example)
    counted = definition.item_ids if scale.missing.over_form else scale.items
    return sum(answers.get(item) is None for item in counted)


@pytest.mark.parametrize("key", list(catalogue.keys()))
def test_both_sides_of_every_limit_of_blanks_have_an_example(key: str) -> None:
    definition = catalogue.get(key)
    for scale in definition.scales:
        limit = 0 if scale.missing.method is Method.STRICT else scale.missing.allowed
        known = {
            (missing_of(scale, definition, each), each["expected"][scale.key] is None)
            for each in of_key(key)
            if scale.key in each.get("expected", {})
        }
        assert (limit, False) in known, (key, scale.key, limit)
        assert (limit + 1, True) in known, (key, scale.key, limit + 1)


@pytest.mark.parametrize("key", list(catalogue.keys()))
def test_every_critical_step_has_an_example_on_both_sides(key: str) -> None:
    definition = catalogue.get(key)
    for rule in definition.criticals:
        if rule.flag is None:
            continue
        codes = definition.by_id[rule.item].codes
        given = {
            (value, rule.flag in [*each.get("flags", ()), *each.get("has_flags", ())])
            for each in of_key(key)
            if (value := answers_of(definition, each).get(rule.item)) is not None
            and ("flags" in each or {*each.get("has_flags", ()), *each.get("has_not_flags", ())})
        }
        assert (rule.at_least, True) in given, (key, rule.item)
        below = [code for code in codes if code < rule.at_least]
        assert (below[-1], False) in given, (key, rule.item)
