"""What is declared is locked with hashes, and nothing in the locks belongs to one machine."""

import re
import tomllib

import pytest

from tests.support.project import ROOT

DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = DECLARED["dependency-groups"]
NAME = re.compile(r"^([A-Za-z0-9._-]+)")
LOCKED = re.compile(
    r"^([a-z0-9._-]+)==\S+(?: ;[^\\\n]*)? \\\n(?:    --hash=sha256:[0-9a-f]{64}\b)", re.MULTILINE
)
LOCKS = {
    "requirements.txt": DECLARED["project"]["dependencies"],
    "requirements-test.txt": GROUPS["test"],
    "requirements-font.txt": GROUPS["font"],
}


@pytest.mark.parametrize("name", list(LOCKS))
def test_every_declared_package_is_locked_with_its_hashes(name: str) -> None:
    locked = set(LOCKED.findall((ROOT / name).read_text(encoding="utf-8")))
    declared = {match[0].lower() for line in LOCKS[name] if (match := NAME.match(line))}
    assert declared - {each.replace("_", "-") for each in locked} == set()


@pytest.mark.parametrize("name", list(LOCKS))
def test_every_line_of_a_lock_has_a_hash(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    pins = [line for line in text.splitlines() if re.match(r"[a-z0-9._-]+==", line)]
    assert len(LOCKED.findall(text)) == len(pins) > 0


@pytest.mark.parametrize("name", list(LOCKS))
def test_a_lock_names_no_index(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|--index|--find-links|@ ", text)


def test_both_locks_agree_on_what_they_share() -> None:
    pins = re.compile(r"^([a-z0-9._-]+==\S+)", re.MULTILINE)
    runtime = set(pins.findall((ROOT / "requirements.txt").read_text(encoding="utf-8")))
    tests = set(pins.findall((ROOT / "requirements-test.txt").read_text(encoding="utf-8")))
    shared = {pin.partition("==")[0] for pin in runtime} & {p.partition("==")[0] for p in tests}
    assert {pin for pin in runtime ^ tests if pin.partition("==")[0] in shared} == set()
