"""Codes, checks, delays, doors, and how answers are read and merged."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.problems import WrongState
from instruments.library import catalogue
from screening.taking import crisis, drafts
from screening.taking.drafts import Given, Problem, Stored
from screening.taking.rules import Door, Standing, accepts, door
from screening.tickets import rules as tickets
from screening.tickets.rules import TicketEvent

SHEET = {key: catalogue.get(key) for key in ("phq-9", "gad-7")}
NINE = datetime(2026, 11, 23, 1, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def standing(**values: object) -> Standing:
    usual = {
        "state": "issued",
        "excused": False,
        "may_answer": True,
        "asks_student": False,
        "running": True,
        "opens_at": NINE - timedelta(hours=1),
        "closes_at": NINE + timedelta(hours=1),
        "grace": timedelta(minutes=30),
    }
    return Standing(**(usual | values))  # type: ignore[arg-type]


def test_a_code_survives_being_typed_carelessly() -> None:
    code = tickets.new_code()
    spoiled = f" {code[:3].lower()} {code[3:5]}－{code[5:].lower()} "
    assert tickets.normalised(spoiled) == code


@pytest.mark.parametrize("typed", ["", "ABCDE", "ABCDEFGHJ0", "O" * 10, "中" * 10])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert tickets.normalised(typed) is None


@pytest.mark.parametrize(
    ("typed", "passes"),
    [
        ("0123", True),
        (" ０１２３ ", True),
        ("0315", True),
        ("315", False),
        ("", False),
        ("é", False),
    ],
)
def test_the_first_use_asks_for_the_number_or_the_day_of_birth(typed: str, passes: object) -> None:
    assert tickets.check_passes(typed, "20260123", date(2013, 3, 15)) is passes


def test_wrong_tries_delay_and_never_lock() -> None:
    delays = [tickets.delay_s(failures) for failures in range(1, 12)]
    assert delays == [0, 0, 0, 2, 4, 8, 16, 32, 60, 60, 60]
    assert tickets.delay_s(10**6) == 60


def test_a_submitted_ticket_allows_nothing() -> None:
    with pytest.raises(WrongState) as refused:
        tickets.next_state("submitted", TicketEvent.WITHDRAW)
    assert refused.value.allowed == ()


@pytest.mark.parametrize(
    ("values", "opens"),
    [
        ({}, Door.QUESTIONS),
        ({"state": "submitted"}, Door.DONE),
        ({"state": "withdrawn"}, Door.DONE),
        ({"excused": True}, Door.NEUTRAL),
        ({"may_answer": False}, Door.NEUTRAL),
        ({"may_answer": False, "asks_student": True}, Door.CONSENT),
        ({"opens_at": NINE + timedelta(minutes=1)}, Door.EARLY),
        ({"closes_at": NINE - timedelta(minutes=1)}, Door.LATE),
        ({"closes_at": NINE - timedelta(minutes=1), "state": "started"}, Door.QUESTIONS),
        ({"closes_at": NINE - timedelta(minutes=31), "state": "started"}, Door.LATE),
        ({"running": False}, Door.LATE),
    ],
)
def test_what_a_ticket_opens(values: dict[str, object], opens: Door) -> None:
    assert door(standing(**values), NINE) is opens


@pytest.mark.parametrize(("late", "meets"), [(29, Door.QUESTIONS), (31, Door.LATE)])
def test_a_first_answer_may_arrive_late(late: int, meets: Door) -> None:
    closed = standing(closes_at=NINE - timedelta(minutes=late))
    assert accepts(closed, NINE) is meets


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"sds": {"1": {"v": 0, "seq": 1}}}, Problem.UNKNOWN_INSTRUMENT),
        ({"phq-9": {"10": {"v": 0, "seq": 1}}}, Problem.UNKNOWN_ITEM),
        ({"phq-9": {"1": {"v": 4, "seq": 1}}}, Problem.UNKNOWN_CODE),
        ({"phq-9": {"1": {"v": "0", "seq": 1}}}, Problem.UNKNOWN_CODE),
        ({"phq-9": {"1": {"v": True, "seq": 1}}}, Problem.UNKNOWN_CODE),
        ({"phq-9": {"1": {"v": 1.5, "seq": 1}}}, Problem.UNKNOWN_CODE),
        ({"phq-9": {"1": {"v": float("nan"), "seq": 1}}}, Problem.UNKNOWN_CODE),
        ({"phq-9": {"1": {"v": 0, "seq": 0}}}, Problem.BAD_SEQ),
        ({"phq-9": {"1": {"v": 0, "seq": True}}}, Problem.BAD_SEQ),
        ({"phq-9": {"1": {"v": 0, "seq": 2**60}}}, Problem.BAD_SEQ),
        ({"phq-9": {"1": {"v": 0}}}, Problem.BAD_SEQ),
        ({"phq-9": {"1": {"seq": 1}}}, Problem.BAD_SHAPE),
        ({"phq-9": {"1": 0}}, Problem.BAD_SHAPE),
        ({"phq-9": [0]}, Problem.BAD_SHAPE),
        ([], Problem.BAD_SHAPE),
        (None, Problem.BAD_SHAPE),
    ],
)
def test_every_bad_answer_is_named(document: object, problem: Problem) -> None:
    assert [fault.problem for fault in drafts.read(document, SHEET).faults] == [problem]


@given(JSON)
def test_reading_never_raises(document: object) -> None:
    sent = drafts.read({"phq-9": {"9": document}, "gad-7": document}, SHEET)
    crisis.findings(SHEET, sent.answers)


def test_a_higher_seq_replaces_and_an_equal_one_changes_nothing() -> None:
    stored = {("phq-9", "1"): Stored(1, 5)}
    assert drafts.newer(stored, (Given("phq-9", "1", 2, 5),)) == {}
    fresh = drafts.newer(stored, (Given("phq-9", "1", 2, 6), Given("phq-9", "1", 3, 7)))
    assert fresh == {("phq-9", "1"): Stored(3, 7)}


@pytest.mark.parametrize(
    ("posted", "final"),
    [
        (Given("phq-9", "1", 2, 6), 2),
        (Given("phq-9", "1", 2, 4), 1),
        (Given("phq-9", "1", 2, None), 2),
        (Given("phq-9", "1", None, 6), 1),
        (Given("phq-9", "1", None, None), 1),
    ],
)
def test_posted_answers_and_drafts_merge_and_a_blank_never_erases(
    posted: Given, final: int
) -> None:
    stored = {("phq-9", "1"): Stored(1, 5)}
    assert drafts.merged(stored, (posted,)) == {("phq-9", "1"): final}


def test_a_rule_that_fails_asks_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("instruments.scoring.crisis.assess", broken)
    (found,) = crisis.findings(SHEET, [Given("phq-9", "9", 0, 1)])
    assert (found.rule, found.severity) == ("phq-9:rule-failed", 3)
