"""A single sheet is doubted only by independent witnesses, and never silently discarded."""

from dataclasses import fields

from hypothesis import given, strategies

from instruments.library import catalogue
from instruments.quality.policy import (
    FAMILY,
    Family,
    Index,
    LieRule,
    Policy,
    QualityReport,
    Reason,
    assess_sheet,
    decide,
    longest_run,
)
from instruments.scoring import crisis

CODES = (0, 1, 2, 3)


def sheet(*codes: int | None) -> dict[str, int | None]:
    return {str(number): code for number, code in enumerate(codes, start=1)}


def test_a_fast_straight_line_above_the_minimum_asks_for_a_retest() -> None:
    report = assess_sheet(CODES, sheet(*[2] * 9), 0.8)
    assert report.ask_retest
    assert {reason.index for reason in report.reasons} == {Index.TIME_PER_ITEM, Index.LONGSTRING}


def test_all_minimum_is_a_healthy_student_even_when_fast() -> None:
    report = assess_sheet(CODES, sheet(*[0] * 9), 0.8)
    assert not report.ask_retest
    assert [reason.index for reason in report.reasons] == [Index.TIME_PER_ITEM]


def test_a_slow_straight_line_alone_asks_for_nothing() -> None:
    assert not assess_sheet(CODES, sheet(*[3] * 9), 6.0).ask_retest


def test_two_indices_of_one_family_are_one_witness() -> None:
    report = assess_sheet(CODES, sheet(0, 1, 0, 2, 1, 0, 3, 1, 0), 1.0, seconds_per_page=[(5, 9)])
    assert len(report.reasons) == 2
    assert report.families == {Family.TIME}
    assert not report.ask_retest


def test_the_minimum_across_reversed_items_contradicts_itself() -> None:
    plain = assess_sheet(CODES, sheet(*[0] * 20), 5.0)
    mixed = assess_sheet(CODES, sheet(*[0] * 20), 5.0, reverse={"4", "8", "12", "16"})
    assert not plain.reasons
    assert [reason.index for reason in mixed.reasons] == [Index.LONGSTRING]


def test_lie_items_count_from_the_named_number_on() -> None:
    rule = LieRule(frozenset({"82", "84", "86"}), code=1, at_least=2)
    honest = assess_sheet((0, 1), {"82": 1, "84": 0, "86": None}, lie=rule)
    lying = assess_sheet((0, 1), {"82": 1, "84": 1, "86": 0}, lie=rule)
    assert not honest.reasons
    assert [(reason.index, reason.value) for reason in lying.reasons] == [(Index.LIE, 2)]


def test_a_blank_instructed_item_is_a_blank_not_a_mistake() -> None:
    assert not assess_sheet(CODES, {"1": 0, "2": None}, instructed={"2": 1}).reasons
    assert assess_sheet(CODES, {"1": 0, "2": 3}, instructed={"2": 1}).reasons


def test_measured_indices_use_the_limits_of_the_policy() -> None:
    policy = Policy(limits={Index.GUTTMAN: 0.4, Index.PERSON_FIT: -1.65})
    measured = {Index.GUTTMAN: 0.5, Index.PERSON_FIT: -2.0, Index.IRV: 0.1, Index.EVEN_ODD: None}
    report = assess_sheet(CODES, sheet(0, 3, 0), measured=measured, policy=policy)
    assert {reason.index for reason in report.reasons} == {Index.GUTTMAN, Index.PERSON_FIT}
    assert not report.ask_retest


def test_times_may_come_per_item_and_an_empty_mapping_says_nothing() -> None:
    assert assess_sheet(CODES, sheet(0, 1), {"1": 1.0, "2": 1.5}).reasons[0].value == 1.25
    assert not assess_sheet(CODES, sheet(0, 1), {}).reasons


def test_an_empty_sheet_has_no_reasons() -> None:
    assert not assess_sheet(CODES, {}).reasons


def test_blanks_break_a_run() -> None:
    assert longest_run([2, 2, None, 2, 2, 2]) == 3
    assert longest_run([0, 0, 0, 0, 1, 1], minimum=0) == 2
    assert longest_run([1, 0, 1, 1], minimum=0) == 2


def test_the_report_has_no_way_to_touch_a_flag_or_a_score() -> None:
    assert {field.name for field in fields(QualityReport)} == {"reasons", "ask_retest"}


REASONS = strategies.builds(
    Reason, strategies.sampled_from(Index), strategies.floats(0, 9), strategies.floats(0, 9)
)
ANSWERS = strategies.dictionaries(
    strategies.sampled_from([str(number) for number in range(1, 10)]),
    strategies.sampled_from([None, *CODES]),
)


@given(strategies.lists(REASONS))
def test_a_second_sheet_is_asked_for_by_two_kinds_of_witness_and_never_by_one(
    reasons: list[Reason],
) -> None:
    report = decide(reasons)
    assert report.ask_retest == (len({FAMILY[reason.index] for reason in reasons}) >= 2)
    assert report.reasons == tuple(reasons)


@given(
    ANSWERS,
    strategies.floats(0, 20),
    strategies.dictionaries(strategies.sampled_from(Index), strategies.floats(-9, 9)),
)
def test_no_carelessness_takes_a_critical_answer_back(
    sheet: dict[str, int | None], seconds: float, measured: dict[Index, float]
) -> None:
    phq = catalogue.get("phq-9")
    before = dict(sheet), [crisis.assess(phq, item, code) for item, code in sheet.items()]
    assess_sheet(CODES, sheet, seconds, measured=measured)
    after = [crisis.assess(phq, item, code) for item, code in sheet.items()]
    assert (sheet, after) == before
    assert any(after) == bool(sheet.get("9"))
