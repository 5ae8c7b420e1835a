"""The R4 schema by which everything that leaves as FHIR is checked, and sheets to send."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
from hypothesis import strategies as st

from instruments.library.definition import Definition, Item, Value

BASE = "https://school.example"
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SCHEMA = json.loads(
    (Path(__file__).parent / "fhir" / "questionnaire.schema.json").read_text(encoding="utf-8")
)


class R4:
    """The schema of FHIR R4, asked for the kind that a resource says it is."""

    def validate(self, resource: dict[str, Any]) -> None:
        """Raise jsonschema.ValidationError for what R4 does not allow."""
        kind = {"$ref": f"#/definitions/{resource['resourceType']}"}
        jsonschema.Draft6Validator({**kind, "definitions": SCHEMA["definitions"]}).validate(
            resource
        )


CHECK = R4()


def through(model: Any, resource: dict[str, Any]) -> dict[str, Any]:
    """The resource after a foreign library has read and written it."""
    again: dict[str, Any] = json.loads(model.model_validate(resource).model_dump_json())
    return again


def _answer(item: Item) -> st.SearchStrategy[Value]:
    if item.minimum is not None and item.maximum is not None:
        tenths = st.integers(int(item.minimum * 10), int(item.maximum * 10))
        return st.none() | tenths.map(lambda tenth: tenth / 10)
    return st.none() | st.sampled_from(item.codes)


def sheets(definition: Definition) -> st.SearchStrategy[dict[str, Value]]:
    """Any sheet of a scale: every answer a code, a measured value, or not there."""
    return st.fixed_dictionaries({item.id: _answer(item) for item in definition.items})
