"""The worker process: what every worker has to know, and how it ends (`flask worker`)."""

import signal
import threading
from datetime import timedelta
from types import FrameType

from foundation import engine, jobs, push, seals
from referrals import jobs as referral_jobs
from schools.roster import actions as roster_actions
from schools.roster import commit as roster_commit
from screening.league import concern_paging
from screening.sheets import importing as answers_import
from screening.taking import quality_actions
from screening.taking import rescoring as taking_rescoring
from screening.triage import jobs as screening_jobs

# Importing a module registers its jobs and handlers; named here so that every worker has them all.
BACKGROUND = (
    push,
    roster_actions,
    roster_commit,
    taking_rescoring,
    quality_actions,
    answers_import,
    concern_paging,
    screening_jobs,
    referral_jobs,
)
jobs.periodic("audit.seal", timedelta(seconds=5))(seals.seal)
jobs.reconciler("outbox.without_job", timedelta(seconds=15))(engine.mend)


def run() -> None:
    """Work in the foreground until SIGTERM or SIGINT."""
    worker = jobs.Worker()

    def end(_number: int, _frame: FrameType | None) -> None:
        # Not here: a handler may interrupt the very lock that stop() takes.
        threading.Thread(target=worker.stop).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    worker.run()
