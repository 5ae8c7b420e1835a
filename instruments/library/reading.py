"""Reads definition.toml into a Definition and names file, line and remedy when it cannot."""

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from instruments.library.definition import Definition
from instruments.library.forms import DEFINITION
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
    require,
)
from instruments.library.shape import Kind

Table = Mapping[str, Any]
T = TypeVar("T")


class DefinitionRefused(ValueError):
    """A definition file that is not used: file, line, what is wrong, what to change."""

    def __init__(self, path: Path, line: int, problem: str, remedy: str) -> None:
        """Show the four parts in one sentence."""
        self.path, self.line, self.problem, self.remedy = path, line, problem, remedy
        super().__init__(f"{path}:{line}: {problem}; {remedy}")


def read_definition(path: Path) -> Definition:
    """Definition of one file; DefinitionRefused with file, line and remedy otherwise."""
    return read_checked(path, DEFINITION, parse_definition)


def read_checked(path: Path, shape: Kind, parse: Callable[[Table, str], T]) -> T:
    """A TOML file of a shape, parsed with its checksum; DefinitionRefused otherwise."""
    content = path.read_bytes()
    text = _decoded(path, content)
    try:
        table = tomllib.loads(text)
        shape(table, ())
        return parse(table, hashlib.sha256(content).hexdigest())
    except tomllib.TOMLDecodeError as broken:
        line = _toml_line(str(broken), text)
        raise DefinitionRefused(path, line, str(broken), "repair the TOML") from None
    except DefinitionError as broken:
        line = line_of(text, broken.place)
        raise DefinitionRefused(path, line, broken.problem, broken.remedy) from None


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as broken:
        line = content[: broken.start].count(b"\n") + 1
        raise DefinitionRefused(path, line, "not UTF-8", "save the file in UTF-8") from None


def _toml_line(message: str, text: str) -> int:
    """The line in the parser's message; "at end of document" is the last one."""
    digits = message.rpartition("line ")[2].partition(",")[0]
    return int(digits) if digits.isdigit() else text.count("\n") + 1


def line_of(text: str, place: tuple[str | int, ...]) -> int:
    """The line of the table, row or field that a DefinitionError names (1 when it has none)."""
    lines = text.splitlines()
    line, path = 0, ""
    for depth, step in enumerate(place):
        if isinstance(step, int):
            rows = [n for n in range(line, len(lines)) if lines[n].startswith(f"[[{path}]]")]
            line = rows[step] if step < len(rows) else line
            continue
        path = f"{path}.{step}".lstrip(".")
        named = tuple(f'{field} = "{step}"' for field in ("key", "id", "name", "flag"))
        needles = (f"[[{path}]]", f"[{path}]", f"[[{step}]]", f"[{step}]", f"{step} =", *named)
        below = range(line + bool(depth), len(lines))
        line = next((n for n in below if lines[n].startswith(needles)), line)
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
    listed = [_critical(each) for each in table.get("critical", ())]
    critical = {rule.item: rule for rule in listed}
    require(
        len(critical) == len(listed),
        ("critical",),
        "an item is critical twice",
        "keep one rule for each item",
    )
    reverse = item_ids(form.get("reverse", []))
    ranges = form.get("measured", {})
    ids = item_ids(form["ids"])
    _check_named(ids, reverse, critical, ranges)
    codes = tuple(form["codes"])
    made = []
    for each in ids:
        low, high = ranges.get(each, (None, None))
        made.append(Item(each, codes, each in reverse, low, high, critical.get(each)))
    return tuple(made)


def _check_named(
    ids: tuple[str, ...], reverse: tuple[str, ...], critical: Table, ranges: Table
) -> None:
    """Items that are named apart exist; a measured field has a range and no direction."""
    for place, named in (
        (("items", "reverse"), reverse),
        (("critical",), tuple(critical)),
        (("items", "measured"), tuple(ranges)),
    ):
        for each in named:
            problem = f"item {each} does not exist"
            require(each in ids, place, problem, "use an item of this form")
    for each, (low, high) in ranges.items():
        require(
            low < high,
            ("items", "measured", each),
            f"from {low} to {high}",
            "give the lower end first",
        )
        problem = f"{each} is measured and cannot be reversed"
        require(each not in reverse, ("items", "reverse"), problem, "take it out of reverse")


def _critical(table: Table) -> Critical:
    return Critical(
        item=str(table["item"]),
        at_least=table["at_least"],
        severity=table["severity"],
        about=_named(table["about"]),
        flag=table.get("flag"),
        source=table["source"],
    )


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
            missing["source"],
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
    try:
        bands = tuple(_band_rule(each) for each in table.get("bands", ()))
    except DefinitionError as broken:
        place = ("cutsets", table["id"], *broken.place[1:])
        raise DefinitionError(place, broken.problem, broken.remedy) from None
    return CutSet(
        id=table["id"],
        title=_named(table["title"]),
        population=_named(table["population"]),
        source=table["source"],
        verified=table["verified"],
        bands=bands,
        includes=tuple(table.get("includes", ())),
        requires=tuple(table.get("requires", ())),
        note=table.get("note", ""),
    )


def _band_rule(table: Table) -> BandRule:
    by = table.get("by")
    tables = table["cuts"] if by else {"": table["cuts"]}
    for bounds in tables.values():
        flat = isinstance(bounds, dict) and not any(isinstance(n, dict) for n in bounds.values())
        place = ("cutsets", table["name"], "cuts")
        remedy = f"give a table for each {by}" if by else 'give bounds, or say by = "sex"'
        require(flat, place, "tables of bounds and by do not go together", remedy)
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
    return Licence(
        table["class"],
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
