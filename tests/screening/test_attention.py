"""Which answers make a person look: the ill end of every scale does, the well end never does."""

import pytest

from instruments.library import catalogue
from instruments.library.definition import Definition
from screening.campaigns.attention import attention_band
from screening.taking.scoring import ATTENTION, HIGH, Asked, judge

EVERY = [
    (definition.key, cutset.id if cutset else None)
    for definition in catalogue.all()
    for cutset in [*definition.cutsets] or [None]
]
# scored only: their sources give no point from which somebody should look
NO_FLAG = {"cd-risc-10", "rcads-25", "rcads-47", "swls", "uls-8"}
BETTER_HIGH = {"who-5", "brcs", "rses"}
BY_THE_CLOCK = {"psqi"}  # its items are times of day: tried on their own below


def sheet(definition: Definition, *, ill: bool) -> dict[int | str, int]:
    """Every item at one end of its own direction."""
    high = ill != (definition.key in BETTER_HIGH)
    prosocial = _good(definition)
    return {
        item.id: max(item.codes)
        if (high != bool(item.reverse) and item.id not in prosocial)
        or (item.id in prosocial and not ill)
        else min(item.codes)
        for item in definition.items
    }


def _good(definition: Definition) -> set[str]:
    return {item for scale in definition.scales if scale.key == "prosocial" for item in scale.items}


def findings(key: str, cutset: str | None, *, ill: bool) -> list[tuple[str, int]]:
    definition = catalogue.get(key)
    asked = Asked(definition, cutset, attention_band(definition, cutset))
    judged = judge(asked, sheet(definition, ill=ill), "f")
    assert judged.failed is None
    return [(found.rule, found.severity) for found in judged.findings]


@pytest.mark.parametrize(("key", "cutset"), EVERY)
def test_the_well_end_of_a_scale_flags_nobody_and_the_ill_end_does(
    key: str, cutset: str | None
) -> None:
    if key in NO_FLAG:
        assert attention_band(catalogue.get(key), cutset) is None
    elif key not in BY_THE_CLOCK:
        assert findings(key, cutset, ill=False) == []
        assert findings(key, cutset, ill=True)


def test_low_well_being_is_flagged_and_high_is_not() -> None:
    asked = Asked(catalogue.get("who-5"), "default", "low_wellbeing")

    def found(code: int) -> list[tuple[str, int]]:
        answers = {str(item): code for item in range(1, 6)}
        return [(f.rule, f.severity) for f in judge(asked, answers, None).findings]

    assert found(0) == [("who-5:percent<51", HIGH)]
    assert found(2) == [("who-5:percent<51", ATTENTION)]  # 40
    assert found(3) == []  # 60
    assert found(5) == []


@pytest.mark.parametrize(
    ("yes", "expected"),
    [
        ({*range(1, 5), *range(6, 15)}, []),  # 13 yes: class III
        ({8}, []),  # class II is looked at in its campaign's report, it flags nobody
        ({25}, [("upi:class=I", ATTENTION)]),
        ({*range(27, 35), *range(36, 50), *range(51, 60)}, [("upi:class=I", ATTENTION)]),  # 31 yes
    ],
)
def test_upi_class_one_is_called_to_a_talk(yes: set[int], expected: list[tuple[str, int]]) -> None:
    definition = catalogue.get("upi")
    answers = {
        item.id: int(item.id in {str(number) for number in yes}) for item in definition.items
    }
    judged = judge(Asked(definition, None, "I"), answers, None)
    assert [(found.rule, found.severity) for found in judged.findings] == expected
    assert judged.positive is bool(expected)


def test_a_triage_screener_is_more_than_attention() -> None:
    definition = catalogue.get("asq")
    answers: dict[int | str, int | None] = {item.id: 0 for item in definition.items}
    asked = Asked(definition, None, attention_band(definition, None))
    assert judge(asked, answers, None).findings == ()
    [found] = judge(asked, answers | {"2": 1}, None).findings
    assert found.severity == HIGH


@pytest.mark.parametrize(("hours", "expected"), [(8, []), (3, ["psqi:total>=6", "psqi:total>=8"])])
def test_poor_sleep_is_flagged_by_its_hours(hours: int, expected: list[str]) -> None:
    definition = catalogue.get("psqi")
    poor = hours < 6
    named = {"bed": 1380, "wake": 420, "latency_min": 90 if poor else 10, "hours": hours}
    answers = {item.id: int(poor) for item in definition.items} | named
    asked = Asked(definition, "default", attention_band(definition, "default"))
    judged = judge(asked, answers, None)
    assert judged.failed is None
    assert sorted(found.rule for found in judged.findings) == expected
