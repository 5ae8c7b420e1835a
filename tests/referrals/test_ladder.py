"""The crisis ladder: who is paged when, and what stops it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.ladder import STEPS, Situation, Watcher, Way, climb, watchers

START = datetime(2026, 11, 20, 13, 40, tzinfo=UTC)


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def test_the_steps_are_those_of_the_agreed_ladder():
    assert [s.minute for s in STEPS] == [0, 3, 5, 10, 15, 20, 30]


@pytest.mark.parametrize(
    ("minute", "who"),
    [
        (0, Watcher.DUTY),
        (3, Watcher.BACKUP),
        (5, Watcher.COUNTY_LEAD),
        (10, Watcher.CITY_DUTY),
        (15, Watcher.PROVINCE_DUTY),
        (30, Watcher.PROVINCE_LEAD),
    ],
)
def test_each_step_pages_its_people(minute, who):
    done = frozenset(s.minute for s in STEPS if s.minute < minute)
    step = climb(Situation(START, done), after(minute)).send
    assert step is not None
    assert who in step.watchers


def test_the_emergency_card_comes_back_after_twenty_minutes():
    step = climb(Situation(START, frozenset({0, 3, 5, 10, 15})), after(20)).send
    assert step is not None
    assert step.way is Way.CARD


def test_after_an_outage_all_steps_are_written_and_only_the_highest_is_sent():
    result = climb(Situation(START, frozenset({0})), after(12))
    assert [s.minute for s in result.reached] == [3, 5, 10]
    assert result.send is not None
    assert result.send.minute == 10


def test_a_named_acknowledgement_stops_it_for_ten_minutes():
    held = Situation(START, frozenset({0}), acknowledged_at=after(2))
    assert climb(held, after(6)).reached == ()
    assert climb(held, after(6)).next_at == after(12)
    assert [s.minute for s in climb(held, after(12)).reached] == [3, 5, 10]


def test_contact_with_the_child_ends_it():
    spoken = Situation(START, frozenset({0}), contact_at=after(8))
    assert climb(spoken, after(60)).next_at is None


def test_a_crisis_that_is_over_pages_nobody():
    assert climb(Situation(START, over=True), after(40)).send is None


def test_watchers_are_added_and_never_dropped():
    seen: tuple[Watcher, ...] = ()
    for n in range(len(STEPS) + 1):
        now = watchers(s.minute for s in STEPS[:n])
        assert now[: len(seen)] == seen
        seen = now
    assert set(seen) == set(Watcher)


@given(st.floats(0, 90), st.sets(st.sampled_from([s.minute for s in STEPS])))
def test_no_step_is_sent_early_or_twice(minute, done):
    result = climb(Situation(START, frozenset(done)), after(minute))
    assert all(s.minute <= minute and s.minute not in done for s in result.reached)
