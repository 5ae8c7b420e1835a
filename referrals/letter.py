"""What a referral letter says, item by item, and the fingerprint of exactly that."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

# The letter carries totals and bands; answers to single questions never leave the school.
INSTRUMENT_FIELDS = ("title", "date", "total", "band")


def assemble(
    *,
    form: Mapping[str, Any],
    school: Mapping[str, Any],
    student: Mapping[str, Any],
    guardians: Sequence[Mapping[str, Any]],
    instruments: Sequence[Mapping[str, Any]],
    consent: Mapping[str, Any],
) -> dict[str, Any]:
    """The whole content of one letter; nothing outside this document ever goes to the hospital."""
    return {
        "school": dict(school),
        "student": dict(student),
        "guardians": [dict(guardian) for guardian in guardians],
        "consent": dict(consent),
        "instruments": [{k: row.get(k) for k in INSTRUMENT_FIELDS} for row in instruments],
        **{key: form.get(key) for key in FORM_FIELDS},
    }


FORM_FIELDS = (
    "urgency",
    "reasons",
    "facts",
    "measures",
    "protective",
    "risk_plan",
    "risk_means",
    "risk_attempt",
    "medication",
    "abuse_report",
    "help",
    "feedback",
    "escort",
)


def fingerprint(content: Mapping[str, Any]) -> str:
    """SHA-256 of the content in one canonical form, as hexadecimal digits."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
