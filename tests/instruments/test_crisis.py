"""A critical answer is seen at once, whatever else the sheet says."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.library import catalogue
from instruments.scoring import crisis, single

# From docs/instruments.md and its settled rules, not from the files: the lowest code that counts.
PRINTED = {
    "phq-9": {"9": 1},
    "phq-a": {"9": 1},
    "dsrsc": {"10": 1},
    "mht": {"85": 1, "97": 1},
    "scl-90": {"15": 2, "59": 2, "63": 2},
    "dass-21": {"21": 2},
    "rcads-47": {"37": 1},
    "sds": {"19": 2},
    "upi": {"25": 1},
    "asq": dict.fromkeys("12345", 1),
    "c-ssrs-screener": dict.fromkeys("1234567", 1),
}
CRITICAL = [(key, item, least) for key, items in PRINTED.items() for item, least in items.items()]
VERSIONS = [(each.key, v) for each in catalogue.all() for v in catalogue.versions(each.key)]


@pytest.mark.parametrize(("key", "version"), VERSIONS)
def test_every_code_of_every_item_flags_as_printed_and_nothing_else_does(
    key: str, version: str
) -> None:
    definition = catalogue.get(key, version)
    printed = PRINTED.get(key, {})
    for item in definition.items:
        codes = [None, *(item.codes if not item.measured else (0, 24, 720, 1439))]
        flagged = [code for code in codes if crisis.assess(definition, item.id, code)]
        least = printed.get(item.id)
        assert flagged == [code for code in codes[1:] if least is not None and code >= least]


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_what_else_stands_on_the_sheet_changes_nothing(data: st.DataObject) -> None:
    key, item, least = data.draw(st.sampled_from(CRITICAL))
    definition = catalogue.get(key)
    anything = (
        st.none() | st.integers() | st.floats() | st.booleans() | st.text() | st.lists(st.none())
    )
    sheet: dict[str, Any] = data.draw(
        st.dictionaries(st.sampled_from(definition.item_ids) | st.text(), anything)
    )
    code = data.draw(st.sampled_from([None, *definition.by_id[item].codes]))
    alone = crisis.assess(definition, item, code)
    found = {flag.rule: flag for flag in crisis.assess_all(definition, sheet | {item: code})}
    assert found.get(crisis.rule_id(definition, item)) == alone
    assert (alone is not None) is (code is not None and code >= least)
    assert (item in crisis.unanswered(definition, sheet | {item: code})) is (code is None)


def test_item_nine_of_the_phq_raises_the_flag_from_its_first_step() -> None:
    phq = catalogue.get("phq-9")
    flag = crisis.assess(phq, 9, 1)
    assert flag
    assert (flag.rule, flag.severity) == ("phq-9:item-9", 3)
    assert flag.inputs["value"] == 1


@pytest.mark.parametrize(("key", "item", "at_least"), CRITICAL)
def test_below_the_step_there_is_no_flag_and_at_it_there_is(
    key: str, item: str, at_least: int
) -> None:
    definition = catalogue.get(key)
    assert crisis.assess(definition, item, at_least - 1) is None
    flag = crisis.assess(definition, item, at_least)
    assert flag
    assert flag.rule == f"{key}:item-{item}"
    assert flag.severity in (2, 3)
    assert flag.about.zh
    assert flag.inputs == {
        "instrument": key,
        "version": definition.version,
        "item": item,
        "value": at_least,
        "at_least": at_least,
    }


@pytest.mark.parametrize("number", [1, 1.0, np.int8(1), np.int64(1), np.float32(1)])
def test_a_number_counts_whatever_read_it(number: object) -> None:
    flag = crisis.assess(catalogue.get("phq-9"), 9, number)
    assert flag
    assert json.dumps(flag.inputs)


@pytest.mark.parametrize("value", [None, "1", True, float("nan"), [], {}])
def test_what_is_not_an_answer_never_breaks_the_rule(value: object) -> None:
    assert crisis.assess(catalogue.get("phq-9"), "9", value) is None


def test_a_damaged_answer_above_the_codes_still_counts() -> None:
    assert crisis.assess(catalogue.get("phq-9"), "9", 99)


def test_other_items_and_unknown_items_are_quiet() -> None:
    phq = catalogue.get("phq-9")
    assert crisis.assess(phq, "1", 3) is None
    assert crisis.assess(phq, "77", 3) is None


def test_an_unanswered_critical_item_is_unanswered_and_not_no_risk() -> None:
    phq = catalogue.get("phq-9")
    answers = {str(item): 0 for item in range(1, 9)}
    assert crisis.unanswered(phq, answers) == ("9",)
    scored = single.score(phq, answers)
    assert scored.unanswered_critical == ("9",)
    assert "critical_item_unanswered:9" in scored.flags


def test_too_many_missing_answers_do_not_silence_the_flag() -> None:
    scored = single.score(catalogue.get("phq-9"), {"9": 1})
    assert scored.scores["total"] is None
    assert scored.bands["total"] is None
    assert scored.flags == ("invalid_too_many_missing", "item9_suicidal_ideation")


def test_the_sheet_of_all_answers_lists_every_flag() -> None:
    mht = catalogue.get("mht")
    flags = crisis.assess_all(mht, {"85": 1, "97": 1})
    assert [flag.rule for flag in flags] == ["mht:item-85", "mht:item-97"]
