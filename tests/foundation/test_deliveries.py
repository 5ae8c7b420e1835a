"""Stopping the deliveries ends them, whatever the engine is doing just then."""

import asyncio
import threading
from collections.abc import Callable, Collection
from contextlib import suppress

import pytest

from foundation import deliveries, engine


def test_an_engine_that_swallows_the_first_cancellation_ends_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = threading.Event()

    async def deaf(_kinds: Collection[str], _at_once: int, _ready: Callable[[], None]) -> None:
        started.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)
        await asyncio.sleep(3600)

    monkeypatch.setattr(engine, "work", deaf)
    monkeypatch.setattr(deliveries, "SECONDS_TO_CANCEL_AGAIN", 0.05)
    monkeypatch.setattr(deliveries, "SECONDS_TO_OPEN", 0.05)
    monkeypatch.setattr(deliveries.outbox, "HANDLERS", {"mail": lambda _payload, _key: None})
    served = deliveries.Engine()
    served.start()
    assert started.wait(60)
    stopping = threading.Thread(target=served.stop, daemon=True)
    stopping.start()
    stopping.join(60)
    assert not stopping.is_alive()


def test_workers_that_run_are_asked_to_end_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """They finish what they deliver; a second cancellation would cut that short."""
    finished: list[str] = []
    looking = threading.Event()

    async def careful(_kinds: Collection[str], _at_once: int, ready: Callable[[], None]) -> None:
        ready()
        looking.set()
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0.3)
            finished.append("delivery")

    monkeypatch.setattr(engine, "work", careful)
    monkeypatch.setattr(deliveries, "SECONDS_TO_CANCEL_AGAIN", 0.05)
    monkeypatch.setattr(deliveries.outbox, "HANDLERS", {"mail": lambda _payload, _key: None})
    served = deliveries.Engine()
    served.start()
    assert looking.wait(60)
    served.stop()
    assert finished == ["delivery"]
