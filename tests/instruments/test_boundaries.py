"""Every band, reversed item, missing limit, code and flag of every scale has a line from its key.

A new definition, cut-set, item or flag without a line of its own fails here.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from instruments.library import catalogue
from instruments.library.definition import Definition
from instruments.library.parts import BandRule, Method, Scale
from tests.instruments.examples import answers_of, differences, flags_of, of_key, read
from tests.instruments.mutations import STEPS

KEYS = list(catalogue.keys())
LINES = [*read("boundaries.jsonl"), *read("whole-sheets.jsonl")]
# What was answered is counted, so that there is always a number.
NEVER_NULL = {"n_symptoms", "n_yes"}
# A refused question counts as yes, so that there is always a result.
NEVER_OPEN = {("asq", "triage")}
Example = dict[str, Any]


@pytest.mark.parametrize("key", KEYS)
def test_the_scale_agrees_with_its_lines(key: str) -> None:
    definition = catalogue.get(key)
    lines = [each for each in LINES if each["instrument"] == key]
    assert lines
    for line in lines:
        assert not differences(definition, line), line["note"]


def test_every_line_says_where_it_comes_from() -> None:
    for line in LINES:
        assert line["source"]
        assert line["note"]


@pytest.mark.parametrize("key", KEYS)
def test_every_reversed_item_has_a_line_that_needs_it_reversed(key: str) -> None:
    definition = catalogue.get(key)
    for item in definition.items:
        if item.reverse:
            left = (
                replace(each, reverse=each.reverse and each != item) for each in definition.items
            )
            forgotten = replace(definition, items=tuple(left))
            assert any(differences(forgotten, each) for each in of_key(key)), item.id


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


@pytest.mark.parametrize("key", KEYS)
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


@pytest.mark.parametrize("key", KEYS)
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


@pytest.mark.parametrize("key", KEYS)
def test_every_critical_step_has_an_example_on_both_sides(key: str) -> None:
    definition = catalogue.get(key)
    for rule in definition.criticals:
        if rule.flag is None:
            continue
        codes = definition.by_id[rule.item].codes
        given = {
            (value, has(each, rule.flag))
            for each in of_key(key)
            if (value := answers_of(definition, each).get(rule.item)) is not None
            and (has(each, rule.flag) or has_not(each, rule.flag))
        }
        assert (rule.at_least, True) in given, (key, rule.item)
        below = [code for code in codes if code < rule.at_least]
        assert (below[-1], False) in given, (key, rule.item)


def has(example: Example, flag: str) -> bool:
    return flag in [*example.get("flags", ()), *example.get("has_flags", ())]


def has_not(example: Example, flag: str) -> bool:
    bare = "flags" in example and flag not in example["flags"]
    return bare or flag in example.get("has_not_flags", ())


@pytest.mark.parametrize("key", KEYS)
def test_every_flag_has_an_example_with_it_and_one_without(key: str) -> None:
    for flag in flags_of(catalogue.get(key)):
        assert any(has(each, flag) for each in of_key(key)), flag
        assert any(has_not(each, flag) for each in of_key(key)), flag


@pytest.mark.parametrize("key", KEYS)
def test_every_score_has_an_example_with_a_value_and_one_without(key: str) -> None:
    for score in catalogue.get(key).score_keys:
        found = {
            each["expected"][score] is None
            for each in of_key(key)
            if score in each.get("expected", {})
        }
        assert found == ({False} if score in NEVER_NULL else {False, True}), score


@pytest.mark.parametrize("key", KEYS)
def test_every_band_has_an_example_and_so_has_none(key: str) -> None:
    for cutset, rule, cuts, examples in steps(catalogue.get(key)):
        found = {each["band"][rule.name] for each in examples}
        assert found == {*cuts, None}, (cutset, rule.name)


@pytest.mark.parametrize("key", KEYS)
def test_every_class_of_an_algorithm_has_an_example_and_so_has_none(key: str) -> None:
    algorithm = catalogue.get(key).algorithm
    for name, classes in algorithm.bands.items() if algorithm else ():
        found = {each["band"][name] for each in of_key(key) if name in each.get("band", {})}
        assert found == ({*classes} if (key, name) in NEVER_OPEN else {*classes, None})


@pytest.mark.parametrize("key", KEYS)
def test_every_code_of_every_item_has_an_example(key: str) -> None:
    definition = catalogue.get(key)
    scored = [answers_of(definition, each) for each in of_key(key) if "refused" not in each]
    for item in definition.items:
        used = {given.get(item.id) for given in scored}
        assert item.measured or set(item.codes) <= used, item.id


@pytest.mark.parametrize("key", KEYS)
def test_what_lies_beside_the_codes_or_between_them_has_an_example_of_its_refusal(key: str) -> None:
    definition = catalogue.get(key)
    refused = {
        (each["refused"], value)
        for each in of_key(key)
        if "refused" in each and (value := each["answers"][each["refused"]]) is not None
    }
    coded = [item for item in definition.items if not item.measured]
    values = {value for item, value in refused if not definition.by_id[item].measured}
    assert min(values) == coded[0].codes[0] - 1
    assert max(values) == coded[0].codes[-1] + 1
    assert any(value % 1 for value in values)
    for item in definition.items:
        if item.minimum is not None and item.maximum is not None:
            beside = [value for each, value in refused if each == item.id]
            assert any(value < item.minimum or value > item.maximum for value in beside), item.id
