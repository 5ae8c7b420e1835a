"""Who is called when, across midnight and weekends, and where nobody is."""

from datetime import datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import SHANGHAI
from schools.duty.rules import Slot, gaps, on_duty, problems

MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=SHANGHAI)
DAY = Slot(1, 1, 0b0011111, time(8), time(18))
NIGHT = Slot(2, 2, 0b1111111, time(18), time(8))
ALWAYS = Slot(3, 3, 0b1111111, time(0), time(0))


def at(hour: int, day: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


def test_by_day_the_day_person_is_called() -> None:
    assert on_duty([NIGHT, DAY], at(9)) == [1]


def test_a_night_slot_reaches_past_midnight() -> None:
    assert on_duty([NIGHT], at(23)) == [2]
    assert on_duty([NIGHT], at(3)) == [2]
    assert on_duty([NIGHT], at(12)) == []


def test_the_order_of_call_is_kept() -> None:
    assert on_duty([ALWAYS, DAY], at(9)) == [1, 3]


def test_the_weekend_is_a_gap_for_a_weekday_slot() -> None:
    found = gaps([DAY, NIGHT], at(0, 5), at(0, 6))
    assert [(gap.start, gap.end) for gap in found] == [(at(8, 5), at(18, 5))]


def test_a_slot_until_23_59_reaches_midnight() -> None:
    evening, early = Slot(1, 1, 127, time(8), time(23, 59)), Slot(2, 1, 127, time(0), time(8))
    assert on_duty([evening], at(24) - timedelta(seconds=1)) == [1]
    assert on_duty([evening], at(24)) == []
    assert gaps([evening, early], at(0), at(48)) == []


def test_a_gap_of_five_minutes_is_found() -> None:
    morning, rest = Slot(1, 1, 127, time(0), time(12, 20)), Slot(2, 1, 127, time(12, 25), time(0))
    [gap] = gaps([morning, rest], at(0), at(24))
    assert (gap.start, gap.end) == (at(12) + timedelta(minutes=20), at(12) + timedelta(minutes=25))


def test_one_person_is_not_a_chain() -> None:
    assert problems([ALWAYS], at(0), at(48)) == ["too_few_persons"]


def test_two_who_cover_the_window_are() -> None:
    assert problems([ALWAYS, DAY], at(0), at(48)) == []


def test_an_empty_list_lacks_everything() -> None:
    assert problems([], at(0), at(1)) == ["too_few_persons", "gap"]


times = st.integers(0, 23).map(time)


@given(st.lists(st.tuples(times, times), max_size=4), st.integers(0, 95))
def test_a_moment_is_covered_or_lies_in_a_gap(hours: list[tuple[time, time]], part: int) -> None:
    slots = [Slot(n, n, 127, *pair) for n, pair in enumerate(hours)]
    moment = MONDAY + timedelta(minutes=15 * part)
    inside = any(gap.start <= moment < gap.end for gap in gaps(slots, at(0), at(24)))
    assert inside != bool(on_duty(slots, moment))
