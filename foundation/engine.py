"""Procrastinate on PostgreSQL: one job for each outbox row, in the transaction of the row."""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation import clock, database

TASK = "outbox.deliver"
# Procrastinate's own tables; what they hold can always be made again from the outbox.
TABLES = "procrastinate_"
URGENT, ORDINARY = 10, 0
# For fetching and ending jobs; deliveries use the pool of foundation.database.
CONNECTIONS = 4
POLL_S = 1.0
# Longer than a worker needs from fetching a job to claiming its row.
SECONDS_TO_CLAIM = 30.0

# Never opened: a job is added on the connection of the transaction that adds its row.
APP = App(connector=SyncPsycopgConnector())

JUST_STARTED = """
    EXISTS (SELECT FROM procrastinate_events AS event WHERE event.job_id = job.id
        AND event.type = 'started' AND event.at > now() - make_interval(secs => :seconds))
"""
# EXCEPT, because it stays quick however much waits; NOT EXISTS compared every row with every job.
WITHOUT_JOB = text(f"""
    SELECT id, kind, urgent FROM outbox_message WHERE id IN (
        SELECT id FROM outbox_message
        WHERE state = 'pending' AND due_at <= :moment
            AND (lease_until IS NULL OR lease_until < :moment)
        EXCEPT
        SELECT (job.args ->> 'message_id')::bigint FROM procrastinate_jobs AS job
        WHERE job.task_name = :task
            AND (job.status = 'todo' OR (job.status = 'doing' AND {JUST_STARTED})))
    ORDER BY id
""")  # noqa: S608  fixed text
FORGET_STALLED = text(f"""
    DELETE FROM procrastinate_jobs AS job
    WHERE job.task_name = :task AND job.status = 'doing' AND NOT {JUST_STARTED}
        AND NOT EXISTS (SELECT FROM outbox_message AS message
            WHERE message.id = (job.args ->> 'message_id')::bigint
                AND message.lease_until >= :moment)
""")  # noqa: S608  the same


def defer(
    session: Session, message_id: int, *, kind: str, urgent: bool, at: datetime | None = None
) -> None:
    """Add the job of an outbox row to the caller's transaction; without `at` it runs at once."""
    APP.configure_task(
        TASK,
        queue=kind,
        priority=URGENT if urgent else ORDINARY,
        schedule_at=at,
        connection=session.connection().connection.driver_connection,
    ).defer(message_id=message_id)


def mend() -> int:
    """Give every due row that has no living job a new one; return how many there were.

    The row decides, not the job: a lease that ran out is a worker that died, whatever the job
    says. So a backup can be restored, and Procrastinate's tables emptied, without losing anything.
    """
    if database.is_sqlite():
        return 0
    known = {"task": TASK, "seconds": SECONDS_TO_CLAIM, "moment": clock.now()}
    with database.writing() as session:
        session.execute(FORGET_STALLED, known)
        rows = session.execute(WITHOUT_JOB, known).all()
        for row in rows:
            defer(session, row.id, kind=row.kind, urgent=row.urgent)
    return len(rows)


async def work(kinds: Collection[str], at_once: int, ready: Callable[[], None]) -> None:
    """Run Procrastinate's workers, one for each kind, until cancelled or until one of them ends.

    One each, because a receiver that hangs must not hold up the other kinds. `ready` is called
    once they have looked for jobs and none of them has failed.
    """
    engine = database.engine()
    _none, arguments = engine.dialect.create_connect_args(engine.url)
    arguments.pop("context", None)  # SQLAlchemy's types are not Procrastinate's.
    connector = PsycopgConnector(kwargs=arguments, min_size=1, max_size=CONNECTIONS)
    async with APP.with_connector(connector).open_async() as app:
        workers = [
            asyncio.create_task(
                app.run_worker_async(
                    queues=[kind],
                    name=kind,
                    concurrency=at_once,
                    delete_jobs="always",
                    listen_notify=False,
                    fetch_job_polling_interval=POLL_S,
                    install_signal_handlers=False,
                )
            )
            for kind in kinds
        ]
        try:
            done = await _first_ended(workers, POLL_S)
            if not done:
                ready()
                done = await _first_ended(workers, None)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        for worker in done:
            worker.result()


async def _first_ended(
    workers: Collection[asyncio.Task[None]], seconds: float | None
) -> set[asyncio.Task[None]]:
    first = asyncio.FIRST_COMPLETED
    return (await asyncio.wait(workers, timeout=seconds, return_when=first))[0]
