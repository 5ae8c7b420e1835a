"""Mistakes that circulate in public code and pages, one test each: here the key stands."""

import hashlib
import tomllib
from pathlib import Path

import pytest

from instruments.library import catalogue
from instruments.scoring import crisis
from instruments.scoring.single import Scored, score

DATA = Path(catalogue.DATA)


def sheet(key: str, code: int, **others: int | None) -> Scored:
    """The same answer everywhere but where said otherwise (i9=1 is item 9)."""
    definition = catalogue.get(key)
    answers: dict[str, int | None] = dict.fromkeys(definition.item_ids, code)
    answers |= {name.removeprefix("i"): value for name, value in others.items()}
    return score(definition, answers)


def items(key: str, scale: str) -> set[int]:
    definition = catalogue.get(key)
    return {int(i) for each in definition.scales if each.key == scale for i in each.items}


def test_t1_a_half_is_rounded_up_and_not_to_the_even_number() -> None:
    # PHQ-A, eight answered, four of them 1: 4 x 9 / 8 = 4.5; Python's round() says 4, minimal
    found = sheet("phq-a", 0, i1=1, i2=1, i3=1, i4=1, i5=None)
    assert (found.scores["total"], found.bands["total"]) == (5, "mild")
    # SDQ, four of five answered, sum 2: 2 x 5 / 4 = 2.5
    part = sheet("sdq-s", 0, i3=1, i8=1, i13=None)
    assert part.scores["emotional"] == 3


def test_t2_a_ces_d_of_zeros_is_twelve() -> None:
    assert sheet("ces-d", 0).scores["total"] == 12  # four reversed items at 3


def test_t3_zungs_standard_score_is_cut_off_and_not_rounded() -> None:
    # direct items at 1 and reversed ones at 4 are 20; seven items 3 more and one 1 more make 42
    definition = catalogue.get("sds")
    answers = {item.id: 4 if item.reverse else 1 for item in definition.items}
    for item in ("1", "3", "4", "7", "8", "9", "10"):
        answers[item] = 4
    answers["13"] = 2
    found = score(definition, answers)
    assert found.scores["raw"] == 42
    assert (found.scores["standard"], found.bands["standard"]) == (52, "normal")


def test_t4_mht_scales_are_not_blocks_of_ten() -> None:
    assert items("mht", "learning_anxiety") == set(range(1, 16))
    assert items("mht", "somatic") == set(range(56, 71))
    assert items("mht", "impulsive") == set(range(81, 100, 2))
    assert items("mht", "lie") == set(range(82, 101, 2))


def test_t5_upi_class_one_is_the_urgent_one_and_item_25_is_critical() -> None:
    assert sheet("upi", 0).bands["class"] == "III"
    assert sheet("upi", 0, i25=1).bands["class"] == "I"
    assert sheet("upi", 0, i8=1).bands["class"] == "II"
    assert [rule.item for rule in catalogue.get("upi").criticals] == ["25"]


def test_t6_psc_17_keeps_the_order_of_the_form() -> None:
    assert items("psc-17-y", "internalizing") == {2, 6, 9, 11, 15}
    assert items("psc-17-y", "attention") == {1, 3, 7, 13, 17}
    assert items("psc-17-y", "externalizing") == {4, 5, 8, 10, 12, 14, 16}


def test_t7_dass_21_depression_and_anxiety_are_not_swapped() -> None:
    assert items("dass-21", "depression") == {3, 5, 10, 13, 16, 17, 21}
    assert items("dass-21", "anxiety") == {2, 4, 7, 9, 15, 19, 20}


def test_t8_who_5_is_four_times_the_raw_score() -> None:
    found = sheet("who-5", 3)
    assert (found.scores["raw"], found.scores["percent"]) == (15, 60)  # not (15 - 5) x 4 = 40
    assert sheet("who-5", 0).scores["percent"] == 0


def test_t9_scared_item_20_is_separation() -> None:
    assert 20 in items("scared-41", "separation")
    assert 20 not in items("scared-41", "panic_somatic")
    assert items("scared-41", "panic_somatic") == {1, 6, 9, 12, 15, 18, 19, 22, 24, 27, 30, 34, 38}


def test_t10_k6_sums_six_answers_and_no_form_has_labels_for_items() -> None:
    assert len(catalogue.get("k6").items) == 6
    assert sheet("k6", 4).scores["total"] == 24
    for definition in catalogue.all():
        for language in catalogue.languages(definition):
            text = catalogue.wording(definition.key, language)
            assert text is not None
            labels = {option.text for option in text.options}
            assert labels.isdisjoint(item.text for item in text.items), (definition.key, language)


def test_t11_rcads_prorates_and_uses_nobodys_norm_table() -> None:
    found = sheet("rcads-47", 1, i1=None, i13=None)
    assert found.scores["gad"] == 6  # four answered at 1: 4 x 6 / 4
    assert sheet("rcads-47", 1, i1=None, i13=None, i22=None).scores["gad"] is None
    boy, girl = (
        score(catalogue.get("rcads-47"), [1] * 47, {"sex": sex}) for sex in ("male", "female")
    )
    assert boy.scores == girl.scores  # raw scores only: the T tables are licensed
    assert not boy.bands


def test_t12_the_mht_total_leaves_out_the_lie_items() -> None:
    assert sheet("mht", 1).scores["total"] == 90
    lies = {f"i{item}": 1 for item in range(82, 101, 2)}
    assert sheet("mht", 0, **lies).scores["total"] == 0
    assert sheet("mht", 0, **lies).scores["lie"] == 10


@pytest.mark.parametrize("key", [each.key for each in catalogue.all() if each.criticals])
def test_t13_an_unanswered_critical_item_is_listed_and_never_no_risk(key: str) -> None:
    definition = catalogue.get(key)
    answers = {item.id: item.codes[0] if item.codes else item.minimum for item in definition.items}
    wanted = [rule.item for rule in definition.criticals]
    found = score(definition, answers | dict.fromkeys(wanted))
    assert list(found.unanswered_critical) == wanted
    assert list(crisis.unanswered(definition, dict.fromkeys(wanted))) == wanted
    for rule in definition.criticals:
        if rule.flag is not None:
            assert f"critical_item_unanswered:{rule.item}" in found.flags
            assert rule.flag not in found.flags


def test_t14_mht_has_a_hundred_items_and_phq_9_its_nine_in_their_order() -> None:
    assert len(catalogue.get("mht").items) == 100
    text = catalogue.wording("phq-9", "en")
    assert text is not None
    starts = [
        "Little interest",
        "Feeling down",
        "Trouble falling",
        "Feeling tired",
        "Poor appetite",
    ]
    assert [
        item.text[: len(start)] for item, start in zip(text.items, starts, strict=False)
    ] == starts
    assert "better off dead" in text.item(9).text


def test_the_texts_that_ship_are_the_released_ones() -> None:
    sums = (DATA / "SHA256SUMS").read_text("utf-8").splitlines()
    for line in sums:
        digest, _, name = line.partition("  ")
        content = (DATA / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest, name
        assert tomllib.loads(content.decode())
