"""The R4 schema by which everything that leaves as FHIR is checked, and the frame of the tests."""

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema

BASE = "https://school.example"
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
CHECK = jsonschema.Draft6Validator(
    json.loads(
        (Path(__file__).parent / "fhir" / "questionnaire.schema.json").read_text(encoding="utf-8")
    )
)
