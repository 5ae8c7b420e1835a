"""Choices of a field from a table of words."""

from collections.abc import Mapping
from typing import Any

from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from foundation.forms import options

__all__ = ["options", "worded"]


def worded(words: Mapping[str, Any]) -> list[SelectChoice]:
    """One choice for each code of a table of words."""
    return options((str(code), label) for code, label in words.items())
