"""Checks the whole library: checksums, places, keys, texts."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from instruments.check.definitions import check_definition
from instruments.check.texts import check_wording
from instruments.library.catalogue import DATA, PACKS, ordinal, plain
from instruments.library.definition import Definition
from instruments.library.reading import DefinitionRefused, line_of, read_definition
from instruments.library.wording import read_wording

VERSION = re.compile(r"\d+\.\d+\.\d+")
SUM = re.compile(r"([0-9a-f]{64})  (\S.*)")
# The definitions that read well, by key and version.
Found = dict[tuple[str, str], Definition]


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
    findings = [*check_sums(data), *check_sums(packs), *_check_folders(data, packs)]
    definitions: Found = {}
    for path in sorted(data.glob("*/*/definition.toml")):
        findings += _check_file(path, definitions)
    findings += _check_together(data, definitions)
    for path in sorted(data.glob("*/*/wording.*.toml")):
        findings += _check_text(path, definitions)
    for path in sorted(packs.glob("*/*/*/wording.*.toml")):
        findings += _check_text(path, definitions, pack=path.parts[-4])
    return findings


def check_sums(folder: Path) -> Iterator[Finding]:
    """Files against SHA256SUMS, in both directions."""
    sums = folder / "SHA256SUMS"
    if not sums.is_file():
        yield Finding(sums, 1, "the checksums are gone", "restore them: they say what was released")
        return
    listed: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(sums.read_text("utf-8").splitlines(), start=1):
        entry = SUM.fullmatch(line)
        if entry is None:
            yield Finding(sums, number, f"{line[:40]!r} is no checksum", "write it with sha256sum")
        elif entry[2] in listed:
            yield Finding(sums, number, f"{entry[2]} is listed twice", "keep the released line")
        else:
            listed[entry[2]] = (entry[1], number)
    yield from _compare(folder, listed)


def _compare(folder: Path, listed: dict[str, tuple[str, int]]) -> Iterator[Finding]:
    sums = folder / "SHA256SUMS"
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


def _check_folders(data: Path, packs: Path) -> Iterator[Finding]:
    """data/KEY/VERSION/definition.toml, and a licence in every pack."""
    for key in sorted(path for path in data.iterdir() if path.is_dir()):
        versions = sorted(path for path in key.iterdir() if path.is_dir())
        if not versions:
            yield Finding(key, 1, "no version", "add VERSION/definition.toml, or remove it")
        for each in versions:
            if not VERSION.fullmatch(each.name):
                yield Finding(each, 1, f"{each.name} is no version", "name it as 1.0.0")
            elif not (each / "definition.toml").is_file():
                yield Finding(each, 1, "no definition", "add definition.toml, or remove it")
    for pack in sorted(path for path in packs.iterdir() if path.is_dir()):
        if not (pack / "LICENCE.md").is_file():
            yield Finding(pack, 1, "a pack without its licence", "add LICENCE.md with its terms")


def _check_file(path: Path, found: Found) -> Iterator[Finding]:
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


def _check_together(data: Path, found: Found) -> Iterator[Finding]:
    """A name means one scale, and a later version says why it came."""
    named = {plain(key): key for key, _ in found}
    first: set[str] = set()
    for key, version in sorted(found, key=lambda pair: (pair[0], ordinal(found[pair].version))):
        definition = found[key, version]
        path = data / key / version / "definition.toml"
        for name in definition.names:
            other = named.setdefault(plain(name), key)
            if other != key:
                line = line_of(path.read_text("utf-8"), ("names",))
                yield Finding(path, line, f"{name} is {other} already", "use another name")
        if key in first and not definition.provenance.reason:
            line = line_of(path.read_text("utf-8"), ("provenance",))
            yield Finding(
                path, line, "a later version without a reason", "add reason: what changed"
            )
        first.add(key)


def _check_text(path: Path, definitions: Found, *, pack: str = "") -> Iterator[Finding]:
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
    for place, problem, remedy in check_wording(wording, definition, pack=pack):
        yield Finding(path, line_of(text, place), problem, remedy)
