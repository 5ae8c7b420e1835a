"""Where a score asks for attention: cut-offs, critical items, the gate, validity."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from instruments.library.definition import BandRule, Cut, CutSet, Definition, Operation, Rounding
from instruments.pages.blocks import Block, Cell, Heading, Mark, Pairs, Paragraph, Table
from instruments.pages.citations import cited
from instruments.pages.key import numbers, titles
from instruments.pages.language import Language


def cutsets(language: Language, definition: Definition) -> list[Block]:
    """Every named set of cut-offs: for whom, from where, verified or not, what it needs."""
    w = language.word
    if not definition.cutsets:
        bands = definition.algorithm.bands if definition.algorithm else {}
        named = [
            language.named(definition.band_names[band]) for own in bands.values() for band in own
        ]
        text = w("own_bands", bands=language.joined(named)) if named else w("no_cut")
        return [Paragraph(text)]
    blocks: list[Block] = [Paragraph(w("campaign_names"))]
    for cutset in definition.cutsets:
        blocks += _cutset(language, definition, cutset)
    return blocks


def _cutset(language: Language, definition: Definition, cutset: CutSet) -> list[Block]:
    w = language.word
    state = (
        Mark(w("verified"), "good")
        if definition.is_verified(cutset.id)
        else Mark(w("unverified_cut"), "priority")
    )
    needs = language.joined(map(w, cutset.requires)) or w("needs_nothing")
    rows: list[tuple[str, Cell]] = [
        (w("population"), language.named(cutset.population)),
        (w("source"), cited(language, cutset.source)),
        (w("state"), state),
        (w("needs"), needs),
    ]
    if cutset.includes:
        sets = {each.id: each for each in definition.cutsets}
        names = language.joined(language.named(sets[each].title) for each in cutset.includes)
        rows.append((w("bands"), w("includes", names=names)))
    if cutset.note:
        rows.append((w("notes"), cited(language, cutset.note)))
    blocks: list[Block] = [Heading(language.named(cutset.title), cutset.id), Pairs(rows)]
    named = titles(language, definition)
    table: list[list[Cell]] = [
        [_rule_name(language, named, rule, choice), ranges(language, definition, rule, cuts)]
        for rule in cutset.bands
        for choice, cuts in rule.tables.items()
    ]
    if table:
        blocks.append(Table(language.named(cutset.title), [w("score"), w("bands")], table))
    return blocks


def _rule_name(language: Language, named: Mapping[str, str], rule: BandRule, choice: str) -> str:
    name = named.get(rule.scale, rule.scale)
    notes = [language.word(f"by_{choice}")] if choice else []
    notes += [language.word("worse_low")] if rule.worse == "low" else []
    return name + (language.word("brackets", text=language.joined(notes)) if notes else "")


def ranges(language: Language, definition: Definition, rule: BandRule, cuts: Sequence[Cut]) -> str:
    """Every band from its lowest score to its highest."""
    whole = is_whole(definition, rule.scale) and all(float(cut.start).is_integer() for cut in cuts)
    spans = [
        _span(float(low.start), float(high.start), whole=whole) for low, high in pairwise(cuts)
    ]
    spans.append(f"≥ {float(cuts[-1].start):g}")
    names = (language.named(definition.band_names[cut.band]) for cut in cuts)
    return language.clauses(f"{span} {name}" for span, name in zip(spans, names, strict=True))


def _span(low: float, next_low: float, *, whole: bool) -> str:
    if not whole:
        return f"≥ {low:g} < {next_low:g}"
    return f"{low:g}" if next_low - low == 1 else f"{low:g}–{next_low - 1:g}"


def is_whole(definition: Definition, key: str) -> bool:
    """Whether a score takes whole numbers only."""
    for scale in definition.scales:
        if scale.key == key:
            summed = scale.operation is not Operation.MEAN and scale.multiply.denominator == 1
            return summed or scale.rounding is not Rounding.NONE
    for derived in definition.derived:
        if derived.key == key:
            whole = derived.divisor is None and derived.multiply.denominator == 1
            return whole and all(is_whole(definition, term) for term, _factor in derived.terms)
    return True


def criticals(
    language: Language, definition: Definition, options: Mapping[int, str]
) -> list[Block]:
    """The answers that need a person at once."""
    w = language.word
    rows: list[list[Cell]] = [
        [
            w("item_number", n=rule.item),
            _from(language, rule.at_least, options),
            w(f"severity_{rule.severity}"),
            language.named(rule.about),
            cited(language, rule.source),
        ]
        for rule in definition.criticals
    ]
    if not rows:
        return []
    heads = [w(head) for head in ("item", "from_code", "severity", "about", "source")]
    return [Paragraph(w("critical_intro")), Table(w("critical"), heads, rows)]


def _from(language: Language, code: int, options: Mapping[int, str]) -> str:
    text = options.get(code)
    return language.word("code_text", code=code, text=text) if text else str(code)


def gate(language: Language, definition: Definition) -> list[Block]:
    """Who may be asked the sensitive items."""
    gated = definition.sensitive
    if gated is None:
        return []
    items = numbers(language, gated.items)
    text = language.word("gate_text", items=items, age=gated.minimum_age)
    return [Paragraph(text + language.named(gated.reason))]


def validity(language: Language, definition: Definition) -> list[Block]:
    """Flags about how the sheet was answered, and flags of single answers."""
    named = titles(language, definition)
    lines = [
        language.word(
            "validity_text",
            scale=named.get(each.scale, each.scale),
            n=each.at_least,
            flag=each.flag,
        )
        for each in definition.validity
    ]
    lines += [
        language.word(
            "item_flag_text", items=numbers(language, each.items), n=each.at_most, flag=each.flag
        )
        for each in definition.item_flags
    ]
    return [Paragraph(line) for line in lines]
