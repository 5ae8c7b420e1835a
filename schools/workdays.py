"""Which days and hours a unit works: own table first, then the State Council's, then Mon-Fri."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import holidays

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
LONGEST_CLOSURE_DAYS = 3653
_SATURDAY = 5


@dataclass(frozen=True)
class Workday:
    """Whether a day is worked; `provisional` until the year's make-up days are published."""

    works: bool
    provisional: bool


def workday(day: date, overrides: Mapping[date, bool]) -> Workday:
    """The unit's own table wins; a year no library knows falls back to Monday to Friday."""
    if day in overrides:
        return Workday(overrides[day], provisional=False)
    try:
        return Workday(chinese_calendar.is_workday(day), provisional=False)
    except NotImplementedError:
        holiday = day in holidays.country_holidays("CN", years=day.year)
        return Workday(day.weekday() < _SATURDAY and not holiday, provisional=True)


def after_workdays(day: date, count: int, overrides: Mapping[date, bool]) -> date:
    """The working day that is `count` working days after the given one."""
    for _offset in range(LONGEST_CLOSURE_DAYS):
        if count <= 0:
            break
        day += DAY
        count -= workday(day, overrides).works
    return day


@dataclass(frozen=True)
class Calendar:
    """Working hours of a unit, wall times of Asia/Shanghai; several shifts a day, in order.

    A shift may end at midnight, written as `time.min`.
    """

    shifts: tuple[tuple[time, time], ...] = ((time(8, 30), time(12)), (time(14), time(17, 30)))
    overrides: Mapping[date, bool] = field(default_factory=dict)

    def spans_of(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The open spans of one day, aware, oldest first; empty on a day off."""
        if not workday(day, self.overrides).works:
            return ()
        return tuple(
            (_at(day, opens), _at(day + DAY if closes == time.min else day, closes))
            for opens, closes in self.shifts
        )

    def spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Open spans from `start` on for ten years; the first one is cut at `start`."""
        first = start.astimezone(ZONE).date()
        for offset in range(LONGEST_CLOSURE_DAYS):
            for opens, closes in self.spans_of(first + offset * DAY):
                if closes > start:
                    yield max(opens, start), closes

    def provisional(self, start: datetime, end: datetime) -> bool:
        """Whether a day between the two rests on a year not yet published."""
        day, last = start.astimezone(ZONE).date(), end.astimezone(ZONE).date()
        while day <= last:
            if workday(day, self.overrides).provisional:
                return True
            day += DAY
        return False


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, ZONE)
