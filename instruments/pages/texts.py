"""Whose text it is, what ships, how well each item is attested, and who compared it."""

from instruments.library import catalogue
from instruments.library.definition import Definition
from instruments.library.wording import Option, Wording
from instruments.pages.blocks import (
    Block,
    Cell,
    Heading,
    Lines,
    Mark,
    Pairs,
    Paragraph,
    Quoted,
    Table,
)
from instruments.pages.citations import cited
from instruments.pages.language import Language

SOURCE_LANGUAGE = "en"  # in which the remarks on a text are written


def shipped(definition: Definition) -> list[Wording]:
    """The texts that ship with this version."""
    found = (
        catalogue.wording(definition.key, code, definition.version)
        for code in catalogue.languages(definition)
    )
    return [text for text in found if text]


def licence(language: Language, definition: Definition) -> list[Block]:
    """Class, holder, terms, evidence, and what a school has to record."""
    w, grant = language.word, definition.licence
    kind = w(f"class_{grant.code}")
    if grant.pack:
        kind += w("brackets", text=w("pack", pack=grant.pack))
    rows: list[tuple[str, Cell]] = [
        (w("licence"), kind),
        (w("holder"), grant.holder),
        (w("terms"), language.said(grant.text)),
        (w("evidence"), cited(language, grant.evidence)),
    ]
    if grant.record_required:
        rows.append((w("record"), w("record_needed")))
    return [Pairs(rows)]


def texts(language: Language, definition: Definition) -> list[Block]:
    """Every shipped text, or what is to be done without one."""
    found = sorted(
        shipped(definition), key=lambda text: not text.language.startswith(language.code)
    )
    if not found:
        return [Paragraph(language.word("texts_none"))]
    return [block for text in found for block in _text(language, text)]


def _text(language: Language, text: Wording) -> list[Block]:
    w = language.word
    rows: list[tuple[str, Cell]] = [(w("state"), state(language, text))]
    if text.instruction.text:
        rows.append((w("instruction"), Quoted(text.instruction.text, text.language)))
    if text.stem:
        rows.append((w("stem"), Quoted(text.stem.text, text.language)))
    answers = language.clauses(_option(language, option) for option in text.options)
    rows.append((w("options"), Quoted(answers, text.language)))
    rows += [
        (w(name), Quoted(value, SOURCE_LANGUAGE))
        for name, value in (("credit", text.licence.attribution), ("cite", text.licence.cite))
        if value
    ]
    items: list[list[Cell]] = [
        [
            item.item,
            Quoted(item.text, text.language),
            w(item.status),
            language.said(item.note),
        ]
        for item in text.items
    ]
    name = w("text_in", language=w(f"lang_{text.language}"))
    heads = [w(head) for head in ("item", "item_text", "status", "remark")]
    blocks: list[Block] = [Heading(name), Pairs(rows), Table(name, heads, items)]
    if text.doubts:
        blocks += [Paragraph(w("doubts")), Lines([language.said(each) for each in text.doubts])]
    sources: list[Cell] = [Quoted(each, SOURCE_LANGUAGE) for each in text.sources]
    return [*blocks, Paragraph(w("text_sources")), Lines(sources)]


def _option(language: Language, option: Option) -> str:
    pattern = "option_text" if option.printed is None else "option_printed"
    return language.word(pattern, code=option.code, text=option.text, printed=option.printed)


def state(language: Language, text: Wording) -> Mark:
    """Whether a named person compared the text with the publisher's page."""
    if not text.compared:
        return Mark(language.word("not_compared"), "priority")
    return Mark(language.word("compared", by=text.compared_by, on=text.compared_on), "good")
