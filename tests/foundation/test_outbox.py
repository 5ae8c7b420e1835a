"""A message is delivered at least once, urgent first, however often its receiver fails."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from foundation import clock, database, outbox
from foundation.outbox import OutboxMessage


class Receiver:
    """What arrived, and whether it is up."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.down = False

    def deliver(self, payload: dict[str, Any], message_key: str) -> None:
        if self.down:
            raise ConnectionError(payload)
        self.keys.append(message_key)


@pytest.fixture
def receiver(db: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    made = Receiver()
    monkeypatch.setitem(outbox.HANDLERS, "test", made.deliver)
    return made


def enqueue(*keys: str, urgent: bool = False, due_at: datetime | None = None) -> None:
    with database.writing() as session:
        for key in keys:
            outbox.enqueue(session, "test", key=key, payload={}, urgent=urgent, due_at=due_at)


def message(key: str) -> OutboxMessage:
    with database.reading() as session:
        return session.scalars(select(OutboxMessage).where(OutboxMessage.key == key)).one()


def test_the_same_key_is_one_message(receiver: Receiver) -> None:
    enqueue("a", "a")
    enqueue("a")
    assert outbox.drain() == 1
    enqueue("a")
    assert outbox.drain() == 0
    assert receiver.keys == ["a"]


def test_urgent_messages_go_first(receiver: Receiver) -> None:
    enqueue("slow")
    enqueue("fast", urgent=True)
    outbox.drain()
    assert receiver.keys == ["fast", "slow"]


def test_a_message_waits_until_it_is_due(receiver: Receiver, frozen: datetime) -> None:
    enqueue("later", due_at=frozen + timedelta(minutes=10))
    assert outbox.drain() == 0
    with clock.frozen(frozen + timedelta(minutes=10)):
        assert outbox.drain() == 1


def test_back_off_grows_and_an_urgent_message_is_never_given_up(
    receiver: Receiver, frozen: datetime
) -> None:
    enqueue("a", urgent=True)
    receiver.down, moment, waits = True, frozen, []
    for _attempt in range(20):
        with clock.frozen(moment):
            outbox.drain()
            due = message("a").due_at
        waits.append((due - moment).total_seconds())
        moment = due
    assert waits[:5] == [5, 30, 120, 300, 300]
    assert message("a").state == outbox.PENDING
    receiver.down = False
    with clock.frozen(moment):
        outbox.drain()
    assert receiver.keys == ["a"]


@pytest.mark.parametrize("tried", [False, True])
def test_a_message_leaves_at_once_after_the_clock_was_set_back(
    receiver: Receiver, frozen: datetime, *, tried: bool
) -> None:
    with clock.frozen(frozen - timedelta(days=1) if tried else frozen + timedelta(hours=8)):
        enqueue("a", urgent=True)
    with clock.frozen(frozen + timedelta(hours=8)):
        receiver.down = tried
        assert not tried or outbox.drain() == 0
    receiver.down = False
    assert outbox.drain() == 1


def test_a_way_that_is_shut_is_told_from_one_wrong_address(
    db: object, frozen: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {"a", "b"}

    def deliver(_payload: dict[str, Any], key: str) -> None:
        if key in wrong:
            raise ConnectionError

    def unheard() -> list[str]:
        with database.reading() as session:
            return outbox.unheard(session)

    monkeypatch.setitem(outbox.HANDLERS, "test", deliver)
    enqueue("a", urgent=True)
    for minute in range(outbox.SHUT_AFTER):
        assert unheard() == []
        with clock.frozen(frozen + timedelta(minutes=10 * minute)):
            outbox.drain()
    assert unheard() == ["test"]
    wrong.remove("b")
    with clock.frozen(frozen + timedelta(minutes=31)):
        enqueue("b", urgent=True)
        outbox.drain()
    assert unheard() == []
    assert message("a").state == outbox.PENDING


def test_another_message_is_set_aside_for_a_person_and_can_be_released(
    receiver: Receiver, frozen: datetime
) -> None:
    enqueue("a")
    receiver.down = True
    for hour in range(outbox.TRIES):
        with clock.frozen(frozen + timedelta(hours=hour)):
            outbox.drain()
    assert message("a").state == outbox.QUARANTINED
    assert outbox.status()["quarantined"] == {"test": 1}
    receiver.down = False
    with database.writing() as session:
        assert outbox.release(session, "a")
    assert outbox.drain() == 1


def test_a_failing_message_does_not_hold_up_the_others(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue("a")
    with database.writing() as session:
        outbox.enqueue(session, "unknown kind", key="x", payload={}, urgent=True)
    assert outbox.drain() == 1
    assert message("x").last_error == "KeyError"


def test_errors_are_kept_without_their_text(receiver: Receiver) -> None:
    receiver.down = True
    enqueue("a")
    outbox.drain()
    assert message("a").last_error == "ConnectionError"


def test_a_dead_drainer_loses_its_lease_and_its_say(receiver: Receiver, frozen: datetime) -> None:
    enqueue("a")
    lost = outbox.take()
    assert lost is not None
    assert outbox.take() is None
    with clock.frozen(frozen + outbox.LEASE + timedelta(seconds=1)):
        again = outbox.take()
        assert again is not None
        receiver.down = True
        outbox.attempt(lost)
        assert message("a").tries == 0
        receiver.down = False
        assert outbox.attempt(again)
    assert message("a").state == outbox.DONE


def test_status_tells_the_age_of_the_oldest(receiver: Receiver, frozen: datetime) -> None:
    enqueue("a")
    with clock.frozen(frozen + timedelta(seconds=90)):
        assert outbox.status()["oldest_s"] == 90
