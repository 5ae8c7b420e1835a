"""What holds for every sheet of every scale, whatever is answered."""

from dataclasses import replace
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from instruments.library import catalogue
from instruments.library.definition import Definition
from instruments.library.parts import DefinitionError, Method, Operation, Rounding, Scale
from instruments.scoring.single import AnswerRefused, Scored, score

KEYS = list(catalogue.keys())
COUNTS = {"n_symptoms", "n_yes"}
Sheet = dict[str, int | float | None]
SETTINGS = settings(max_examples=25, deadline=None)
SEEDS = st.integers(0, 2**32)


def a_sheet(definition: Definition, chance: Random) -> Sheet:
    """Answers at random, from complete to none."""
    sheet: Sheet = {}
    share = chance.choice([0, 0, 0.02, 0.1, 0.3, 1])
    for item in definition.items:
        if item.minimum is not None and item.maximum is not None:
            sheet[item.id] = round(chance.uniform(item.minimum, item.maximum), chance.randint(0, 4))
        else:
            sheet[item.id] = chance.choice(item.codes)
        if chance.random() < share:
            sheet[item.id] = None
    return sheet


def cutsets(definition: Definition) -> list[str | None]:
    return [None, *(each.id for each in definition.cutsets)]


def blanks(scale: Scale, sheet: Sheet) -> int:
    counted = sheet if scale.missing.over_form else scale.items
    return sum(sheet[item] is None for item in counted)


@pytest.mark.parametrize("key", KEYS)
@SETTINGS
@given(data=st.data(), seed=SEEDS)
def test_no_answer_out_of_range_is_ever_summed(key: str, data: st.DataObject, seed: int) -> None:
    definition = catalogue.get(key)
    sheet: dict[str, Any] = a_sheet(definition, Random(seed))
    item = data.draw(st.sampled_from(definition.items))
    lowest = item.codes[0] if item.minimum is None else item.minimum
    highest = item.codes[-1] if item.maximum is None else item.maximum
    bad = data.draw(
        st.integers(max_value=int(lowest) - 1)
        | st.integers(min_value=int(highest) + 1)
        | st.floats(min_value=highest, exclude_min=True)
        | st.sampled_from([True, False, "", "1", b"1", [], {}, 1j, float("nan"), Decimal(1)])
    )
    for given_as in (sheet | {item.id: bad}, list((sheet | {item.id: bad}).values())):
        with pytest.raises(AnswerRefused, match=f"item {item.id}:") as refused:
            score(definition, given_as)
        assert refused.value.item == item.id


@pytest.mark.parametrize("key", KEYS)
@SETTINGS
@given(data=st.data())
def test_what_lies_between_the_codes_is_refused(key: str, data: st.DataObject) -> None:
    definition = catalogue.get(key)
    item = data.draw(st.sampled_from([each for each in definition.items if not each.measured]))
    between = data.draw(st.floats(item.codes[0], item.codes[-1]))
    assume(between % 1)
    with pytest.raises(AnswerRefused, match=f"item {item.id}:"):
        score(definition, {item.id: between})


@pytest.mark.parametrize("key", KEYS)
@SETTINGS
@given(seed=SEEDS)
def test_a_null_is_never_a_zero(key: str, seed: int) -> None:
    definition = catalogue.get(key)
    sheet = a_sheet(definition, Random(seed))
    scored = score(definition, sheet)
    for scale in definition.scales:
        limit = 0 if scale.missing.method is Method.STRICT else scale.missing.allowed
        assert (scored.scores[scale.key] is None) is (blanks(scale, sheet) > limit), scale.key
    for derived in definition.derived:
        wanted = [scored.scores[term] for term, _ in derived.terms]
        if derived.divisor:
            wanted.append(scored.scores[derived.divisor] or None)
        assert (scored.scores[derived.key] is None) is (None in wanted), derived.key


@pytest.mark.parametrize("key", KEYS)
def test_a_sheet_without_an_answer_has_no_score_and_no_mild_band(key: str) -> None:
    definition = catalogue.get(key)
    for cutset in cutsets(definition):
        scored = score(definition, {}, {"sex": "female"}, cutset)
        assert {name for name, value in scored.scores.items() if value is not None} <= COUNTS
        # the ASQ alone takes silence for a yes
        assert set(scored.bands.values()) <= {"non_acute_positive" if key == "asq" else None}
        assert scored.missing == definition.item_ids
        assert scored.unanswered_critical == tuple(rule.item for rule in definition.criticals)


@pytest.mark.parametrize("key", KEYS)
@SETTINGS
@given(seed=SEEDS)
def test_a_band_is_null_exactly_when_its_score_is(key: str, seed: int) -> None:
    definition = catalogue.get(key)
    sheet = a_sheet(definition, Random(seed))
    for cutset in cutsets(definition):
        rules = definition.band_rules(cutset)
        known = score(definition, sheet, {"sex": "male"}, cutset)
        unknown = score(definition, sheet, {}, cutset)
        for rule in rules:
            nothing = known.scores[rule.scale] is None
            assert (known.bands[rule.name] is None) is nothing, rule.name
            assert (unknown.bands[rule.name] is None) is (nothing or rule.by is not None)


def by_hand(definition: Definition, scale: Scale, sheet: Sheet) -> Decimal:
    """The unrounded score in decimals, without the engine's arithmetic."""
    items = [definition.by_id[item] for item in scale.items if sheet[item] is not None]
    turn = {item.id: item.codes[0] + item.codes[-1] for item in items if item.reverse}
    values = [Decimal(abs(turn.get(item.id, 0) - (sheet[item.id] or 0))) for item in items]
    total = sum(values, Decimal(0))
    if scale.missing.method is Method.PRORATE:
        total = total * len(scale.items) / len(values)
    if scale.operation is Operation.MEAN:
        total /= len(scale.items)
    return total * scale.multiply.numerator / scale.multiply.denominator


def rounded_by_hand(scale: Scale, exact: Decimal) -> Decimal:
    way = {Rounding.HALF_UP: ROUND_HALF_UP, Rounding.FLOOR: ROUND_FLOOR}.get(scale.rounding)
    return exact.quantize(Decimal(1), way) if way else exact


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_halves_go_up_and_only_a_key_that_says_so_cuts_off(key: str, seed: int) -> None:
    definition = catalogue.get(key)
    sheet = a_sheet(definition, Random(seed))
    found = score(definition, sheet).scores
    for scale in definition.scales:
        assert scale.rounding is not Rounding.FLOOR or key in ("sds", "sas-zung")
        value = found[scale.key]
        if value is not None and scale.operation is not Operation.COUNT:
            wanted = rounded_by_hand(scale, by_hand(definition, scale, sheet))
            assert abs(Decimal(value) - wanted) < Decimal("1e-9"), scale.key


@pytest.mark.parametrize("key", KEYS)
@SETTINGS
@given(seed=SEEDS)
def test_it_does_not_matter_how_the_answers_are_given(key: str, seed: int) -> None:
    definition, chance = catalogue.get(key), Random(seed)
    sheet = a_sheet(definition, chance)
    shuffled = chance.sample(list(sheet.items()), len(sheet))
    ways: list[Any] = [
        list(sheet.values()),
        dict(shuffled),
        {item: value for item, value in shuffled if value is not None},
        {int(item) if item.isdigit() else item: value for item, value in shuffled},
        {item: float(v) if isinstance(v, int) else v for item, v in shuffled},
    ]
    whole = score(definition, sheet, {"sex": "male"})
    for way in ways:
        assert score(definition, way, {"sex": "male"}) == whole


def test_an_item_that_is_answered_under_two_names_is_refused() -> None:
    phq = catalogue.get("phq-9")
    both: dict[int | str, int | None] = {9: 0, "9": 3}
    with pytest.raises(AnswerRefused, match="item 9: 3 is not allowed"):
        score(phq, both)


def test_no_scale_may_have_a_number_when_none_of_its_items_is_answered() -> None:
    total = next(each for each in catalogue.get("psc-17-y").scales if each.missing.over_form)
    replace(total, items=total.items[:4])
    with pytest.raises(DefinitionError, match="3 of 3 items may be missing"):
        replace(total, items=total.items[:3])


def test_what_comes_out_cannot_be_changed_by_name() -> None:
    scored: Scored = score(catalogue.get("phq-2"), [0, 1])
    with pytest.raises(AttributeError):
        scored.cutset = "mine"  # type: ignore[misc]
