"""The text of a scale in one language, apart from its key, with licence and status per item."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from instruments.library.forms import ABSENT, WORDING
from instruments.library.reading import read_checked


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence with how well it is attested (OFFICIAL, CONSENSUS, SINGLE, INFERRED, LICENSED)."""

    text: str
    status: str


@dataclass(frozen=True, slots=True)
class Option:
    """An answer: the stored code, its text, and the number printed on the form if it differs."""

    code: int
    text: str
    status: str
    printed: int | None = None


@dataclass(frozen=True, slots=True)
class ItemText:
    """The question of one item; `note` tells what a reader must know about it."""

    item: str
    text: str
    status: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Extra:
    """A question on the form that is not scored."""

    id: str
    text: str
    status: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class TextLicence:
    """The grant under which the text is used, with the sentence and where it was read."""

    short: str
    statement: str
    evidence: str
    attribution: str
    cite: str

    @property
    def credit(self) -> str:
        """The line that stands wherever the text is shown: as the holder asks, else the source."""
        return self.attribution or self.cite or self.short


@dataclass(frozen=True)
class Wording:
    """All text of one scale in one language."""

    key: str
    version: str
    language: str
    title: str
    instruction: Text
    stem: Text | None
    window: str
    options: tuple[Option, ...]
    items: tuple[ItemText, ...]
    extras: tuple[Extra, ...]
    licence: TextLicence
    sources: tuple[str, ...]
    doubts: tuple[str, ...]
    compared_by: str = ""
    compared_on: str = ""
    origin: str = "shipped"
    checksum: str = ""

    @property
    def compared(self) -> bool:
        """Whether a named person has compared the text with the publisher's page."""
        return bool(self.compared_by)

    def item(self, item_id: int | str) -> ItemText:
        """The text of an item; KeyError when the form has none."""
        for each in self.items:
            if each.item == str(item_id):
                return each
        raise KeyError(str(item_id))


def read_wording(path: Path) -> Wording:
    """Wording of one file; DefinitionRefused names file, line and remedy."""
    return read_checked(path, WORDING, parse_wording)


def parse_wording(table: Mapping[str, Any], checksum: str = "") -> Wording:
    """Wording of a parsed TOML table."""
    stem = Text(table["stem"], table.get("stem_status", ABSENT)) if table.get("stem") else None
    return Wording(
        key=table["key"],
        version=table["version"],
        language=table["language"],
        title=table["title"],
        instruction=Text(table["instruction"], table["instruction_status"]),
        stem=stem,
        window=table["time_window"],
        options=tuple(_option(each) for each in table["options"]),
        items=tuple(_item(each) for each in table["items"]),
        extras=tuple(_extra(each) for each in table.get("extra_items", ())),
        licence=_licence(table["licence"]),
        sources=tuple(f"{each['where']}: {each['covers']}" for each in table["sources"]),
        doubts=tuple(table.get("doubts", ())),
        compared_by=table.get("compared_by", ""),
        compared_on=table.get("compared_on", ""),
        origin=table.get("origin", "shipped"),
        checksum=checksum,
    )


def _option(table: Mapping[str, Any]) -> Option:
    return Option(table["code"], str(table["text"]), table["status"], table.get("printed"))


def _item(table: Mapping[str, Any]) -> ItemText:
    return ItemText(str(table["n"]), table["text"], table["status"], table.get("note", ""))


def _extra(table: Mapping[str, Any]) -> Extra:
    options = tuple(_option(each) for each in table.get("options", ()))
    return Extra(table["id"], table["text"], table["status"], options)


def _licence(table: Mapping[str, Any]) -> TextLicence:
    return TextLicence(
        table["short"],
        table["statement"],
        table["evidence"],
        table.get("attribution", ""),
        table.get("cite", ""),
    )
