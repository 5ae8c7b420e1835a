"""A library that was tampered with, or contradicts itself, is refused with file, line, remedy."""

import hashlib
import shutil
from pathlib import Path

import pytest

from instruments.check import Finding, check_library, main
from instruments.library import catalogue
from instruments.library.reading import DefinitionRefused, read_definition


@pytest.fixture
def library(tmp_path: Path) -> Path:
    shutil.copytree(catalogue.DATA, tmp_path / "data")
    shutil.copytree(catalogue.PACKS, tmp_path / "packs")
    return tmp_path


def change(library: Path, name: str, old: str, new: str) -> list[Finding]:
    """Findings after one edit whose checksum was kept up to date."""
    path = library / "data" / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    sums = library / "data" / "SHA256SUMS"
    lines = [line for line in sums.read_text("utf-8").splitlines() if not line.endswith(name)]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    sums.write_text("\n".join([*lines, f"{digest}  {name}"]) + "\n", "utf-8")
    return check_library(library / "data", library / "packs")


def test_the_library_that_ships_has_nothing_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    count = sum(len(catalogue.versions(each.key)) for each in catalogue.all())
    assert check_library() == []
    assert main([]) == 0
    assert capsys.readouterr().out == f"ok {count} definitions\n"
    assert main(["more"]) == 2


def test_an_edited_a_lost_and_an_unlisted_file_are_found(library: Path) -> None:
    data = library / "data"
    edited = data / "phq-9/1.0.0/definition.toml"
    edited.write_text(edited.read_text("utf-8") + "\n", "utf-8")
    (data / "gad-2/1.0.0/wording.en.toml").unlink()
    (data / "gad-2/1.0.0/notes.txt").write_text("x", "utf-8")
    problems = [str(each) for each in check_library(data, library / "packs")]
    assert len(problems) == 3
    assert any("phq-9/1.0.0/definition.toml:1: the file is not what was" in p for p in problems)
    assert any("gad-2/1.0.0/wording.en.toml is gone" in p for p in problems)
    assert any("notes.txt:1: the file is not in SHA256SUMS" in p for p in problems)


PHQ = "phq-9/1.0.0/definition.toml"
WRONG = [
    (PHQ, "mild = 5", "mild = 12", "the lower bounds do not rise"),
    (PHQ, "minimal = 0, ", "minimal = 2, ", "scores from 0 to 2 have no band"),
    (PHQ, "severe = 20 }", "severe = 28 }", "band severe begins above 27"),
    (PHQ, 'items = ["1-9"]', 'items = ["1-10"]', "item 10 does not exist"),
    (PHQ, 'version = "1.0.0"', 'version = "1.0.1"', "path says phq-9/1.0.0"),
    (PHQ, "item = 9", "item = 11", "item 11 does not exist"),
    (PHQ, "at_least = 1", "at_least = 0", "critical from 0, which is no step"),
    (PHQ, "items = [9]", "items = [8]", "critical item 9 has no gate"),
    (PHQ, "severity = 3", "severity = 7", "severity 7"),
    (PHQ, 'name = "phq-symptoms"', 'name = "magic"', "algorithm magic does not exist"),
    (PHQ, "codes = [0, 1, 2, 3]", "codes = [0, 1, 3]", "codes (0, 1, 3)"),
    (PHQ, 'construct = "depression"', "", "field 'construct' is missing"),
    (PHQ, "[items]", "[items", "Expected"),
    ("gad-7/1.0.0/definition.toml", 'items = ["1-7"]', 'items = ["1-6"]', "items 7 are in no"),
    ("gad-7/1.0.0/definition.toml", 'class = "A"', 'class = "C"', "does not ship here"),
    ("gad-7/1.0.0/wording.en.toml", "n = 7", "n = 8", "are not those of gad-7"),
    ("gad-7/1.0.0/wording.en.toml", "code = 3", "code = 4", "are not the codes"),
    ("ces-d/1.0.0/definition.toml", "reverse = [4,", "reverse = [44,", "item 44 does not exist"),
    ("sdq-s/1.0.0/definition.toml", "peer = 1 }", "pear = 1 }", "score pear is not computed"),
    ("mht/1.0.0/definition.toml", 'scale = "lie"', 'scale = "lies"', "no score lies"),
]


@pytest.mark.parametrize(("name", "old", "new", "problem"), WRONG)
def test_a_contradiction_is_named_with_its_file(
    library: Path, name: str, old: str, new: str, problem: str
) -> None:
    findings = change(library, name, old, new)
    hits = [each for each in findings if problem in each.problem]
    assert hits, findings
    assert hits[0].path.parent == (library / "data" / name).parent
    assert hits[0].line >= 1
    assert hits[0].remedy


def test_the_line_is_the_line_of_the_mistake(library: Path) -> None:
    finding = change(library, PHQ, "moderate = 10", "moderate = 3")[0]
    text = (library / "data" / PHQ).read_text("utf-8").splitlines()
    block = text[finding.line - 1 : finding.line + 3]
    assert any("moderate = 3" in line for line in block)


def test_a_refused_definition_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "definition.toml"
    path.write_text('key = "x"\n', "utf-8")
    with pytest.raises(DefinitionRefused) as refused:
        read_definition(path)
    assert refused.value.path == path
    assert refused.value.remedy
