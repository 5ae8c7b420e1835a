"""A critical answer is seen at once, whatever else the sheet says."""

import pytest

from instruments.library import catalogue
from instruments.scoring import crisis, single

CRITICAL = [
    (each.key, rule.item, rule.at_least) for each in catalogue.all() for rule in each.criticals
]


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
