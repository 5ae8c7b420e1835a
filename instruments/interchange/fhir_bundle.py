"""FHIR R4 Bundle of filled-in sheets: the forms they answer, every sheet, and what it scored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from instruments.interchange.fhir import Resource, canonical
from instruments.interchange.fhir_questionnaire import questionnaire
from instruments.interchange.fhir_response import response
from instruments.interchange.fhir_scores import observations
from instruments.library import catalogue
from instruments.library.definition import Definition, Value
from instruments.scoring.single import Scored


@dataclass(frozen=True)
class Sheet:
    """One sheet with its score; `subject` is a pseudonym, `identity` tells sheets apart."""

    definition: Definition
    answers: Mapping[str, Value]
    scored: Scored
    authored: datetime
    identity: str
    subject: str | None = None


def bundle(base: str, sheets: Iterable[Sheet], *, language: str = "zh-Hans") -> Resource:
    """A collection: each form once, then each sheet followed by its Observations.

    The same sheet has the same address in every bundle, so that what is read twice is one.
    """
    given = list(sheets)
    forms = {canonical(base, sheet.definition): sheet.definition for sheet in given}
    entries = [
        _entry(questionnaire(each, base, catalogue.wording(each.key, language, each.version)), url)
        for url, each in forms.items()
    ]
    for sheet in given:
        entries += _entries(base, sheet, language)
    return {
        "resourceType": "Bundle",
        "type": "collection",
        **({"entry": entries} if entries else {}),
    }


def _entries(base: str, sheet: Sheet, language: str) -> Sequence[Resource]:
    def address(part: str) -> str:
        return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{base}/{sheet.identity}/{part}')}"

    key = sheet.definition.key
    made = response(
        sheet.definition, base, sheet.answers, authored=sheet.authored, subject=sheet.subject
    )
    scores = observations(
        sheet.definition,
        base,
        sheet.scored,
        effective=sheet.authored,
        subject=sheet.subject,
        derived_from=address(key),
        chinese=language.startswith("zh"),
    )
    numbered = [_entry(each, address(f"{key}/{place}")) for place, each in enumerate(scores)]
    return [_entry(made, address(key)), *numbered]


def _entry(resource: Resource, address: str) -> Resource:
    return {"fullUrl": address, "resource": resource}
