"""An import is at the top of its module and means what it says."""

import ast
from collections.abc import Iterator

import pytest

from tests.support.project import PACKAGES, modules

EVERYTHING = (*PACKAGES, "tests", "benchmarks")


def inner_imports(tree: ast.Module) -> Iterator[int]:
    """Lines of imports inside a function or a class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    yield inner.lineno


def test_no_function_imports() -> None:
    lazy = [
        f"{name}:{line}"
        for path, name in modules(*EVERYTHING)
        for line in inner_imports(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert lazy == []


@pytest.mark.parametrize("escape", ["TYPE_CHECKING", "annotations"])
def test_no_import_is_only_for_the_type_checker(escape: str) -> None:
    users = [
        name
        for path, name in modules(*EVERYTHING)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module in {"typing", "__future__"}
        if escape in {alias.name for alias in node.names}
    ]
    assert users == []
