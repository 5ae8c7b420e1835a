"""One version of a scale as a whole: its parts must fit together, or it does not exist."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from instruments.library.parts import (
    Algorithm,
    BandRule,
    Critical,
    Cut,
    CutSet,
    DefinitionError,
    Derived,
    Item,
    ItemFlag,
    Licence,
    Method,
    Missing,
    Named,
    Number,
    Operation,
    Provenance,
    Rounding,
    Scale,
    Sensitive,
    Validity,
    Value,
    Window,
    require,
)

__all__ = [
    "Algorithm",
    "BandRule",
    "Critical",
    "Cut",
    "CutSet",
    "Definition",
    "DefinitionError",
    "Derived",
    "Item",
    "ItemFlag",
    "Licence",
    "Method",
    "Missing",
    "Named",
    "Number",
    "Operation",
    "Provenance",
    "Rounding",
    "Scale",
    "Sensitive",
    "Validity",
    "Value",
    "Window",
]


# What a cut-off may ask about the person, with the values that choose a table.
CONTEXT = {"sex": ("male", "female")}


@dataclass(frozen=True)
class Definition:
    """One immutable version of a scale."""

    key: str
    version: str
    title: Named
    construct: str
    window: Window
    items: tuple[Item, ...]
    scales: tuple[Scale, ...]
    derived: tuple[Derived, ...]
    cutsets: tuple[CutSet, ...]
    band_names: Mapping[str, Named]
    validity: tuple[Validity, ...]
    item_flags: tuple[ItemFlag, ...]
    algorithm: Algorithm | None
    minimum_age: int
    maximum_age: int | None
    minutes: tuple[float, float]
    informants: tuple[str, ...]
    administration: str
    sensitive: Sensitive | None
    licence: Licence
    provenance: Provenance
    unverified: tuple[str, ...]
    notes: tuple[str, ...]
    names: tuple[str, ...] = ()
    key_verified: bool = True
    checksum: str = ""
    by_id: Mapping[str, Item] = field(init=False, repr=False, compare=False)
    criticals: tuple[Critical, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the items, then refuse contradictions between the parts."""
        object.__setattr__(self, "by_id", {item.id: item for item in self.items})
        found = tuple(item.critical for item in self.items if item.critical)
        object.__setattr__(self, "criticals", found)
        self._check_items()
        self._check_scores()
        self._check_cutsets()
        require(
            bool(self.provenance.sources),
            ("provenance", "sources"),
            "no source",
            "name where the key was read",
        )

    def _check_items(self) -> None:
        require(
            len(self.by_id) == len(self.items),
            ("items",),
            "an item number is used twice",
            "number the items once",
        )
        for kind, owner, ids in self._claims():
            for each in ids:
                require(
                    each in self.by_id,
                    (kind, owner, "items"),
                    f"item {each} does not exist",
                    f"use the item numbers of this form ({len(self.items)} items)",
                )

    def _claims(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        for scale in self.scales:
            yield "scales", scale.key, scale.items
        for flag in self.item_flags:
            yield "item_flags", flag.flag, flag.items
        if self.sensitive:
            yield "sensitive", "", self.sensitive.items

    def _check_scores(self) -> None:
        keys = self.score_keys
        again = next((key for key in keys if keys.count(key) > 1), "")
        require(not again, ("derived", again), f"score {again} exists twice", "rename one of them")
        known = {scale.key for scale in self.scales}
        if self.algorithm:
            known |= set(self.algorithm.scores)
        for derived in self.derived:
            wanted = [term for term, _ in derived.terms]
            wanted += [derived.divisor] if derived.divisor else []
            for each in wanted:
                require(
                    each in known,
                    ("derived", derived.key, "terms"),
                    f"score {each} is not computed before {derived.key}",
                    "name a scale, or an earlier derived score",
                )
            known.add(derived.key)
        for rule in self.validity:
            place = ("validity", "scale")
            require(rule.scale in known, place, f"no score {rule.scale}", "name a scale")

    def _check_cutsets(self) -> None:
        ids = [each.id for each in self.cutsets]
        for each in self.cutsets:
            place: tuple[str | int, ...] = ("cutsets", each.id)
            require(ids.count(each.id) == 1, place, f"{each.id} exists twice", "rename one of them")
            holds = each.bands or each.includes
            require(bool(holds), place, "no bands", "give bands, or include another cut-set")
            for other in each.includes:
                place = ("cutsets", each.id, "includes")
                require(other in ids, place, f"no cut-set {other}", "name a cut-set of this file")
        for each in self.cutsets:
            self._check_includes(each.id, (each.id,))
        for each in self.cutsets:
            self._check_rules(each)

    def _check_includes(self, cutset: str, way: tuple[str, ...]) -> None:
        chosen = self.cutset(cutset)
        for other in chosen.includes if chosen else ():
            place = ("cutsets", cutset, "includes")
            problem = f"{other} includes itself"
            require(other not in way, place, problem, "include other cut-sets only")
            self._check_includes(other, (*way, other))

    def _check_rules(self, cutset: CutSet) -> None:
        names = [rule.name for rule in self.band_rules(cutset.id)]
        again = next((name for name in names if names.count(name) > 1), "")
        place: tuple[str | int, ...] = ("cutsets", cutset.id, again)
        require(not again, place, f"{again} has two band rules", "give each rule a name of its own")
        for rule in cutset.bands:
            place = ("cutsets", cutset.id, rule.name)
            known = rule.scale in self.score_keys
            require(known, place, f"no score {rule.scale}", "name a score")
            _check_context(cutset, rule)
            for table in rule.tables.values():
                self._check_bands_named(cutset.id, table)

    def _check_bands_named(self, cutset: str, table: tuple[Cut, ...]) -> None:
        for cut in table:
            require(
                cut.band in self.band_names,
                ("cutsets", cutset, "cuts"),
                f"band {cut.band} has no name",
                "add it to [band_names]",
            )

    @property
    def spoken(self) -> bool:
        """Whether a trained person asks it, so that it is no form to fill in alone."""
        return self.administration != "self"

    @property
    def score_keys(self) -> tuple[str, ...]:
        """All scores in the order in which they are computed."""
        extra = self.algorithm.scores if self.algorithm else ()
        keys = [*(s.key for s in self.scales), *extra, *(d.key for d in self.derived)]
        return tuple(keys)

    @cached_property
    def item_ids(self) -> tuple[str, ...]:
        """The item identifiers in the order of the form."""
        return tuple(item.id for item in self.items)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """At which place of the form an item stands, from 0."""
        return {item: place for place, item in enumerate(self.item_ids)}

    def cutset(self, wanted: str | None) -> CutSet | None:
        """A cut-set by name; None means "default"; KeyError when the name is unknown."""
        for each in self.cutsets:
            if each.id == (wanted or "default"):
                return each
        if wanted is None or wanted == "default":
            return None
        raise KeyError(f"{self.key} has no cut-set {wanted}")

    def is_verified(self, wanted: str | None) -> bool:
        """Whether the key, the cut-set and all that it includes were seen in a source.

        What was recalled needs a named approver before a campaign may use it.
        """
        chosen = self.cutset(wanted)
        if chosen is None:
            return self.key_verified
        included = (self.is_verified(name) for name in chosen.includes)
        return self.key_verified and chosen.verified and all(included)

    def band_rules(self, wanted: str | None) -> tuple[BandRule, ...]:
        """The band rules of a cut-set and of those it includes."""
        chosen = self.cutset(wanted)
        if chosen is None:
            return ()
        included = [rule for name in chosen.includes for rule in self.band_rules(name)]
        return (*chosen.bands, *included)


def _check_context(cutset: CutSet, rule: BandRule) -> None:
    """A rule with a table for each group has them all, and its cut-set says what it needs."""
    if rule.by is None:
        return
    place = ("cutsets", cutset.id, rule.name)
    groups = CONTEXT.get(rule.by, ())
    require(bool(groups), place, f"{rule.by} is unknown", f"use one of {', '.join(CONTEXT)}")
    problem = f"tables for {', '.join(rule.tables)}"
    require(set(rule.tables) == set(groups), place, problem, f"give one for {', '.join(groups)}")
    remedy = f'add requires = ["{rule.by}"]'
    require(rule.by in cutset.requires, place, f"{rule.by} is not asked for", remedy)
