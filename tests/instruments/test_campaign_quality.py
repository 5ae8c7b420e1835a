"""A campaign's own answers say which sheets do not fit among them."""

import numpy as np

from instruments.library import catalogue
from instruments.library.definition import Definition, Value
from instruments.psychometrics.irt import GradedItem, simulate
from instruments.quality.campaign import (
    CAMPAIGN_WIDE,
    campaign_indices,
    campaign_policy,
    measured_of,
)
from instruments.quality.policy import FAMILY, Family, Index, assess_sheet, measured_reasons

ODD = 30


def honest(definition: Definition, people: int, seed: int = 4) -> list[dict[str, Value]]:
    """Sheets of one trait that all items of the form share."""
    draw = np.random.default_rng(seed)
    codes = tuple(float(code) for code in definition.items[0].codes)
    cuts = np.linspace(-0.5, 2.5, len(codes) - 1)
    items = []
    for _item in definition.items:
        slope = float(draw.uniform(1.5, 3))
        items.append(
            GradedItem(codes, slope, tuple((-slope * (cuts + draw.normal(0, 0.4))).tolist()))
        )
    answers = simulate(tuple(items), draw.normal(size=people), seed)
    return [
        {
            item.id: _raw(item.reverse, codes, value)
            for item, value in zip(definition.items, row, strict=True)
        }
        for row in answers
    ]


def _raw(reverse: bool, codes: tuple[float, ...], value: float) -> int:  # noqa: FBT001
    return int(codes[0] + codes[-1] - value if reverse else value)


def with_random_ones(definition: Definition) -> list[dict[str, Value]]:
    sheets = honest(definition, 600)
    draw = np.random.default_rng(9)
    for sheet in sheets[:ODD]:
        sheet.update({item.id: int(draw.choice(item.codes)) for item in definition.items})
    return sheets


def suspected(definition: Definition, sheets: list[dict[str, Value]]) -> list[bool]:
    measured = campaign_indices(definition, sheets)
    policy = campaign_policy(measured)
    return [
        bool(list(measured_reasons(measured_of(measured, place), policy)))
        for place in range(len(sheets))
    ]


def test_random_sheets_stand_out_and_honest_ones_hardly_do() -> None:
    for key in ("phq-9", "mssmhs"):
        definition = catalogue.get(key)
        found = suspected(definition, with_random_ones(definition))
        assert np.mean(found[:ODD]) >= 0.9, key
        assert np.mean(found[ODD:]) <= 0.08, key


def test_a_long_form_has_even_odd_and_a_short_one_the_response_model() -> None:
    assert Index.EVEN_ODD in campaign_indices(
        catalogue.get("mssmhs"), honest(catalogue.get("mssmhs"), 200)
    )
    short = campaign_indices(catalogue.get("phq-9"), honest(catalogue.get("phq-9"), 200))
    assert {Index.PERSON_FIT, Index.GUTTMAN, Index.PERSON_TOTAL} <= short.keys()
    assert short.keys() <= CAMPAIGN_WIDE


def test_all_of_them_are_one_witness() -> None:
    assert {FAMILY[index] for index in CAMPAIGN_WIDE} == {Family.CONSISTENCY}
    odd: dict[Index, float | None] = {Index.PERSON_TOTAL: -0.9, Index.PERSON_FIT: -6.0}
    answers: dict[str, int | None] = {str(item): 1 + item % 3 for item in range(9)}
    alone = assess_sheet([0, 1, 2, 3], answers, 6.0, measured=odd)
    assert len(alone.reasons) == 2
    assert not alone.ask_retest
    assert assess_sheet([0, 1, 2, 3], answers, 0.6, measured=odd).ask_retest


def test_a_limit_of_the_campaign_never_suspects_more_than_the_known_one() -> None:
    everybody = np.linspace(-1, 1, 200)
    assert campaign_policy({Index.PERSON_TOTAL: everybody}).limits[Index.PERSON_TOTAL] < -0.8
    assert campaign_policy({Index.PERSON_TOTAL: everybody + 5}).limits[Index.PERSON_TOTAL] == 0.0
    assert Index.GUTTMAN not in campaign_policy({Index.GUTTMAN: everybody[:50]}).limits


def test_few_sheets_short_forms_and_equal_answers_say_nothing() -> None:
    phq, gad2 = catalogue.get("phq-9"), catalogue.get("gad-2")
    assert campaign_indices(phq, honest(phq, 99)) == {}
    assert campaign_indices(gad2, honest(gad2, 200)) == {}
    same: list[dict[str, Value]] = [dict.fromkeys(phq.item_ids, 0)] * 200
    assert campaign_indices(phq, same) == {}
    for each in catalogue.all():
        campaign_indices(each, [dict.fromkeys(each.item_ids)] * 120)
