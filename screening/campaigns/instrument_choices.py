"""The scales a campaign may take, for the person who picks: by scale, phones first, with facts."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from foundation.i18n import _, language
from instruments.library import catalogue
from instruments.library.definition import CutSet, Definition, Named

# what schools ask for most stands first
USED_MOST = ("phq-9", "gad-7", "who-5", "k6")


@dataclass(frozen=True)
class Offer:
    """One scale: its words, facts in a line, and its cut-sets as (value, words)."""

    title: str
    facts: str
    online: bool
    cutsets: tuple[tuple[str, str], ...]

    def holds(self, values: Collection[str]) -> bool:
        """Whether one of its cut-sets is among the values."""
        return any(value in values for value, _words in self.cutsets)


def offers() -> list[Offer]:
    """Every scale: those with wording first, of them the most used ones, then by title."""
    found = [(_rank(definition.key), _offer(definition)) for definition in catalogue.all()]
    found.sort(key=lambda pair: (not pair[1].online, pair[0], pair[1].title))
    return [offer for _place, offer in found]


def _rank(key: str) -> int:
    return USED_MOST.index(key) if key in USED_MOST else len(USED_MOST)


def choices() -> Iterator[tuple[str, str]]:
    """`key|cutset` with the words of both, for the form's own check."""
    for offer in offers():
        for value, words in offer.cutsets:
            yield value, f"{offer.title} · {words}"


def _offer(definition: Definition) -> Offer:
    found: list[CutSet | None] = [*definition.cutsets] or [None]
    return Offer(
        title=named(definition.title),
        facts=_facts(definition),
        online=catalogue.wording(definition.key, "zh-Hans") is not None,
        cutsets=tuple(
            (f"{definition.key}|{each.id if each else ''}", _cutset_words(definition, each))
            for each in found
        ),
    )


def named(words: Named) -> str:
    """A name of the catalogue in the language of the page."""
    return words.en if language() == "en" else words.zh


def cutset_words(definition: Definition, cutset: str | None) -> str:
    """The name of a campaign's cut-set, or what stands in its place."""
    return _cutset_words(definition, next((c for c in definition.cutsets if c.id == cutset), None))


def _cutset_words(definition: Definition, cutset: CutSet | None) -> str:
    if cutset is not None:
        return named(cutset.title)
    if definition.algorithm and definition.algorithm.bands:
        return _("按量表自己的规则分类")
    return _("没有界值，只计分")


def _facts(definition: Definition) -> str:
    facts = [_("%(n)s 题", n=len(definition.items)), _ages(definition)]
    if definition.minutes[1]:
        facts.insert(1, _("约 %(n)s 分钟", n=round(definition.minutes[1])))
    if definition.sensitive:
        facts.append(_("有敏感题目，要另行批准"))
    return " · ".join(facts)


def _ages(definition: Definition) -> str:
    youngest, oldest = definition.minimum_age, definition.maximum_age
    if oldest is None:
        return _("%(n)s 岁起", n=youngest)
    return _("%(n)s–%(m)s 岁", n=youngest, m=oldest)
