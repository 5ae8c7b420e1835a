"""What every FHIR R4 resource of a scale shares: addresses, codings, weights, refusals.

Item weights travel as the ordinalValue extension: the code is what the person chose, the
weight is what the key counts (they differ for reversed items).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from instruments.library.definition import Definition, Item

ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
Resource = dict[str, Any]


class FhirRefused(ValueError):
    """A resource that cannot be written or read as this scale; the sentence says why."""


def canonical(base: str, definition: Definition) -> str:
    """The address of the questionnaire without its version, under the organisation's base URL."""
    return f"{base.rstrip('/')}/Questionnaire/{definition.key}"


def weight(item: Item, code: int) -> Resource:
    """The extension that says what the key counts for a code."""
    return {"url": ORDINAL, "valueDecimal": item.keyed(code)}


def coding(code: int, base: str, definition: Definition, display: str | None = None) -> Resource:
    """One answer code of the scale."""
    found = {"system": f"{base.rstrip('/')}/CodeSystem/{definition.key}", "code": str(code)}
    return {**found, "display": display} if display else found


def expect_kind(resource: Mapping[str, Any], kind: str) -> None:
    """FhirRefused unless the resource is of this kind."""
    if resource.get("resourceType") != kind:
        raise FhirRefused(f"not a {kind}: {resource.get('resourceType')}")


def link_of(item: Mapping[str, Any]) -> str:
    """The linkId of an item; FhirRefused when it has none."""
    if not item.get("linkId"):
        raise FhirRefused("an item has no linkId")
    return str(item["linkId"])


def leaves(items: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The questions, out of their groups, without what is only shown."""
    for item in items:
        if item.get("type") not in {"group", "display"} and not item.get("item"):
            yield item
        yield from leaves(item.get("item", ()))


def ordinal_of(element: Mapping[str, Any]) -> float | None:
    """The weight that an element carries."""
    for extension in element.get("extension", ()):
        if extension.get("url") == ORDINAL and "valueDecimal" in extension:
            return float(extension["valueDecimal"])
    return None
