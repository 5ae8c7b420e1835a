"""What a table of a TOML file may hold: a field that is lost, foreign or of a wrong kind is named."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from instruments.library.parts import DefinitionError

Place = tuple[str | int, ...]
# A kind looks at a value at its place and raises DefinitionError.
Kind = Callable[[object, Place], None]


def _refuse(place: Place, value: object, wanted: str) -> None:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    raise DefinitionError(place, f"{shown} is not {wanted}", f"write {wanted}")


def line(value: object, place: Place) -> None:
    """A string, which may be empty."""
    if not isinstance(value, str):
        _refuse(place, value, "a string")


def text(value: object, place: Place) -> None:
    """A string with something in it."""
    if not isinstance(value, str) or not value.strip():
        _refuse(place, value, "a text")


def flag(value: object, place: Place) -> None:
    """True or false."""
    if not isinstance(value, bool):
        _refuse(place, value, "true or false")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def whole(value: object, place: Place) -> None:
    """An integer."""
    if not _is_whole(value):
        _refuse(place, value, "a whole number")


def count(value: object, place: Place) -> None:
    """An integer from 0."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        _refuse(place, value, "a whole number from 0")


def number(value: object, place: Place) -> None:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        _refuse(place, value, "a number")


def item(value: object, place: Place) -> None:
    """An item number, a field or a range such as "1-15"."""
    span = re.fullmatch(r"(\d+)-(\d+)", value) if isinstance(value, str) else None
    backwards = span is not None and int(span[1]) >= int(span[2])
    if backwards or not (_is_whole(value) or (isinstance(value, str) and value)):
        _refuse(place, value, 'an item number, a field or a range such as "1-15"')


def factor(value: object, place: Place) -> None:
    """A positive whole number or fraction ("5/4"): a decimal would not be exact."""
    try:
        good = isinstance(value, int | str) and _positive(value)
    except (ValueError, ZeroDivisionError):
        good = False
    if not good:
        _refuse(place, value, 'a positive whole number or a fraction such as "5/4"')


def _positive(value: int | str) -> bool:
    return not isinstance(value, bool) and Fraction(value) > 0


def day(value: object, place: Place) -> None:
    """A day as "2026-11-22", or nothing yet."""
    if value != "":
        try:
            date.fromisoformat(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            _refuse(place, value, 'a day as "2026-11-22"')


def version(value: object, place: Place) -> None:
    """Three numbers: items or key, cut-sets, words about the scale."""
    if not isinstance(value, str) or not re.fullmatch(r"\d+\.\d+\.\d+", value):
        _refuse(place, value, 'a version as "1.0.0"')


def one_of(*allowed: object) -> Kind:
    """One of these values."""

    def check(value: object, place: Place) -> None:
        if isinstance(value, bool) or value not in allowed:
            _refuse(place, value, f"one of {', '.join(map(str, allowed))}")

    return check


def each(kind: Kind, *, least: int = 0, most: int | None = None) -> Kind:
    """An array of values of one kind."""

    def check(value: object, place: Place) -> None:
        if not isinstance(value, list) or len(value) < least or (most and len(value) > most):
            wanted = f"a list of {least} or more" if most is None else f"a list of {most}"
            _refuse(place, value, wanted)
            return
        for one in value:
            kind(one, place)

    return check


def by_name(kind: Kind) -> Kind:
    """A table with free names."""

    def check(value: object, place: Place) -> None:
        if not isinstance(value, dict):
            _refuse(place, value, "a table")
            return
        for name, one in value.items():
            kind(one, (*place, name))

    return check


@dataclass(frozen=True)
class Shape:
    """A table with known names; everything else in it is refused."""

    needed: Mapping[str, Kind]
    optional: Mapping[str, Kind] = field(default_factory=dict)

    def __call__(self, value: object, place: Place) -> None:
        """Look at the whole table."""
        if not isinstance(value, dict):
            _refuse(place, value, "a table")
            return
        self._names(value, place)
        for name, kind in {**self.needed, **self.optional}.items():
            if name in value:
                kind(value[name], (*place, name))

    def _names(self, value: Mapping[str, Any], place: Place) -> None:
        known = [*self.needed, *self.optional]
        for name in self.needed:
            if name not in value:
                problem = f"field {name!r} is missing"
                raise DefinitionError(place, problem, "add it; docs/instruments.md lists them")
        for name in value:
            if name not in known:
                remedy = f"use one of {', '.join(known)}"
                raise DefinitionError((*place, name), f"field {name!r} is unknown", remedy)


def rows(shape: Kind, *, least: int = 0) -> Kind:
    """An array of tables, each named in a complaint by its place in the array."""

    def check(value: object, place: Place) -> None:
        if not isinstance(value, list) or len(value) < least:
            _refuse(place, value, "an array of tables")
            return
        for at, row in enumerate(value):
            shape(row, (*place, at))

    return check


def names_of(members: Iterable[object]) -> Kind:
    """One of the values of an enumeration."""
    return one_of(*(str(member) for member in members))
