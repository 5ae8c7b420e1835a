"""Who must say yes, and what a no, a change of mind or two guardians who differ mean."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.campaigns.consent import Decision, Rule, Status, age_on, assess, parties

RULE = Rule()
YES, NO = "granted", "declined"


@pytest.mark.parametrize(
    ("age", "needed"),
    [
        (12, ("guardian",)),
        (13, ("guardian",)),
        (14, ("guardian", "student")),
        (17, ("guardian", "student")),
        (18, ("student",)),
        (None, ("guardian", "student")),
    ],
)
def test_age_decides_who_is_asked(age: int | None, needed: tuple[str, ...]) -> None:
    assert parties(RULE, age) == needed


@pytest.mark.parametrize(
    ("age", "said", "status"),
    [
        (13, [], Status.MISSING_GUARDIAN),
        (13, [("guardian", YES, "1")], Status.GRANTED),
        (13, [("guardian", NO, "1")], Status.DECLINED),
        (13, [("guardian", YES, "1"), ("guardian", NO, "2")], Status.CONFLICT),
        (13, [("guardian", NO, "1"), ("guardian", YES, "1")], Status.GRANTED),
        (13, [("guardian", YES, "1"), ("guardian", "withdrawn", "1")], Status.WITHDRAWN),
        (13, [("guardian", YES, "1"), ("student", NO, "")], Status.DECLINED),
        (15, [("guardian", YES, "1")], Status.MISSING_STUDENT),
        (15, [("guardian", YES, "1"), ("student", YES, "")], Status.GRANTED),
        (15, [("student", YES, "")], Status.MISSING_GUARDIAN),
        (18, [], Status.MISSING_STUDENT),
        (18, [("student", YES, "")], Status.GRANTED),
        (18, [("guardian", NO, "1"), ("student", YES, "")], Status.GRANTED),
        (18, [("student", YES, ""), ("student", "withdrawn", "")], Status.WITHDRAWN),
    ],
)
def test_what_was_said_decides(age: int, said: list[tuple[str, str, str]], status: Status) -> None:
    assert assess(RULE, age, [Decision(*each) for each in said]).status is status


decisions = st.builds(
    Decision,
    party=st.sampled_from(["guardian", "student"]),
    decision=st.sampled_from([YES, NO, "withdrawn"]),
    who=st.sampled_from(["1", "2"]),
)


@given(st.integers(11, 25), st.lists(decisions, max_size=6))
def test_a_students_own_no_always_holds(age: int, said: list[Decision]) -> None:
    verdict = assess(RULE, age, [*said, Decision("student", NO)])
    assert verdict.status is Status.DECLINED
    assert not verdict.may_answer


@given(st.integers(11, 25), st.lists(decisions, max_size=6))
def test_nobody_is_asked_without_every_needed_yes(age: int, said: list[Decision]) -> None:
    verdict = assess(RULE, age, said)
    yes = {each.party for each in said if each.decision == YES}
    assert not verdict.may_answer or set(parties(RULE, age)) <= yes


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2012, 11, 23), date(2026, 11, 23), 14),
        (date(2012, 11, 24), date(2026, 11, 23), 13),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_a_birthday_counts_from_its_day(born: date, day: date, age: int) -> None:
    assert age_on(born, day) == age
