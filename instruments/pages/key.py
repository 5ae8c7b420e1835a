"""How a scale is scored, in blocks for a reader: facts, scores, rules of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from instruments.library.definition import (
    Definition,
    Derived,
    Item,
    Missing,
    Operation,
    Rounding,
    Scale,
)
from instruments.pages.blocks import Block, Cell, Code, Heading, Lines, Pairs, Paragraph, Table
from instruments.pages.citations import cited
from instruments.pages.language import Language


def numbers(language: Language, ids: Sequence[str]) -> str:
    """Item numbers, runs of three and more as a range."""
    shown: list[str] = []
    run: list[str] = []
    for each in [*ids, ""]:
        if run and each.isdigit() and run[-1].isdigit() and int(each) == int(run[-1]) + 1:
            run.append(each)
            continue
        shown += [f"{run[0]}–{run[-1]}"] if len(run) > 2 else run
        run = [each]
    return language.joined(shown)


def age(language: Language, definition: Definition) -> str:
    """The ages a scale is meant for."""
    low, high = definition.minimum_age, definition.maximum_age
    return language.word("age_range" if high else "age_from", low=low, high=high)


def minutes(language: Language, definition: Definition) -> str:
    """How long it takes."""
    low, high = definition.minutes
    if low < high <= 1:
        return language.word("minutes_within", n=f"{high:g}")
    return language.word("minutes_text", n=f"{low:g}" if low == high else f"{low:g}–{high:g}")


def facts(language: Language, definition: Definition) -> list[Block]:
    """What a counselor asks first."""
    w = language.word
    coded = [item for item in definition.items if not item.measured]
    rows: list[tuple[str, Cell]] = [
        (w("use"), language.constructs[definition.construct]),
        (w("names"), language.joined(definition.names)),
        (w("items"), str(len(definition.items))),
        (w("minutes"), minutes(language, definition)),
        (w("age"), age(language, definition)),
        (w("informants"), language.joined(map(w, definition.informants))),
        (w("administration"), w(definition.administration)),
        (w("window"), language.named(definition.window.text) or w("no_window")),
        (w("codes"), language.joined(map(str, coded[0].codes))),
        *_measured(language, definition.items),
        (w("reverse"), _reverse(language, coded)),
        (w("version"), Code(f"{definition.key} {definition.version}")),
        (w("checksum"), Code(definition.checksum)),
    ]
    return [Pairs(rows)]


def _measured(language: Language, items: Sequence[Item]) -> list[tuple[str, Cell]]:
    fields = [
        language.word("measured_text", item=i.id, low=f"{i.minimum:g}", high=f"{i.maximum:g}")
        for i in items
        if i.measured
    ]
    return [(language.word("measured"), language.clauses(fields))] if fields else []


def _reverse(language: Language, items: Sequence[Item]) -> str:
    turned = [item for item in items if item.reverse]
    if not turned:
        return language.word("reverse_none")
    codes = turned[0].codes
    ids = numbers(language, [item.id for item in turned])
    return language.word("reverse_text", items=ids, sum=codes[0] + codes[-1])


def scores(language: Language, definition: Definition) -> list[Block]:
    """Every score with its items and arithmetic, then what blanks do to it."""
    w, named = language.word, titles(language, definition)
    rows: list[list[Cell]] = [
        [
            language.named(scale.title),
            _members(language, definition, scale),
            operation(language, scale),
        ]
        for scale in definition.scales
    ]
    rows += [
        [language.named(each.title), w("derived"), formula(each, named)]
        for each in definition.derived
    ]
    if not rows:
        return []
    heads = [w(head) for head in ("score", "members", "operation")]
    return [Table(w("key"), heads, rows), *_missing_rules(language, definition)]


def _missing_rules(language: Language, definition: Definition) -> list[Block]:
    """Each rule for unanswered items once, with the scores it holds for when there are several."""
    found: dict[Missing, list[str]] = {}
    for scale in definition.scales:
        found.setdefault(scale.missing, []).append(language.named(scale.title))
    if not found:
        return []
    several = len(found) > 1
    rows: list[tuple[str, Cell]] = [
        (language.joined(names) if several else language.word("missing"), missing(language, rule))
        for rule, names in found.items()
    ]
    heading = [Heading(language.word("missing"))] if several else []
    return [*heading, Pairs(rows)]


def _members(language: Language, definition: Definition, scale: Scale) -> str:
    turned = [item for item in scale.items if definition.by_id[item].reverse]
    listed = numbers(language, scale.items)
    if not turned:
        return listed
    note = language.word("reversed_here", items=numbers(language, turned))
    return listed + language.word("brackets", text=note)


def operation(language: Language, scale: Scale) -> str:
    """The arithmetic of a scale in words."""
    w = language.word
    parts = [
        w("count", n=scale.at_least)
        if scale.operation is Operation.COUNT
        else w(scale.operation.value)
    ]
    if scale.multiply != 1:
        parts.append(w("times", n=f"{float(scale.multiply):g}"))
    if scale.rounding is not Rounding.NONE:
        parts.append(w(scale.rounding.value))
    elif scale.operation is Operation.MEAN or scale.multiply.denominator != 1:
        parts.append(w("none_rounding"))
    return language.joined(parts)


def missing(language: Language, rule: Missing) -> Cell:
    """What unanswered items do to a score, with the source of the rule."""
    said = language.word(rule.method.value, n=rule.allowed)
    return (f"{said}{language.words['semicolon']}", *cited(language, rule.source))


def titles(language: Language, definition: Definition) -> dict[str, str]:
    """The name of every score and class; those of a rule of its own are in the words file."""
    own = definition.algorithm
    named = {key: language.scores[key] for key in (*own.scores, *own.bands)} if own else {}
    named |= {scale.key: language.named(scale.title) for scale in definition.scales}
    return named | {each.key: language.named(each.title) for each in definition.derived}


def formula(derived: Derived, shown: Mapping[str, str]) -> str:
    """A derived score as a sum of other scores, which are shown by name or by value."""
    terms = [
        f"{'−' if factor < 0 else '+'} {f'{abs(factor)} × ' if abs(factor) != 1 else ''}{shown[key]}"
        for key, factor in derived.terms
    ]
    if derived.constant:
        terms.insert(0, str(derived.constant))
    text = " ".join(terms).removeprefix("+ ")
    scaled = derived.multiply != 1 or derived.divisor
    text = f"({text})" if scaled and len(terms) > 1 else text
    text += f" × {float(derived.multiply):g}" if derived.multiply != 1 else ""
    return text + (f" ÷ {shown[derived.divisor]}" if derived.divisor else "")


def own_rule(language: Language, definition: Definition) -> list[Block]:
    """A rule that is no sum, in words, with its numbers from the data."""
    algorithm = definition.algorithm
    if algorithm is None:
        return []
    filled = {key: _number(language, value) for key, value in algorithm.parameters.items()}
    if "factors" in filled:
        named = titles(language, definition)
        filled["factors"] = language.joined(named[key] for key in algorithm.parameters["factors"])  # type: ignore[attr-defined]
    first, *steps = language.algorithms[algorithm.name].format(**filled).split("\n")
    source = cited(language, algorithm.source)
    return [
        Heading(language.word("algorithm"), algorithm.name),
        Paragraph(first),
        *([Lines(steps)] if steps else []),
        Pairs([(language.word("rule_source"), source)]),
    ]


def _number(language: Language, value: Any) -> str:
    if isinstance(value, Mapping):
        return language.joined(
            f"{language.word('item_number', n=item)} ≥ {least}" for item, least in value.items()
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        return numbers(language, [str(each) for each in value])
    return str(value)
