"""The page of one scale: everything its data says, for a counselor and for a psychometrician."""

from instruments.library import catalogue
from instruments.library.definition import Definition
from instruments.pages import cutoffs, key, texts
from instruments.pages.blocks import Block, Cell, Lines, Mark, Page, Pairs, Section
from instruments.pages.citations import bibliography, cited
from instruments.pages.example import example
from instruments.pages.language import Language


def scale_page(language: Language, definition: Definition) -> Page:
    """All sections that have something to say, in the order in which they are asked for."""
    found = texts.shipped(definition)
    own = next((text for text in found if text.language.startswith(language.code)), None)
    options = {option.code: option.text for option in own.options} if own else {}
    sections: list[tuple[str, list[Block]]] = [
        ("facts", key.facts(language, definition)),
        ("key", [*key.scores(language, definition), *key.own_rule(language, definition)]),
        ("cutsets", cutoffs.cutsets(language, definition)),
        ("critical", cutoffs.criticals(language, definition, options)),
        ("gate", cutoffs.gate(language, definition)),
        ("validity", cutoffs.validity(language, definition)),
        ("example", example(language, definition)),
        ("licence", texts.licence(language, definition)),
        ("texts", texts.texts(language, definition)),
        ("open", _sentences(language, definition.unverified)),
        ("notes", _sentences(language, definition.notes)),
        ("sources", [bibliography(language, definition)]),
        ("provenance", _provenance(language, definition)),
    ]
    shown = [Section(id_, language.word(id_), blocks) for id_, blocks in sections if blocks]
    return Page(language.named(definition.title), marks(language, definition), shown)


def marks(language: Language, definition: Definition) -> list[Mark]:
    """What must be known before anything else: is there a text, was it compared, who checked."""
    w = language.word
    if catalogue.languages(definition):
        found = texts.shipped(definition)
        names = language.joined(w(f"lang_{text.language}") for text in found)
        marks = [Mark(w("ready", languages=names), "good")]
        marks += [Mark(w("not_compared"), "priority")] if not all(t.compared for t in found) else []
    else:
        marks = [Mark(w("import_first"), "priority")]
    if not definition.key_verified:
        marks.append(Mark(w("key_recalled"), "priority"))
    if not definition.provenance.checked_by:
        marks.append(Mark(w("not_checked"), "priority"))
    return marks


def _sentences(language: Language, said: tuple[str, ...]) -> list[Block]:
    cells: list[Cell] = [cited(language, sentence) for sentence in said]
    return [Lines(cells)] if cells else []


def _provenance(language: Language, definition: Definition) -> list[Block]:
    w, made = language.word, definition.provenance
    checked: Cell = Mark(w("not_checked"), "priority")
    if made.checked_by:
        checked = w("by_on", by=made.checked_by, on=made.checked_on)
    authored = w("by_on", by=made.authored_by, on=made.authored_on)
    rows: list[tuple[str, Cell]] = [(w("authored"), authored), (w("checked"), checked)]
    rows += [(w("versions"), language.joined(catalogue.versions(definition.key)))]
    rows += [(w("reason"), cited(language, made.reason))] if made.reason else []
    return [Pairs(rows)]


def sentences(definition: Definition) -> tuple[str, ...]:
    """Everything a definition and its texts say to a reader in English sentences of their own."""
    found = texts.shipped(definition)
    return (
        *definition.notes,
        *definition.unverified,
        *([definition.provenance.reason] if definition.provenance.reason else []),
        definition.licence.text,
        *(cutset.note for cutset in definition.cutsets if cutset.note),
        *(scale.missing.source for scale in definition.scales),
        *(item.note for text in found for item in text.items if item.note),
        *(doubt for text in found for doubt in text.doubts),
    )
