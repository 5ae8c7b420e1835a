"""Choices of a field from code and words."""

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs


def options(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """One choice for each (value, label), in this order."""
    return [SelectChoice(value, label) for value, label in pairs]


def worded(words: Mapping[str, Any]) -> list[SelectChoice]:
    """One choice for each code of a table of words."""
    return options((str(code), label) for code, label in words.items())
