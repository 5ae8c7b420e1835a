"""The clocks against a simulator that walks minute by minute and knows no short cuts."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.problems import Refused
from referrals.clocks import Kind, Limits, Mark, What, check, read
from schools.workdays import ZONE, Calendar, workday

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
START = datetime(2026, 2, 12, 1, 0, tzinfo=UTC)


def mark(what: What, minute: int, target: int | None = None, until: int | None = None) -> Mark:
    return Mark(
        what,
        START + minute * MINUTE,
        timedelta(minutes=target) if target is not None else None,
        START + until * MINUTE if until is not None else None,
    )


class Simulator:
    """One minute at a time: is it open, is it paused, how much has run."""

    def __init__(self, marks, calendar, limits):
        self.marks, self.calendar, self.limits = marks, calendar, limits
        self.pause_from = self.pause_until = None
        self.paused_total = 0
        self.days = {}
        self.due = None
        self.target = max(m.target for m in marks if m.what is What.START) // MINUTE
        for m in marks:
            if m.what is What.RETARGET:
                self.target = m.target // MINUTE

    def _apply(self, moment):
        for m in self.marks:
            if m.at != moment:
                continue
            if m.what in (What.RESUME, What.PAUSE, What.STOP):
                self.pause_from = None
            if m.what is What.PAUSE and self.paused_total < self.limits.total // MINUTE:
                self.pause_from, self.pause_until = moment, m.until

    def _paused(self, moment):
        if self.pause_from is None:
            return False
        over = (
            moment - self.pause_from >= self.limits.each
            or self.paused_total >= self.limits.total // MINUTE
            or (self.pause_until is not None and moment >= self.pause_until)
        )
        if over:
            self.pause_from = None
        return not over

    def _open(self, moment):
        if self.calendar is None:
            return True
        local = moment.astimezone(ZONE)
        if not self._works(local.date()):
            return False
        minute = local.time()
        return any(a <= minute < b for a, b in self.calendar.shifts)

    def _works(self, day):
        if day not in self.days:
            self.days[day] = workday(day, self.calendar.overrides).works
        return self.days[day]

    def run(self, at, horizon):
        """Spent minutes at `at` and the due minute, looking `horizon` minutes ahead."""
        spent_at, ran = None, 0
        for step in range(horizon + 1):
            moment = START + step * MINUTE
            self._apply(moment)
            if moment == at:
                spent_at = ran
            if ran >= self.target and self.due is None:
                self.due = moment
            paused = self._paused(moment)
            if paused:
                self.paused_total += 1
            elif self._open(moment):
                ran += 1
        return spent_at, self.due


CALENDARS = st.sampled_from(
    [
        None,
        Calendar(),
        Calendar(shifts=((time(0), time(12)), (time(18), time(23)))),
        Calendar(overrides={date(2026, 2, 15): True, date(2026, 2, 13): False}),
    ]
)


@st.composite
def histories(draw):
    """A start, then pauses and resumptions at rising minutes, perhaps another target."""
    target = draw(st.integers(1, 400))
    minutes = sorted(draw(st.sets(st.integers(1, 1500), max_size=5)))
    marks = [mark(What.START, 0, target)]
    for minute in minutes:
        what = draw(st.sampled_from([What.PAUSE, What.RESUME, What.RETARGET]))
        until = draw(st.none() | st.integers(minute + 1, minute + 400))
        new = draw(st.integers(1, 400)) if what is What.RETARGET else None
        marks.append(mark(what, minute, new, until if what is What.PAUSE else None))
    return marks


@settings(max_examples=80)
@given(histories(), CALENDARS, st.integers(0, 2500))
def test_the_clock_says_what_a_minute_by_minute_walk_says(marks, calendar, minute):
    limits = Limits(each=timedelta(minutes=300), total=timedelta(minutes=700))
    at = START + minute * MINUTE
    face = read(marks, at, calendar, limits)
    last = max(at, face.due_at)
    spent, due = Simulator(marks, calendar, limits).run(at, (last - START) // MINUTE)
    assert face.spent == spent * MINUTE
    # Closing and the next opening are the same moment of working time.
    at_due = read(marks, face.due_at, calendar, limits)
    assert at_due.spent == face.target
    assert due is not None
    assert due <= face.due_at


@given(st.integers(0, 5000), st.integers(1, 300))
def test_a_crisis_clock_is_never_set_back(minute, minutes):
    marks = [mark(What.START, 0, 30)]
    early = read(marks, START + minute * MINUTE)
    late = read(marks, START + (minute + minutes) * MINUTE)
    assert late.due_at == early.due_at == START + 30 * MINUTE
    assert late.spent - early.spent == minutes * MINUTE


@pytest.mark.parametrize("kind", [Kind.CRISIS_CONTACT, Kind.SIGN_FOR, Kind.FOLLOW_UP])
def test_nobody_can_pause_a_clock_on_which_safety_hangs(kind):
    with pytest.raises(Refused):
        check(kind, mark(What.PAUSE, 5))


def test_a_reply_clock_may_pause_but_not_for_longer_than_a_day():
    check(Kind.CASE_REPLY, mark(What.PAUSE, 5))
    marks = [mark(What.START, 0, 48 * 60), mark(What.PAUSE, 60)]
    assert read(marks, START + 2 * HOUR).paused
    face = read(marks, START + 30 * HOUR)
    assert not face.paused
    assert face.due_at == START + 72 * HOUR


def test_consultations_are_due_to_the_second_after_24_hours():
    marks = [mark(What.START, 0, 24 * 60)]
    assert not read(marks, START + 24 * HOUR - timedelta(seconds=1)).breached
    assert read(marks, START + 24 * HOUR).breached


def test_a_new_target_keeps_the_time_already_spent():
    marks = [mark(What.START, 0, 48 * 60), mark(What.RETARGET, 600, 24 * 60)]
    face = read(marks, START + 10 * HOUR)
    assert (face.spent, face.due_at) == (10 * HOUR, START + 24 * HOUR)


def test_a_stopped_clock_stays_as_it_was():
    marks = [mark(What.START, 0, 30), mark(What.STOP, 20)]
    face = read(marks, START + 10 * HOUR)
    assert (face.spent, face.breached) == (20 * MINUTE, False)
    late = read([mark(What.START, 0, 30), mark(What.STOP, 31)], START + 10 * HOUR)
    assert late.breached


def test_the_spring_festival_and_its_make_up_days_are_the_state_councils():
    assert workday(date(2026, 2, 14), {}).works
    assert not workday(date(2026, 2, 17), {}).works
    assert not workday(date(2026, 2, 17), {}).provisional


def test_a_year_not_yet_published_is_marked_provisional():
    national_day, monday = workday(date(2027, 10, 1), {}), workday(date(2027, 3, 1), {})
    assert (national_day.works, national_day.provisional) == (False, True)
    assert (monday.works, monday.provisional) == (True, True)
    assert Calendar().provisional(
        datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)
    )


def test_the_own_table_wins_over_the_library():
    day = date(2026, 2, 17)
    assert workday(day, {day: True}).works


def test_a_unit_that_never_opens_has_no_due_time_within_ten_years():
    days = {date(2026, 1, 1) + timedelta(days=n): False for n in range(5000)}
    face = read([mark(What.START, 0, 30)], START, Calendar(overrides=days))
    assert face.due_at.year == 9999
