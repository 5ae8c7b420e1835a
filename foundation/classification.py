"""What kind of data a column holds and how long it lives; a test fails on a column without it."""

from enum import StrEnum
from typing import Any


class DataClass(StrEnum):
    """How much harm a leak of the column does, from none to most."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    CLINICAL = "clinical"


def classified(data_class: DataClass, *, keep: str) -> dict[str, Any]:
    """Return the `info` of a mapped column: its class and the name of its retention rule."""
    return {"data_class": data_class, "keep": keep}


PUBLIC = classified(DataClass.PUBLIC, keep="while_used")
INTERNAL = classified(DataClass.INTERNAL, keep="while_used")
PERSONAL = classified(DataClass.PERSONAL, keep="until_graduation")
CLINICAL = classified(DataClass.CLINICAL, keep="case_retention")
