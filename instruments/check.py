"""Checks the whole library: checksums, places, keys, texts; `python -m instruments check`."""

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from instruments.library.catalogue import DATA, PACKS
from instruments.library.definition import BandRule, Definition
from instruments.library.fit import Complaint, fit_problems
from instruments.library.reading import DefinitionRefused, line_of, read_definition
from instruments.library.wording import Wording, read_wording
from instruments.matrix.packing import packing_of
from instruments.scoring.algorithms import ALGORITHMS

MOST_ITEMS = 250  # unanswered items of a form are counted in one byte
SHIPPABLE = frozenset({"OFFICIAL", "CONSENSUS", "SINGLE", "INFERRED"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: file, line, what, and what to change."""

    path: Path
    line: int
    problem: str
    remedy: str

    def __str__(self) -> str:
        """file:line: problem; remedy."""
        return f"{self.path}:{self.line}: {self.problem}; {self.remedy}"


class LibraryRefused(RuntimeError):
    """The library must not be used; the text has a line for each finding."""


@cache
def require_sound() -> None:
    """Check the library once in a process.

    Raises:
        LibraryRefused: something is wrong with it; a score from it could be wrong too.

    """
    findings = check_library(DATA, PACKS)
    if findings:
        raise LibraryRefused("\n".join(map(str, findings)))


def check_library(data: Path = DATA, packs: Path = PACKS) -> list[Finding]:
    """Everything that is wrong with the library; empty when it may be used."""
    findings = [*check_sums(data), *check_sums(packs)]
    definitions: dict[tuple[str, str], Definition] = {}
    for path in sorted(data.glob("*/*/definition.toml")):
        findings += _check_file(path, definitions)
    for path in sorted(data.glob("*/*/wording.*.toml")):
        findings += _check_text(path, definitions, in_pack=False)
    for path in sorted(packs.glob("*/*/*/wording.*.toml")):
        findings += _check_text(path, definitions, in_pack=True)
    return findings


def check_sums(folder: Path) -> Iterator[Finding]:
    """Files against SHA256SUMS, in both directions."""
    sums = folder / "SHA256SUMS"
    listed: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(sums.read_text("utf-8").splitlines(), start=1):
        digest, _, name = line.partition("  ")
        listed[name] = (digest, number)
    present = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and path != sums
    }
    for name, (digest, number) in listed.items():
        if name not in present:
            yield Finding(sums, number, f"{name} is gone", "restore it: released versions stay")
        elif hashlib.sha256(present[name].read_bytes()).hexdigest() != digest:
            remedy = "restore it, or release the change as a new version"
            yield Finding(present[name], 1, "the file is not what was released", remedy)
    for name in sorted(present.keys() - listed.keys()):
        remedy = f"add it with sha256sum to {sums.name}"
        yield Finding(present[name], 1, "the file is not in SHA256SUMS", remedy)


def _check_file(path: Path, found: dict[tuple[str, str], Definition]) -> Iterator[Finding]:
    try:
        definition = read_definition(path)
    except DefinitionRefused as refused:
        yield Finding(path, refused.line, refused.problem, refused.remedy)
        return
    key, version = path.parts[-3:-1]
    found[key, version] = definition
    text = path.read_text("utf-8")
    for place, problem, remedy in check_definition(definition, key, version):
        yield Finding(path, line_of(text, place), problem, remedy)


def check_definition(definition: Definition, key: str, version: str) -> Iterator[Complaint]:
    """What a definition that reads well may still have wrong."""
    if (definition.key, definition.version) != (key, version):
        place = "key" if definition.key != key else "version"
        yield (place,), f"path says {key}/{version}", "make path and content equal"
    if not definition.names:
        yield ("names",), "no customary name", "give the name users know"
    yield from _check_codes(definition)
    yield from _check_use(definition)
    yield from _check_ranges(definition)
    yield from _check_critical(definition)
    if definition.algorithm and definition.algorithm.name not in ALGORITHMS:
        problem = f"algorithm {definition.algorithm.name} does not exist"
        yield ("algorithm", "name"), problem, f"use one of {', '.join(ALGORITHMS)}"


def _check_codes(definition: Definition) -> Iterator[Complaint]:
    codes = definition.items[0].codes
    if list(codes) != list(range(codes[0], codes[-1] + 1)) or codes[0] < 0:
        yield ("items", "codes"), f"codes {codes}", "codes rise by one from 0 or more"
    if len(definition.items) > MOST_ITEMS:
        problem = f"{len(definition.items)} items"
        yield ("items", "ids"), problem, f"split the form: at most {MOST_ITEMS} items are counted"


def _check_use(definition: Definition) -> Iterator[Complaint]:
    """Every item belongs to a score, unless a named algorithm reads the sheet."""
    used = {item for scale in definition.scales for item in scale.items}
    idle = [item for item in definition.item_ids if item not in used]
    if idle and definition.algorithm is None:
        yield ("items", "ids"), f"items {', '.join(idle)} are in no scale", "add them to a scale"


def _check_ranges(definition: Definition) -> Iterator[Complaint]:
    """Bands begin at or below the lowest possible score and none is out of reach."""
    for cutset in definition.cutsets:
        for rule in cutset.bands:
            reach = _reach(definition, rule)
            if reach is None:
                continue
            for cuts in rule.tables.values():
                place = ("cutsets", cutset.id, rule.name)
                if cuts[0].start > reach[0]:
                    problem = f"scores from {reach[0]:g} to {cuts[0].start} have no band"
                    yield place, problem, "let the first band begin at the lowest score"
                if cuts[-1].start > reach[1]:
                    problem = f"band {cuts[-1].band} begins above {reach[1]:g}"
                    yield place, problem, "compare the bounds with the source"


def _reach(definition: Definition, rule: BandRule) -> tuple[float, float] | None:
    """The lowest and highest value of a scale on complete sheets; None for other scores."""
    for scale in definition.scales:
        if scale.key == rule.scale:
            codes, count = definition.items[0].codes, len(scale.items)
            table = packing_of(definition, scale).value_table()
            return float(table[codes[0] * count]), float(table[codes[-1] * count])
    return None


def _check_critical(definition: Definition) -> Iterator[Complaint]:
    for rule in definition.criticals:
        item = definition.by_id[rule.item]
        if rule.at_least not in item.codes or rule.at_least == item.codes[0]:
            problem = f"item {rule.item} is critical from {rule.at_least}, which is no step of it"
            yield ("critical", "at_least"), problem, f"use a code above {item.codes[0]}"
        if not rule.source:
            yield ("critical", "source"), f"item {rule.item}: no source", "name the source"
        if definition.sensitive is None or rule.item not in definition.sensitive.items:
            problem = f"critical item {rule.item} has no gate"
            yield ("sensitive", "items"), problem, "list it under [sensitive]"


def _check_text(
    path: Path, definitions: dict[tuple[str, str], Definition], *, in_pack: bool
) -> Iterator[Finding]:
    try:
        wording = read_wording(path)
    except DefinitionRefused as refused:
        yield Finding(path, refused.line, refused.problem, refused.remedy)
        return
    definition = definitions.get((path.parts[-3], path.parts[-2]))
    if definition is None:
        yield Finding(path, 1, "text without a definition", "add definition.toml beside it")
        return
    text = path.read_text("utf-8")
    language = path.name.split(".")[1]
    said = (wording.key, wording.version, wording.language)
    if said != (definition.key, definition.version, language):
        yield Finding(path, 1, f"the file says {'/'.join(said)}", "make path and content equal")
    for place, problem, remedy in check_wording(wording, definition, in_pack=in_pack):
        yield Finding(path, line_of(text, place), problem, remedy)


def check_wording(
    wording: Wording, definition: Definition, *, in_pack: bool
) -> Iterator[Complaint]:
    """Whether a shipped text fits its key and may be shipped at all."""
    for place, problem, remedy in fit_problems(wording, definition):
        yield place, problem, remedy
    allowed = "B" if in_pack else "A"
    if definition.licence.code != allowed:
        problem = f"licence class {definition.licence.code} does not ship here"
        yield ("licence",), problem, "remove the text; a school imports its own"
    for item in wording.items:
        if item.status not in SHIPPABLE:
            problem = f"item {item.item} is {item.status}"
            yield ("items",), problem, "ship only text that was seen"
    if not (wording.licence.statement and wording.licence.evidence and wording.sources):
        yield ("licence",), "licence statement or source is missing", "quote it and say where"


def main(arguments: list[str]) -> int:
    """Print the findings; 0 when there are none, 1 otherwise, 2 for wrong usage."""
    if arguments:
        sys.stderr.write("usage: python -m instruments check\n")
        return 2
    findings = check_library()
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    if not findings:
        count = len(list(DATA.glob("*/*/definition.toml")))
        sys.stdout.write(f"ok {count} definitions\n")
    return 1 if findings else 0
