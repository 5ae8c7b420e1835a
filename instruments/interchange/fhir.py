"""FHIR R4 Questionnaire and QuestionnaireResponse of a scale, out and in.

Item weights travel as the ordinalValue extension: the code is what the person chose, the
weight is what the key counts (they differ for reversed items).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from instruments.library.definition import Definition, Item, Value
from instruments.library.wording import Wording

ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
LIMITS = {
    "minimum": "http://hl7.org/fhir/StructureDefinition/minValue",
    "maximum": "http://hl7.org/fhir/StructureDefinition/maxValue",
}
Resource = dict[str, Any]


class FhirRefused(ValueError):
    """A resource that cannot be read as this scale; the sentence says what is wrong."""


def canonical(base: str, definition: Definition) -> str:
    """The address of the questionnaire without its version, under the organisation's base URL."""
    return f"{base.rstrip('/')}/Questionnaire/{definition.key}"


def questionnaire(definition: Definition, base: str, wording: Wording | None = None) -> Resource:
    """R4 Questionnaire; without wording the items are named by number only."""
    language = {"language": wording.language} if wording else {}
    copyright_text = wording.licence.credit if wording else definition.licence.holder
    return {
        "resourceType": "Questionnaire",
        **language,
        "url": canonical(base, definition),
        "version": definition.version,
        "name": "".join(part.capitalize() for part in definition.key.split("-")),
        "title": wording.title if wording else definition.title.zh,
        "status": "active",
        "subjectType": ["Patient"],
        **({"copyright": copyright_text} if copyright_text else {}),
        "item": [_item(item, base, definition, wording) for item in definition.items],
    }


def _item(item: Item, base: str, definition: Definition, wording: Wording | None) -> Resource:
    text = wording.item(item.id).text if wording else f"第 {item.id} 题"
    shared: Resource = {"linkId": item.id, "text": text, "required": False}
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
            "extension": [{"url": ORDINAL, "valueDecimal": item.keyed(code)}],
            "valueCoding": _coding(code, base, definition, words.get(code)),
        }
        for code in item.codes
    ]


def _coding(code: int, base: str, definition: Definition, display: str | None) -> Resource:
    coding = {"system": f"{base.rstrip('/')}/CodeSystem/{definition.key}", "code": str(code)}
    return {**coding, "display": display} if display else coding


def response(
    definition: Definition,
    base: str,
    answers: Mapping[str, Value],
    *,
    authored: datetime,
    subject: str | None = None,
) -> Resource:
    """R4 QuestionnaireResponse; unanswered items are absent, never a code.

    authored: aware. subject: a pseudonym, not a name. ValueError for a code the item refuses.
    """
    if authored.tzinfo is None:
        raise ValueError("the time needs its zone")
    given = [(item, answers.get(item.id)) for item in definition.items]
    filled = [_answer(item, value, base, definition) for item, value in given if value is not None]
    who = {"subject": {"identifier": {"value": subject}}} if subject else {}
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{canonical(base, definition)}|{definition.version}",
        "status": "completed" if len(filled) == len(given) else "in-progress",
        **who,
        "authored": authored.isoformat(timespec="seconds"),
        **({"item": filled} if filled else {}),
    }


def _answer(item: Item, value: int | float, base: str, definition: Definition) -> Resource:
    if not item.accepts(value):
        raise ValueError(f"item {item.id} has no code {value}")
    if item.measured:
        return {"linkId": item.id, "answer": [{"valueDecimal": value}]}
    weight = [{"url": ORDINAL, "valueDecimal": item.keyed(value)}]
    coding = {"extension": weight, **_coding(int(value), base, definition, None)}
    return {"linkId": item.id, "answer": [{"valueCoding": coding}]}


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
    _expect_kind(resource, "Questionnaire")
    return ReadQuestionnaire(
        url=str(resource.get("url", "")),
        version=str(resource.get("version", "")),
        title=str(resource.get("title", "")),
        items=tuple(
            ReadItem(_link(item), str(item.get("text", "")), _read_options(item))
            for item in _leaves(resource.get("item", ()))
        ),
    )


def _expect_kind(resource: Mapping[str, Any], kind: str) -> None:
    if resource.get("resourceType") != kind:
        raise FhirRefused(f"not a {kind}: {resource.get('resourceType')}")


def _link(item: Mapping[str, Any]) -> str:
    if not item.get("linkId"):
        raise FhirRefused("an item has no linkId")
    return str(item["linkId"])


def _leaves(items: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for item in items:
        if item.get("type") not in {"group", "display"} and not item.get("item"):
            yield item
        yield from _leaves(item.get("item", ()))


def _read_options(item: Mapping[str, Any]) -> tuple[ReadOption, ...]:
    return tuple(
        ReadOption(
            code=str(option["valueCoding"].get("code", "")),
            display=str(option["valueCoding"].get("display", "")),
            weight=_ordinal(option)
            if _ordinal(option) is not None
            else _ordinal(option["valueCoding"]),
        )
        for option in item.get("answerOption", ())
        if "valueCoding" in option
    )


def _ordinal(element: Mapping[str, Any]) -> float | None:
    for extension in element.get("extension", ()):
        if extension.get("url") == ORDINAL and "valueDecimal" in extension:
            return float(extension["valueDecimal"])
    return None


def read_response(resource: Mapping[str, Any], definition: Definition) -> dict[str, Value]:
    """Raw answers by item id for scoring; every item is there, unanswered ones as None.

    FhirRefused for another questionnaire or version, an unknown item or a code it refuses.
    """
    _expect_kind(resource, "QuestionnaireResponse")
    address, _, version = str(resource.get("questionnaire", "")).partition("|")
    if not address.endswith(f"/{definition.key}") or version not in {"", definition.version}:
        raise FhirRefused(f"answers {address}|{version}, not {definition.key}|{definition.version}")
    answers: dict[str, Value] = {item.id: None for item in definition.items}
    for item in _leaves(resource.get("item", ())):
        if _link(item) not in answers:
            raise FhirRefused(f"{definition.key} has no item {_link(item)}")
        answers[_link(item)] = _read_answer(item, definition.by_id[_link(item)])
    return answers


def _read_answer(item: Mapping[str, Any], ours: Item) -> Value:
    given = item.get("answer", ())
    if not given:
        return None
    if len(given) > 1:
        raise FhirRefused(f"item {ours.id} has more than one answer")
    try:
        value = _raw(given[0])
    except (KeyError, ValueError):
        raise FhirRefused(f"item {ours.id}: no readable answer") from None
    if not ours.accepts(value):
        raise FhirRefused(f"item {ours.id} has no code {value}")
    return value


def _raw(answer: Mapping[str, Any]) -> int | float:
    if "valueCoding" in answer:
        return int(answer["valueCoding"]["code"])
    if "valueInteger" in answer:
        return int(answer["valueInteger"])
    return float(answer["valueDecimal"])
