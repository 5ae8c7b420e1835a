"""Nothing without owner and next due time, in walks of real actions; and a control that drops one."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from foundation import database
from screening.league import concern_actions
from screening.triage import alert_actions, case_actions
from tests.people import Cast
from tests.screening.custody_walker import Hole, Walk, scene

RUNS, STEPS = 300, range(1, 41)
VERBS, LEAST = 15, 5


def walked(people: Cast, runs: int = RUNS) -> Counter[str]:
    """What happened in all runs; each starts from the same rows and is taken back."""
    done: Counter[str] = Counter()
    with database.writing() as session:
        staff, tickets = scene(session, people)
        for seed in range(runs):
            with session.begin_nested() as run:
                walk = Walk(session, people, staff, tickets, seed)
                walk.run(STEPS[seed % len(STEPS)])
                done += walk.done
                run.rollback()
            session.expire_all()
    return done


def test_no_walk_finds_a_record_without_owner_or_due_time(people: Cast) -> None:
    done = walked(people)
    # the walks got somewhere: every kind of action took place, and not just once
    assert len(done) == VERBS
    assert min(done.values()) >= LEAST, done


def spoiled(module: Any, name: str, **lost: Any) -> Any:
    """The function of a module as it is, followed by a slip: fields of its record are lost."""
    usual = getattr(module, name)

    def slip(*args: Any, **named: Any) -> Any:
        result = usual(*args, **named)
        record = next(v for k, v in named.items() if k in {"alert", "case", "concern"})
        for field, value in lost.items():
            setattr(record, field, value)
        return result

    return slip


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (alert_actions, "step"),
        (case_actions, "plan"),
        (case_actions, "step"),
        (concern_actions, "acknowledge"),
    ],
)
@pytest.mark.parametrize("lost", [{"owner_user_id": None}, {"duty_role": ""}])
def test_a_transition_that_drops_the_owner_or_the_duty_is_found(
    people: Cast, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, lost: dict[str, Any]
) -> None:
    monkeypatch.setattr(module, name, spoiled(module, name, **lost))
    with pytest.raises(Hole):
        walked(people)


def test_a_transition_that_drops_the_due_time_is_refused_by_the_database(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_actions, "step", spoiled(alert_actions, "step", due_at=None))
    with pytest.raises(IntegrityError):
        walked(people)
