"""Who delivers the outbox: threads of the worker on SQLite, Procrastinate's on PostgreSQL."""

import asyncio
import logging
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol

from foundation import database, engine, outbox

DELIVERERS = 8
# One receiver that hangs must not take every deliverer.
PER_KIND = 2
SECONDS_TO_RESTART = 1.0
SECONDS_TO_CANCEL_AGAIN = 1.0
SECONDS_TO_OPEN = 5.0
log = logging.getLogger(__name__)


class Deliveries(Protocol):
    """What a worker asks of whoever delivers for it."""

    def start(self) -> None:
        """Begin."""

    def turn(self) -> None:
        """Look for work; called about once a second and when the bell rings."""

    def alive(self) -> bool:
        """Say whether messages are being looked for."""

    def stop(self) -> None:
        """End; what is being delivered is finished first."""


def deliveries() -> Deliveries:
    """Choose by the database of the process."""
    return Threads() if database.is_sqlite() else Engine()


class Threads:
    """Claims due rows and delivers them in a pool of threads."""

    def __init__(self) -> None:
        """Prepare; start() makes the threads."""
        self._flying: Counter[str] = Counter()
        self._stopped = False

    def start(self) -> None:
        """Make the pool."""
        self._pool = ThreadPoolExecutor(DELIVERERS, "deliver")

    def turn(self) -> None:
        """Claim as long as something is due and a thread is free."""
        while not self._stopped and self._flying.total() < DELIVERERS:
            full = [kind for kind, count in self._flying.items() if count >= PER_KIND]
            claim = outbox.take(avoid=full)
            if claim is None:
                return
            self._flying[claim.kind] += 1
            self._pool.submit(self._deliver, claim)

    def alive(self) -> bool:
        """The thread that asks is the one that claims."""
        return True

    def stop(self) -> None:
        """Wait for what is under way."""
        self._stopped = True
        self._pool.shutdown()

    def _deliver(self, claim: outbox.Claim) -> None:
        try:
            outbox.attempt(claim)
        except Exception:
            # The lease runs out and the message is tried again.
            log.exception("the outcome of a delivery could not be written down")
        finally:
            self._flying[claim.kind] -= 1
            outbox.wake.set()


class Engine:
    """Procrastinate's workers on an event loop in a thread, started again whenever they end."""

    def __init__(self) -> None:
        """Prepare; start() makes the thread."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="procrastinate", daemon=True)
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None = None
        self._looking = threading.Event()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def turn(self) -> None:
        """Nothing: Procrastinate looks by itself."""

    def alive(self) -> bool:
        """Say whether Procrastinate's workers run now."""
        return self._looking.is_set()

    def stop(self) -> None:
        """Ask the workers to end and wait for what is under way."""
        self._stop.set()
        # psycopg's pool can hang for minutes when it is cancelled while it opens.
        end = time.monotonic() + SECONDS_TO_OPEN
        while self._thread.is_alive() and not self._looking.wait(0.05) and time.monotonic() < end:
            pass
        self._cancel()
        self._thread.join(SECONDS_TO_CANCEL_AGAIN)
        while self._thread.is_alive():
            # The opening can swallow the cancellation; workers that run do not.
            if not self._looking.is_set():
                self._cancel()
            self._thread.join(SECONDS_TO_CANCEL_AGAIN)

    def _cancel(self) -> None:
        if running := self._running:
            loop, task = running
            with suppress(RuntimeError):  # It has just ended by itself.
                loop.call_soon_threadsafe(task.cancel)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                asyncio.run(self._work())
            except asyncio.CancelledError:
                return
            except Exception:
                log.exception("Procrastinate ended; it is started again")
            self._stop.wait(SECONDS_TO_RESTART)

    async def _work(self) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        loop.set_default_executor(ThreadPoolExecutor(PER_KIND * len(outbox.HANDLERS), "deliver"))
        if task is None:
            return
        self._running = loop, task
        try:
            # Looked at after the line above, so that stop() reaches one or the other.
            if not self._stop.is_set():
                await engine.work(sorted(outbox.HANDLERS), PER_KIND, self._looking.set)
        finally:
            self._looking.clear()
            self._running = None


@engine.APP.task(name=engine.TASK)
def deliver(message_id: int) -> None:
    """Deliver a message, unless it is done or under way: then this job was one too many."""
    claim = outbox.claim(message_id)
    if claim is not None:
        outbox.attempt(claim)
