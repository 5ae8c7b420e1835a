"""A library that was tampered with, or contradicts itself, is refused with file, line, remedy."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from instruments.check.command import main
from instruments.check.library import Finding, check_library
from instruments.library import catalogue
from instruments.library.reading import DefinitionRefused, read_definition
from tests.instruments.examples import read

CORRUPTIONS = read("corruptions.jsonl")
GAD = "gad-7/1.0.0"
PACK = "CC-BY-NC-SA-3.0-IGO"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    shutil.copytree(catalogue.DATA, tmp_path / "data")
    shutil.copytree(catalogue.PACKS, tmp_path / "packs")
    return tmp_path


def findings(library: Path) -> list[Finding]:
    return check_library(library / "data", library / "packs")


def released_again(folder: Path) -> None:
    """Checksums of what is there now: only the content can be wrong."""
    sums = folder / "SHA256SUMS"
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path != sums]
    lines = (
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in files
    )
    sums.write_text("".join(lines), "utf-8")


def test_the_library_that_ships_has_nothing_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    count = sum(len(catalogue.versions(each.key)) for each in catalogue.all())
    assert check_library() == []
    assert main([]) == 0
    assert capsys.readouterr().out == f"ok {count} definitions\n"
    assert main(["more"]) == 2


@pytest.mark.parametrize("wrong", CORRUPTIONS, ids=[each["what"] for each in CORRUPTIONS])
def test_a_corruption_is_named_with_its_file_its_line_and_the_remedy(
    tmp_path: Path, wrong: dict[str, str]
) -> None:
    data, packs = tmp_path / "data", tmp_path / "packs"
    for key in {wrong["file"].split("/")[0], "phq-9", "who-5"}:
        shutil.copytree(catalogue.DATA / key, data / key)
    shutil.copytree(catalogue.PACKS, packs)
    path = data / wrong["file"]
    text = path.read_text("utf-8")
    assert wrong["old"] in text
    path.write_text(text.replace(wrong["old"], wrong["new"], 1), "utf-8")
    released_again(data)
    released_again(packs)
    hits = [each for each in findings(tmp_path) if wrong["problem"] in each.problem]
    assert hits, list(map(str, findings(tmp_path)))
    assert hits[0].path.name == wrong["found_in"]
    assert hits[0].path.parts[-3:-1] == path.parts[-3:-1]
    assert hits[0].remedy
    lines = hits[0].path.read_text("utf-8").splitlines()
    assert 1 <= hits[0].line <= len(lines)


def test_there_are_corruptions_of_every_part() -> None:
    assert len(CORRUPTIONS) > 100
    assert len({each["problem"] for each in CORRUPTIONS}) > 60


LINES = [
    ("phq-9/1.0.0", "moderate = 10", "moderate = 3", "moderate = 3"),
    ("phq-9/1.0.0", "negative = 0, positive = 15", "negative = 0, positive = 0", "positive = 0"),
    ("phq-9/1.0.0", "severity = 3", "severity = 7", "severity = 7"),
    ("phq-9/1.0.0", "allowed = 2", "allowed = 9", "allowed = 9"),
    ("asq/1.0.0", "item = 4\nat_least = 1", "item = 4\nat_least = true", "at_least = true"),
    ("ces-d/1.0.0", "reverse = [4,", "reversed = [4,", "reversed = [4,"),
    ("sdq-s/1.1.0", "peer = 1 }", "pear = 1 }", "pear = 1"),
    ("k10/1.0.0", "well = 10,", "well = 12,", 'name = "crufad"'),
    ("mht/1.1.0", 'scale = "lie"', 'scale = "lies"', 'scale = "lies"'),
]


@pytest.mark.parametrize(("place", "old", "new", "shown"), LINES)
def test_the_line_is_the_line_of_the_mistake(
    library: Path, place: str, old: str, new: str, shown: str
) -> None:
    path = library / "data" / place / "definition.toml"
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    released_again(library / "data")
    finding = findings(library)[0]
    assert shown in path.read_text("utf-8").splitlines()[finding.line - 1]


def test_an_edited_a_lost_and_an_unlisted_file_are_found(library: Path) -> None:
    data = library / "data"
    edited = data / "phq-9/1.0.0/definition.toml"
    edited.write_text(edited.read_text("utf-8") + "\n", "utf-8")
    (data / "gad-2/1.0.0/wording.en.toml").unlink()
    (data / "gad-2/1.0.0/notes.txt").write_text("x", "utf-8")
    problems = [str(each) for each in findings(library)]
    assert len(problems) == 3
    assert any("phq-9/1.0.0/definition.toml:1: the file is not what was" in p for p in problems)
    assert any("gad-2/1.0.0/wording.en.toml is gone" in p for p in problems)
    assert any("notes.txt:1: the file is not in SHA256SUMS" in p for p in problems)


def prefixed(path: Path, line: str) -> None:
    path.write_text(line + path.read_text("utf-8"), "utf-8")


def listed_twice(library: Path) -> None:
    sums = library / "data/SHA256SUMS"
    prefixed(sums, f"{'0' * 64}  {sums.read_text().splitlines()[0].split('  ')[1]}\n")


def in_gb18030(library: Path) -> None:
    path = library / "data" / GAD / "definition.toml"
    path.write_bytes(path.read_text("utf-8").encode("gb18030"))


def cut_short(library: Path) -> None:
    text = library / "data" / GAD / "wording.en.toml"
    text.write_bytes(text.read_bytes() + b"\n\xff")


def other_language(library: Path) -> None:
    text = library / "data" / GAD / "wording.en.toml"
    text.rename(text.with_name("wording.fr.toml"))


def free_text_in_a_pack(library: Path) -> None:
    shutil.copytree(library / "data" / GAD, library / "packs" / PACK / GAD)


def pack_text_among_the_free(library: Path) -> None:
    text = library / "packs" / PACK / "who-5/1.1.0/wording.en.toml"
    shutil.copy(text, library / "data/who-5/1.1.0")


TAMPERED: list[tuple[str, Callable[[Path], object]]] = [
    ("the checksums are gone", lambda at: (at / "data/SHA256SUMS").unlink()),
    ("'nonsense' is no checksum", lambda at: prefixed(at / "data/SHA256SUMS", "nonsense\n")),
    ("../x is gone", lambda at: prefixed(at / "data/SHA256SUMS", f"{'0' * 64}  ../x\n")),
    ("is listed twice", listed_twice),
    ("not UTF-8", in_gb18030),
    ("not UTF-8", cut_short),
    ("the file says gad-7/1.0.0/en", other_language),
    ("no version", lambda at: (at / "data/phq-10").mkdir()),
    ("latest is no version", lambda at: (at / "data" / GAD).rename(at / "data/gad-7/latest")),
    ("no definition", lambda at: (at / "data/gad-7/9.0.0").mkdir()),
    ("a pack without its licence", lambda at: (at / "packs" / PACK / "LICENCE.md").unlink()),
    (f"names pack {PACK}, not MIT", lambda at: (at / "packs" / PACK).rename(at / "packs/MIT")),
    ("licence class A does not ship here", free_text_in_a_pack),
    ("licence class B does not ship here", pack_text_among_the_free),
]


@pytest.mark.parametrize(("problem", "tamper"), TAMPERED)
def test_files_that_were_tampered_with_are_named(
    library: Path, problem: str, tamper: Callable[[Path], object]
) -> None:
    tamper(library)
    hits = [each for each in findings(library) if problem in each.problem]
    assert hits
    assert hits[0].remedy


def test_a_refused_definition_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "definition.toml"
    path.write_text('key = "x"\n', "utf-8")
    with pytest.raises(DefinitionRefused) as refused:
        read_definition(path)
    assert refused.value.path == path
    assert refused.value.remedy
