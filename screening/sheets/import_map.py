"""The map of an answer file: which column is what, as TOML; read and checked, nothing done yet."""

import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from foundation.i18n import _
from foundation.problems import Refused
from instruments.library import catalogue
from instruments.library.definition import Definition

GENERATE = "generate"
Place = int | str


@dataclass(frozen=True)
class Column:
    """A column by its number (from 1) or its title, and what its values are called here."""

    place: Place
    names: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scale:
    """The columns of one instrument, and what was published about it."""

    definition: Definition
    items: tuple[Place, ...]
    cutset: str | None = None
    from_band: str | None = None
    total: Place | None = None
    band: Place | None = None
    bands: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class People:
    """Where a student's number and name come from, and whether unknown ones are added."""

    number: Place
    name: Place | None
    prefix: str
    seed: str
    create: bool


@dataclass(frozen=True)
class AnswerMap:
    """Everything that a map says."""

    header: int
    answered_on: date
    kind: str
    consent_basis: str
    note: str | None
    parent: Mapping[str, str]
    stage: str
    schools: Column | None
    grade: Column | None
    klass: Column | None
    sex: Column | None
    people: People
    scales: tuple[Scale, ...]


def parse(text: str) -> AnswerMap:
    """The map of a TOML text.

    Raises:
        Refused: no TOML, something missing, or an instrument that does not exist.

    """
    try:
        return _map(tomllib.loads(text))
    except tomllib.TOMLDecodeError as broken:
        raise Refused(_("对照表不是 TOML：%(why)s", why=str(broken))) from None
    except KeyError as absent:
        missing = str(absent.args[0])
        raise Refused(_("对照表里缺少 %(name)s，或者它不存在。", name=missing)) from None


def _map(table: Mapping[str, Any]) -> AnswerMap:
    file = table["file"]
    return AnswerMap(
        header=int(file.get("header", 1)),
        answered_on=_day(file["answered_on"]),
        kind=_kind(file.get("kind", "import")),
        consent_basis=str(file["consent_basis"])[:200],
        note=str(file["note"])[:200] if file.get("note") else None,
        parent=table.get("parent", {}),
        stage=table.get("schools", {}).get("stage", "higher"),
        schools=_column(table.get("schools")),
        grade=_column(table.get("grade")),
        klass=_column(table.get("class")),
        sex=_column(table.get("sex")),
        people=_people(table["student"]),
        scales=tuple(_scale(each) for each in table["instruments"]),
    )


def _day(value: object) -> date:
    if not isinstance(value, date):
        raise Refused(_("对照表的答题日期要写成不加引号的 2026-11-22。"))
    return value


def _kind(value: str) -> str:
    if value not in {"import", "paper"}:
        raise Refused(_("对照表的 file.kind 只能是 import 或 paper。"))
    return value


def _column(table: Mapping[str, Any] | None) -> Column | None:
    if table is None or "column" not in table:
        return None
    names = {plain(key): value for key, value in table.get("names", {}).items()}
    return Column(table["column"], names)


def _people(table: Mapping[str, Any]) -> People:
    return People(
        number=table["number"],
        name=table.get("name"),
        prefix=str(table.get("number_prefix", "")),
        seed=str(table.get("seed", "")),
        create=bool(table.get("create", False)),
    )


def _scale(table: Mapping[str, Any]) -> Scale:
    # a campaign keeps the version it was opened with; a map may name it
    definition = catalogue.get(str(table["key"]), table.get("version"))
    if len(table["items"]) != len(definition.items):
        raise Refused(
            _(
                "%(key)s 有 %(n)s 题，对照表给了 %(given)s 列。",
                key=definition.key,
                n=len(definition.items),
                given=len(table["items"]),
            )
        )
    return Scale(
        definition,
        tuple(table["items"]),
        table.get("cutset", "default"),
        table.get("from_band"),
        table.get("total"),
        table.get("band"),
        {plain(key): value for key, value in table.get("bands", {}).items()},
        {plain(key): int(value) for key, value in table.get("codes", {}).items()},
    )


def plain(value: object) -> str:
    """A cell as text with single blanks; a whole number without its decimals."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).split()) if value is not None else ""


@cache
def _characters() -> Mapping[str, str]:
    file = Path(__file__).with_name("import_names.toml")
    return tomllib.loads(file.read_text("utf-8"))


def invented_name(seed: str, row: int) -> str:
    """The invented name of a row; the same seed and row give the same name."""
    source = random.Random(f"{seed}-{row}")  # noqa: S311 - invented names, no secret
    return "".join(source.choice(_characters()[part]) for part in ("surnames", "first", "second"))
