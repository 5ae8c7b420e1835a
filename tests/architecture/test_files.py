"""Names and sizes of files: a name says what is inside, a file is read in one go."""

import ast

from foundation import __doc__ as capabilities
from tests.support.project import PACKAGES, ROOT, modules, templates

SAYS_NOTHING = {
    *(
        "util",
        "utils",
        "helper",
        "helpers",
        "common",
        "misc",
        "base",
        "constants",
        "core",
        "shared",
    ),
}
LINES = 400


def test_no_file_has_a_name_that_says_nothing() -> None:
    paths = [path for path, _name in modules(*PACKAGES, "tests", "benchmarks")] + list(templates())
    nothing = [
        str(path.relative_to(ROOT))
        for path in paths
        if SAYS_NOTHING & {path.stem, *path.relative_to(ROOT).parts[:-1]}
    ]
    assert nothing == []


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    long = {
        name: lines
        for path, name in modules(*PACKAGES, "tests", "benchmarks")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LINES
    }
    assert long == {}


def test_every_module_says_what_it_is_in_one_sentence() -> None:
    silent = [
        name
        for path, name in modules(*PACKAGES, "tests", "benchmarks")
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        and path.name != "__init__.py"
    ]
    assert silent == []


def test_the_capabilities_of_foundation_are_a_closed_list() -> None:
    listed = {
        line.split()[0] for line in (capabilities or "").splitlines()[1:] if "  " in line.strip()
    }
    there = {name.partition(".")[2] for _path, name in modules("foundation")} - {""}
    assert there == listed
