"""FHIR R4 Questionnaire of a scale, out and in: with its text where that may be given on, else the key.

Text of classes A and B goes out with its credit line. Of classes C and D only the key does: codes
and weights by item number, no text, although a school may hold one under its own licence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instruments.interchange.fhir import (
    FhirRefused,
    Resource,
    canonical,
    coding,
    expect_kind,
    leaves,
    link_of,
    ordinal_of,
    weight,
)
from instruments.library.definition import Definition, Item
from instruments.library.wording import Wording

LIMITS = {
    "minimum": "http://hl7.org/fhir/StructureDefinition/minValue",
    "maximum": "http://hl7.org/fhir/StructureDefinition/maxValue",
}
PUBLISHER = "Xinqiao"
NO_TEXT = "The text of the items is not included: it is licensed by its holder."


def questionnaire(definition: Definition, base: str, wording: Wording | None = None) -> Resource:
    """R4 Questionnaire with a shipped text, or the key alone: items by number, codes, weights.

    It is a draft until a named person compared the text with the publisher and another checked the
    key. FhirRefused for a text that a school imported: its licence covers its own use.
    """
    if wording and wording.origin != "shipped":
        raise FhirRefused(f"the text of {definition.key} is not ours to give on; export the key")
    language = wording.language if wording else "en"
    made = definition.provenance
    settled = bool(wording and wording.compared and made.checked_by)
    return {
        "resourceType": "Questionnaire",
        "language": language,
        "url": canonical(base, definition),
        "version": definition.version,
        "name": "".join(part.capitalize() for part in definition.key.split("-")),
        "title": wording.title if wording else definition.title.en,
        "status": "active" if settled else "draft",
        "subjectType": ["Patient"],
        "date": made.authored_on,
        "publisher": PUBLISHER,
        "description": _description(definition),
        "copyright": wording.licence.credit
        if wording
        else f"{definition.licence.holder}. {NO_TEXT}",
        "code": [_code(base, definition)],
        "item": [
            *_shown(wording),
            *(_item(i, base, definition, wording) for i in definition.items),
        ],
    }


def _description(definition: Definition) -> str:
    return (
        f"{definition.title.en}: screening for {definition.construct}, no diagnosis. "
        f"Key sha256 {definition.checksum}."
    )


def _code(base: str, definition: Definition) -> Resource:
    system = f"{base.rstrip('/')}/CodeSystem/scales"
    return {"system": system, "code": definition.key, "display": definition.title.en}


def _shown(wording: Wording | None) -> list[Resource]:
    """What the form says before its questions."""
    said = {"instruction": wording.instruction, "stem": wording.stem} if wording else {}
    return [
        {"linkId": name, "text": text.text, "type": "display"}
        for name, text in said.items()
        if text and text.text
    ]


def _item(item: Item, base: str, definition: Definition, wording: Wording | None) -> Resource:
    text = {"text": wording.item(item.id).text} if wording else {}
    shared: Resource = {"linkId": item.id, "prefix": item.id, **text, "required": False}
    if item.measured:
        limits = [{"url": url, "valueDecimal": getattr(item, name)} for name, url in LIMITS.items()]
        return {"extension": limits, **shared, "type": "decimal"}
    return {**shared, "type": "choice", "answerOption": _options(item, base, definition, wording)}


def _options(
    item: Item, base: str, definition: Definition, wording: Wording | None
) -> list[Resource]:
    words = {option.code: option.text for option in wording.options} if wording else {}
    return [
        {
            "extension": [weight(item, code)],
            "valueCoding": coding(code, base, definition, words.get(code)),
        }
        for code in item.codes
    ]


@dataclass(frozen=True)
class ReadOption:
    """One answer option of a foreign questionnaire."""

    code: str
    display: str
    weight: float | None


@dataclass(frozen=True)
class ReadItem:
    """One question of a foreign questionnaire."""

    link: str
    text: str
    options: tuple[ReadOption, ...]


@dataclass(frozen=True)
class ReadQuestionnaire:
    """What an imported Questionnaire says, groups flattened."""

    url: str
    version: str
    title: str
    items: tuple[ReadItem, ...]

    def differences(self, definition: Definition) -> list[str]:
        """Sentences on how its key differs from ours: items, codes and weights."""
        theirs = {item.link: _weights(item.options) for item in self.items}
        ours = {
            item.id: {}
            if item.measured
            else {str(code): float(item.keyed(code)) for code in item.codes}
            for item in definition.items
        }
        absent = [f"item {link} is absent" for link in ours if link not in theirs]
        strange = [f"item {link} is unknown" for link in theirs if link not in ours]
        other = [
            f"item {link}: codes or weights differ"
            for link, weights in ours.items()
            if link in theirs and theirs[link] != weights
        ]
        return absent + strange + other


def _weights(options: Sequence[ReadOption]) -> dict[str, float | None]:
    return {option.code: option.weight for option in options}


def read_questionnaire(resource: Mapping[str, Any]) -> ReadQuestionnaire:
    """Read a Questionnaire; weights stand on the option or on its coding."""
    expect_kind(resource, "Questionnaire")
    return ReadQuestionnaire(
        url=str(resource.get("url", "")),
        version=str(resource.get("version", "")),
        title=str(resource.get("title", "")),
        items=tuple(
            ReadItem(link_of(item), str(item.get("text", "")), _read_options(item))
            for item in leaves(resource.get("item", ()))
        ),
    )


def _read_options(item: Mapping[str, Any]) -> tuple[ReadOption, ...]:
    return tuple(
        ReadOption(
            code=str(option["valueCoding"].get("code", "")),
            display=str(option["valueCoding"].get("display", "")),
            weight=ordinal_of(option)
            if ordinal_of(option) is not None
            else ordinal_of(option["valueCoding"]),
        )
        for option in item.get("answerOption", ())
        if "valueCoding" in option
    )
