"""The only clock: aware UTC inside, Asia/Shanghai where a calendar day or a person is meant."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_frozen: ContextVar[datetime | None] = ContextVar("xinqiao_frozen_clock", default=None)


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)  # noqa: TID251  this is the clock


def local(moment: datetime) -> datetime:
    """Return an aware moment as Shanghai wall time.

    Raises:
        ValueError: the moment has no time zone.

    """
    if moment.tzinfo is None:
        raise ValueError("naive datetime")
    return moment.astimezone(SHANGHAI)


def today() -> date:
    """Return the calendar day in Shanghai."""
    return local(now()).date()


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold the clock at an aware moment in this context (demo data and tests)."""
    if moment.tzinfo is None:
        raise ValueError("naive datetime")
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
