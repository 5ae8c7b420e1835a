"""FHIR R4 QuestionnaireResponse of a sheet, out and in; unanswered items are absent, never a code."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from instruments.interchange.fhir import (
    FhirRefused,
    Resource,
    canonical,
    coding,
    expect_kind,
    leaves,
    link_of,
    weight,
)
from instruments.library.definition import Definition, Item, Value


def response(
    definition: Definition,
    base: str,
    answers: Mapping[str, Value],
    *,
    authored: datetime,
    subject: str | None = None,
    submitted: bool = True,
) -> Resource:
    """R4 QuestionnaireResponse of a sheet that was handed in, or of one that is being filled in.

    authored: aware. subject: a pseudonym, not a name. ValueError for a code the item refuses.
    """
    if authored.tzinfo is None:
        raise ValueError("the time needs its zone")
    if subject is not None and not subject.isprintable():
        raise ValueError("the subject holds a control character")
    filled = [
        _answer(item, value, base, definition)
        for item in definition.items
        if (value := answers.get(item.id)) is not None
    ]
    who = {"subject": {"identifier": {"value": subject}}} if subject else {}
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{canonical(base, definition)}|{definition.version}",
        "status": "completed" if submitted else "in-progress",
        **who,
        "authored": authored.isoformat(timespec="seconds"),
        **({"item": filled} if filled else {}),
    }


def _answer(item: Item, value: int | float, base: str, definition: Definition) -> Resource:
    if not item.accepts(value):
        raise ValueError(f"item {item.id} has no code {value}")
    if item.measured:
        return {"linkId": item.id, "answer": [{"valueDecimal": value}]}
    code = int(value)
    chosen = {"extension": [weight(item, code)], **coding(code, base, definition)}
    return {"linkId": item.id, "answer": [{"valueCoding": chosen}]}


def read_response(resource: Mapping[str, Any], definition: Definition) -> dict[str, Value]:
    """Raw answers by item id for scoring; every item is there, unanswered ones as None.

    FhirRefused for another questionnaire or version, an unknown item or a code it refuses.
    """
    expect_kind(resource, "QuestionnaireResponse")
    address, _, version = str(resource.get("questionnaire", "")).partition("|")
    if not address.endswith(f"/{definition.key}") or version not in {"", definition.version}:
        raise FhirRefused(f"answers {address}|{version}, not {definition.key}|{definition.version}")
    answers: dict[str, Value] = {item.id: None for item in definition.items}
    for item in leaves(resource.get("item", ())):
        link = link_of(item)
        if link not in answers:
            raise FhirRefused(f"{definition.key} has no item {link}")
        if answers[link] is not None:
            raise FhirRefused(f"item {link} is answered twice")
        answers[link] = _read_answer(item, definition.by_id[link])
    return answers


def _read_answer(item: Mapping[str, Any], ours: Item) -> Value:
    given = item.get("answer", ())
    if not given:
        return None
    if len(given) > 1:
        raise FhirRefused(f"item {ours.id} has more than one answer")
    try:
        value = _raw(given[0])
    except (KeyError, TypeError, ValueError):
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
