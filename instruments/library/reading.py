"""Reads definition.toml into a Definition and names file, line and remedy when it cannot."""

import hashlib
import tomllib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from instruments.library.definition import Definition
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
    Operation,
    Provenance,
    Rounding,
    Scale,
    Sensitive,
    Validity,
    Window,
)

Table = Mapping[str, Any]


class DefinitionRefused(ValueError):
    """A definition file that is not used: file, line, what is wrong, what to change."""

    def __init__(self, path: Path, line: int, problem: str, remedy: str) -> None:
        """Show the four parts in one sentence."""
        self.path, self.line, self.problem, self.remedy = path, line, problem, remedy
        super().__init__(f"{path}:{line}: {problem}; {remedy}")


def read_definition(path: Path) -> Definition:
    """Definition of one file; DefinitionRefused with file, line and remedy otherwise."""
    content = path.read_bytes()
    text = content.decode("utf-8")
    try:
        return parse_definition(tomllib.loads(text), hashlib.sha256(content).hexdigest())
    except tomllib.TOMLDecodeError as broken:
        line = _toml_line(str(broken))
        raise DefinitionRefused(path, line, str(broken), "repair the TOML") from None
    except DefinitionError as broken:
        line = line_of(text, broken.place)
        raise DefinitionRefused(path, line, broken.problem, broken.remedy) from None
    except KeyError as absent:
        problem = f"field {absent} is missing"
        raise DefinitionRefused(
            path, 1, problem, "add it; docs/instruments.md lists them"
        ) from None
    except ValueError as broken:
        raise DefinitionRefused(path, 1, str(broken), "use one of the allowed values") from None


def _toml_line(message: str) -> int:
    digits = message.rpartition("line ")[2].partition(",")[0]
    return int(digits) if digits.isdigit() else 1


def line_of(text: str, place: tuple[str | int, ...]) -> int:
    """The line of the table or field that a DefinitionError names (1 when it has none)."""
    lines = text.splitlines()
    line = 0
    for step in place:
        named = tuple(f'{field} = "{step}"' for field in ("key", "id", "name", "flag"))
        needles = (f"[[{step}", f"[{step}", f"{step} =", *named)
        for number in range(line, len(lines)):
            if lines[number].lstrip().startswith(needles):
                line = number
                break
    return line + 1


def parse_definition(table: Table, checksum: str = "") -> Definition:
    """Definition of a parsed TOML table."""
    age, minutes = table["age"], table["minutes"]
    return Definition(
        key=table["key"],
        version=table["version"],
        title=_named(table["title"]),
        construct=table["construct"],
        window=Window(table["window"]["days"], _named(table["window"])),
        items=_items(table),
        scales=tuple(_scale(each) for each in table.get("scales", ())),
        derived=tuple(_derived(each) for each in table.get("derived", ())),
        cutsets=tuple(_cutset(each) for each in table.get("cutsets", ())),
        band_names={k: _named(v) for k, v in table.get("band_names", {}).items()},
        validity=tuple(Validity(**each) for each in table.get("validity", ())),
        item_flags=tuple(_item_flag(each) for each in table.get("item_flags", ())),
        algorithm=_algorithm(table.get("algorithm")),
        minimum_age=age["min"],
        maximum_age=age.get("max"),
        minutes=(minutes[0], minutes[1]),
        informants=tuple(table["informants"]),
        administration=table.get("administration", "self"),
        sensitive=_sensitive(table.get("sensitive")),
        licence=_licence(table["licence"]),
        provenance=_provenance(table["provenance"]),
        unverified=tuple(table.get("unverified", ())),
        notes=tuple(table.get("notes", ())),
        names=tuple(table.get("names", ())),
        key_verified=table.get("key_verified", True),
        checksum=checksum,
    )


def item_ids(listed: list[int | str]) -> tuple[str, ...]:
    """Item identifiers of a list of numbers, fields and ranges such as "1-15"."""
    found: list[str] = []
    for each in listed:
        first, dash, last = str(each).partition("-")
        if dash and first.isdigit() and last.isdigit():
            found += [str(number) for number in range(int(first), int(last) + 1)]
        else:
            found.append(str(each))
    return tuple(found)


def _named(table: Table) -> Named:
    return Named(table["zh"], table["en"])


def _items(table: Table) -> tuple[Item, ...]:
    form = table["items"]
    critical = {c.item: c for c in (_critical(each) for each in table.get("critical", ()))}
    reverse = set(item_ids(form.get("reverse", [])))
    codes = tuple(form["codes"])
    ranges = form.get("measured", {})
    ids = item_ids(form["ids"])
    for each in (*reverse, *critical, *ranges):
        if each not in ids:
            place = ("items", "reverse") if each in reverse else ("critical",)
            raise DefinitionError(place, f"item {each} does not exist", "use an item of this form")
    made = []
    for each in ids:
        low, high = ranges.get(each, (None, None))
        made.append(Item(each, codes, each in reverse, low, high, critical.get(each)))
    return tuple(made)


def _critical(table: Table) -> Critical:
    rule = Critical(
        item=str(table["item"]),
        at_least=table["at_least"],
        severity=table["severity"],
        about=_named(table["about"]),
        flag=table.get("flag"),
        source=table["source"],
    )
    if rule.severity not in (1, 2, 3):
        place = ("critical", "severity")
        raise DefinitionError(place, f"severity {rule.severity}", "use 3, 2 or 1")
    return rule


def _scale(table: Table) -> Scale:
    missing = table["missing"]
    return Scale(
        key=table["key"],
        title=_named(table["title"]),
        items=item_ids(table["items"]),
        operation=Operation(table.get("operation", "sum")),
        missing=Missing(
            Method(missing["method"]),
            missing.get("allowed", 0),
            missing.get("over_form", False),
            missing.get("flags", False),
            missing.get("source", ""),
        ),
        at_least=table.get("at_least"),
        multiply=_fraction(table.get("multiply", 1)),
        rounding=Rounding(table.get("rounding", "none")),
    )


def _fraction(value: int | str) -> Fraction:
    return Fraction(value)


def _derived(table: Table) -> Derived:
    return Derived(
        key=table["key"],
        title=_named(table["title"]),
        terms=tuple(table["terms"].items()),
        constant=table.get("constant", 0),
        divisor=table.get("divisor"),
        multiply=_fraction(table.get("multiply", 1)),
        rounding=Rounding(table.get("rounding", "none")),
    )


def _cutset(table: Table) -> CutSet:
    return CutSet(
        id=table["id"],
        title=_named(table["title"]),
        population=_named(table["population"]),
        source=table["source"],
        verified=table["verified"],
        bands=tuple(_band_rule(each) for each in table.get("bands", ())),
        includes=tuple(table.get("includes", ())),
        requires=tuple(table.get("requires", ())),
        note=table.get("note", ""),
    )


def _band_rule(table: Table) -> BandRule:
    by = table.get("by")
    tables = table["cuts"] if by else {"": table["cuts"]}
    cuts = {k: _cuts(v) for k, v in tables.items()}
    return BandRule(table["name"], table["scale"], cuts, by, table.get("worse", "high"))


def _cuts(table: Table) -> tuple[Cut, ...]:
    return tuple(Cut(start, band) for band, start in table.items())


def _item_flag(table: Table) -> ItemFlag:
    return ItemFlag(table["flag"], item_ids(table["items"]), table["at_most"])


def _algorithm(table: Table | None) -> Algorithm | None:
    if table is None:
        return None
    bands = {name: tuple(values) for name, values in table.get("bands", {}).items()}
    return Algorithm(
        table["name"],
        tuple(table.get("scores", ())),
        bands,
        tuple(table.get("flags", ())),
        table.get("parameters", {}),
        table["source"],
    )


def _sensitive(table: Table | None) -> Sensitive | None:
    if table is None:
        return None
    return Sensitive(item_ids(table["items"]), table["minimum_age"], _named(table["reason"]))


def _licence(table: Table) -> Licence:
    code = table["class"]
    if code not in ("A", "B", "C", "D"):
        raise DefinitionError(("licence", "class"), f"licence class {code}", "use A, B, C or D")
    return Licence(
        code,
        table["holder"],
        table["text"],
        table["evidence"],
        table.get("record_required", False),
        table.get("pack"),
    )


def _provenance(table: Table) -> Provenance:
    return Provenance(
        tuple(table["sources"]),
        table["authored_by"],
        table["authored_on"],
        table["checked_by"],
        table["checked_on"],
        table.get("reason", ""),
    )
