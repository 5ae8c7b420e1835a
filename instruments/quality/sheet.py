"""The quality of one submitted sheet of a library instrument."""

from collections.abc import Mapping, Sequence

from instruments.library.definition import Definition, Validity, Value
from instruments.quality.policy import DEFAULT_POLICY, LieRule, Policy, QualityReport, assess_sheet


def sheet_quality(
    definition: Definition,
    answers: Mapping[str, Value],
    seconds_per_item: Mapping[str, float] | float | None = None,
    *,
    instructed: Mapping[str, int] | None = None,
    seconds_per_page: Sequence[tuple[float, int]] = (),
    policy: Policy = DEFAULT_POLICY,
) -> QualityReport:
    """Judge raw answers by item id; measured fields (minutes, hours) have no pattern to judge."""
    coded = [item for item in definition.items if item.codes and not item.measured]
    return assess_sheet(
        codes=sorted({code for item in coded for code in item.codes}) or [0],
        answers={item.id: _code(answers.get(item.id)) for item in coded},
        seconds_per_item=seconds_per_item,
        reverse=[item.id for item in coded if item.reverse],
        lie=lie_rule(definition),
        instructed=instructed,
        seconds_per_page=seconds_per_page,
        policy=policy,
    )


def _code(value: Value) -> int | None:
    return None if value is None else int(value)


def lie_rule(definition: Definition) -> LieRule | None:
    """The validity scale of the key, if it has one; its items count at their highest code."""
    by_key = {scale.key: scale for scale in definition.scales}
    for rule in definition.validity:
        items = by_key[rule.scale].items if rule.scale in by_key else ()
        if items:
            return _lie(definition, items, rule)
    return None


def _lie(definition: Definition, items: Sequence[str], rule: Validity) -> LieRule:
    top = definition.by_id[items[0]].codes[-1]
    return LieRule(frozenset(items), code=top, at_least=rule.at_least)
