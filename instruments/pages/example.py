"""A worked example: an invented sheet with every step of the arithmetic, checked by the engine."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from instruments.library.definition import (
    Definition,
    Item,
    Method,
    Operation,
    Rounding,
    Scale,
    Value,
)
from instruments.pages.blocks import Block, Cell, Code, Pairs, Paragraph, Table
from instruments.pages.key import formula, numbers, titles
from instruments.pages.language import Language
from instruments.scoring.single import Scored, score

NIGHT = {"bed": 1380, "wake": 420, "latency_min": 20, "hours": 6.5}
CONTEXT = {"sex": "female"}
LONG = 12  # more terms than this are grouped: "3 × 2" for three items of 2 points


def sheet(definition: Definition) -> dict[str, Value]:
    """Every code in turn, so that reversed items and bands show; a usual night for the PSQI."""
    coded = [item for item in definition.items if not item.measured]
    answers: dict[str, Value] = {
        item.id: item.codes[place % len(item.codes)] for place, item in enumerate(coded)
    }
    return {item.id: answers.get(item.id, NIGHT.get(item.id)) for item in definition.items}


def worked(definition: Definition, answers: Mapping[str, Value]) -> Scored:
    """What the present engine makes of a sheet of the example."""
    return score(definition, dict(answers), CONTEXT)


def example(language: Language, definition: Definition) -> list[Block]:
    """The sheet, its reversed items, its scores step by step, and the same with blanks."""
    w = language.word
    answers = sheet(definition)
    scored = worked(definition, answers)
    measured = any(item.measured for item in definition.items)
    blocks: list[Block] = [Paragraph(w("example_night" if measured else "example_intro"))]
    if any(cutset.requires for cutset in definition.cutsets):
        blocks.append(Paragraph(w("example_context")))
    rows: list[tuple[str, Cell]] = [(w("answers"), _answers(language, answers))]
    turned = [item for item in definition.items if item.reverse]
    if turned:
        rows.append((w("reversed_values"), _turned(language, turned, answers)))
    blocks.append(Pairs(rows))
    blocks.append(_steps(language, definition, answers, scored, tuple(scored.scores)))
    blocks.append(Pairs([(w("flags"), [Code(f) for f in scored.flags] or w("flags_none"))]))
    return [*blocks, *_blanks(language, definition, answers)]


def _answers(language: Language, answers: Mapping[str, Value]) -> str:
    if all(item.isdigit() for item in answers):
        given = " ".join(f"{value:g}" for value in answers.values() if value is not None)
        return language.word("answers_codes", codes=given)
    return language.joined(
        f"{item} = {value:g}" for item, value in answers.items() if value is not None
    )


def _turned(language: Language, items: Sequence[Item], answers: Mapping[str, Value]) -> str:
    steps = [
        f"{language.word('item_number', n=item.id)} "
        f"{item.codes[0] + item.codes[-1]} − {value} = {item.keyed(value)}"
        for item in items
        if (value := answers[item.id]) is not None
    ]
    return language.clauses(steps)


def _steps(
    language: Language,
    definition: Definition,
    answers: Mapping[str, Value],
    scored: Scored,
    wanted: Sequence[str],
) -> Table:
    """A row for every wanted score: its arithmetic, its value, its band."""
    named = titles(language, definition)
    scales = {scale.key: scale for scale in definition.scales}
    derived = {each.key: each for each in definition.derived}
    rows: list[list[Cell]] = []
    for key in wanted:
        value = scored.scores[key]
        how = ""
        if key in scales:
            how = arithmetic(language, definition, scales[key], answers, value)
        elif key in derived:
            known = {k: f"{v:g}" for k, v in scored.scores.items() if v is not None}
            how = formula(derived[key], known) if value is not None else ""
        bands = _bands(language, definition, scored, key)
        rows.append([named.get(key, key), how, _shown(language, value), bands])
    own = set(scored.bands) - {r.name for r in definition.band_rules(scored.cutset)}
    if len(wanted) == len(scored.scores):
        rows += [
            [named[name], "", "", _band(language, definition, scored.bands[name])]
            for name in sorted(own)
        ]
    heads = [language.word(head) for head in ("score", "arithmetic", "result", "bands")]
    return Table(language.word("example"), heads, rows)


def arithmetic(
    language: Language,
    definition: Definition,
    scale: Scale,
    answers: Mapping[str, Value],
    result: Value,
) -> str:
    """The steps from the answers to the score of one scale."""
    if result is None:
        return ""
    values = [
        int(definition.by_id[item].keyed(value))
        for item in scale.items
        if (value := answers[item]) is not None
    ]
    if scale.operation is Operation.COUNT:
        return f"{language.word('count', n=scale.at_least)}{language.words['colon']}{result}"
    exact: float = sum(values)
    steps = [f"{addition(values)} = {exact}" if len(values) > 1 else str(exact)]
    if scale.missing.method is Method.PRORATE and len(values) < len(scale.items):
        steps.append(f"{exact} × {len(scale.items)} ÷ {len(values)} = ")
        exact = exact * len(scale.items) / len(values)
        steps[-1] += f"{exact:.4g}"
    if scale.operation is Operation.MEAN:
        steps.append(f"{exact} ÷ {len(scale.items)} = ")
        exact /= len(scale.items)
        steps[-1] += f"{round(exact, 4):g}"
    if scale.multiply != 1:
        steps.append(f"{exact:g} × {float(scale.multiply):g} = {exact * float(scale.multiply):g}")
        exact *= float(scale.multiply)
    if scale.rounding is not Rounding.NONE and exact != result:
        steps.append(language.line(language.word(scale.rounding.value), str(result)))
    return language.clauses(steps)


def addition(values: Sequence[int]) -> str:
    """The sum as it is written on paper; a long one by value: 3 × 2 is three items of 2."""
    if len(values) <= LONG:
        return " + ".join(map(str, values))
    groups = [(value, len(list(same))) for value, same in groupby(sorted(values))]
    return " + ".join(f"{count} × {value}" for value, count in groups)


def _shown(language: Language, value: Value) -> str:
    return language.word("null") if value is None else f"{round(value, 4):g}"


def _band(language: Language, definition: Definition, band: str | None) -> str:
    return language.word("null") if band is None else language.named(definition.band_names[band])


def _bands(language: Language, definition: Definition, scored: Scored, key: str) -> str:
    """The band of a score; where several sets of cut-offs are in use, each with its name."""
    rules = [rule.name for rule in definition.band_rules(scored.cutset) if rule.scale == key]
    named = {name: _band(language, definition, scored.bands[name]) for name in rules}
    if len(named) < 2:
        return language.clauses(named.values())
    owners = {r.name: language.named(c.title) for c in definition.cutsets for r in c.bands}
    return language.clauses(
        band + language.word("brackets", text=owners[name]) for name, band in named.items()
    )


def _blanks(
    language: Language, definition: Definition, answers: Mapping[str, Value]
) -> list[Block]:
    """What unanswered items do: the first scale that allows some, at its limit and beyond."""
    tolerant = [scale for scale in definition.scales if scale.missing.method is not Method.STRICT]
    if not tolerant:
        return [Paragraph(language.word("one_blank"))] if definition.scales else []
    scale = tolerant[0]
    blank = scale.items[-scale.missing.allowed :]
    thinned = {item: None if item in blank else value for item, value in answers.items()}
    items = numbers(language, blank)
    named = titles(language, definition)[scale.key]
    return [
        Paragraph(language.word("with_blanks_text", items=items)),
        _steps(language, definition, thinned, worked(definition, thinned), [scale.key]),
        Paragraph(language.word("one_more", score=named)),
    ]
