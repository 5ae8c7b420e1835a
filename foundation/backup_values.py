"""Database values as JSON and back, the same for both databases."""

import base64
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

# One-letter marks for what JSON has no notation for. A document of ours is marked too, so that
# none can be mistaken for a mark.
BYTES, MOMENT, DAY, TIME, NUMBER, DOCUMENT = "b", "t", "d", "h", "n", "j"


def encoded(value: Any) -> Any:
    """Return a JSON value: plain, or [mark, text]; moments become naive UTC."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (bytes, memoryview)):
        return [BYTES, base64.b64encode(value).decode()]
    if isinstance(value, datetime):
        return [MOMENT, _utc(value).isoformat()]
    if isinstance(value, Decimal):
        return [NUMBER, str(value)]
    if isinstance(value, (date, time)):
        return [DAY if isinstance(value, date) else TIME, value.isoformat()]
    return [DOCUMENT, value]


def decoded(value: Any, *, aware: bool) -> Any:
    """Return what encoded() was given; moments are aware where the database keeps zones."""
    if not isinstance(value, list):
        return value
    mark, content = value
    if mark == MOMENT:
        moment = datetime.fromisoformat(content)
        return moment.replace(tzinfo=UTC) if aware else moment
    if mark == DOCUMENT:
        return content
    readers: dict[str, Any] = {
        BYTES: base64.b64decode,
        DAY: date.fromisoformat,
        TIME: time.fromisoformat,
        NUMBER: Decimal,
    }
    return readers[mark](content)


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
