"""kill -9 of what ./run serves while eight clients save and submit: nothing acknowledged is lost.

All processes at once, as when the power fails, and a single web process that is replaced.
"""

import os
import random
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from foundation import database
from instruments.library import catalogue
from tests import make
from tests.faults.clients import Client, Ledger, Way
from tests.faults.comparing import lost
from tests.faults.running import Program, running
from tests.people import Cast

CLIENTS = 8
KILLS = 200 if os.environ.get("XINQIAO_LONG") else 20
KILLS_OF_CONTROL = 8
SHEETS_PER_KILL = 15
INSIDE = 0.3
BETWEEN_KILLS = (5, 60)
PATIENCE_S = 10
POLL_S = 0.002
LONGER_S = 0.05
INSTRUMENTS = ("phq-9", "gad-7")


@dataclass
class Run:
    """What a series of kills showed."""

    ledger: Ledger
    losses: list[str]
    kills: int = 0
    inside: int = 0
    singles: int = 0


def ways(people: Cast, number: int) -> "Queue[Way]":
    """So many students of a class, each with consent and a ticket."""
    items = tuple((key, item) for key in INSTRUMENTS for item in catalogue.get(key).item_ids)
    found: Queue[Way] = Queue()
    with database.writing() as session:
        campaign = make.campaign(
            session, school=people.school, klasses=[people.klass_1], instruments=INSTRUMENTS
        )
        for _number in range(number):
            student = make.student(session, klass=people.klass_1)
            make.consent(session, to=campaign, by=student)
            ticket = make.ticket(session, of=campaign, student=student)
            check = (student.student_number or "")[-4:]
            found.put(Way(ticket.id, ticket.code, check, items))
    return found


def kill_again_and_again(
    home: Path, url: str | None, people: Cast, *, kills: int, control: bool
) -> Run:
    """Eight clients, so many kills, and a comparison after each restart."""
    sheets = ways(people, SHEETS_PER_KILL * kills)
    chance, over = random.Random(kills), threading.Event()
    run = Run(Ledger(), [])
    with running(home, url, control=control) as server:
        clients = [
            Client(server.address, sheets, run.ledger, over, seed) for seed in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        while run.kills < kills and not (control and run.losses):
            let_them_work(run.ledger, chance, 0 if control else LONGER_S)
            kill_once(server, run, chance, single=not control and run.kills % 2 == 1)
        over.set()
        for client in clients:
            client.join()
        run.losses += lost(*run.ledger.copy())
    return run


def kill_once(server: Program, run: Run, chance: random.Random, *, single: bool) -> None:
    """One kill, and a comparison of what had been acknowledged with what there is after it."""
    if single:
        run.inside += server.kill_one(chance)
        told = run.ledger.copy()
    else:
        run.inside += server.kill()
        told = run.ledger.copy()
        server.start()
    run.losses += lost(*told)
    run.kills, run.singles = run.kills + 1, run.singles + single


def let_them_work(ledger: Ledger, chance: random.Random, longer: float) -> None:
    """Until a random number of further requests is acknowledged, and a random moment longer."""
    enough, deadline = ledger.count + chance.randint(*BETWEEN_KILLS), time.monotonic() + PATIENCE_S
    while ledger.count < enough and time.monotonic() < deadline:
        time.sleep(POLL_S)
    time.sleep(chance.uniform(0, longer))


def test_nothing_that_was_acknowledged_is_lost(db: str | None, home: Path, people: Cast) -> None:
    run = kill_again_and_again(home, db, people, kills=KILLS, control=False)
    print(
        f"{run.kills} kills, {run.singles} of them of one process, {run.inside} inside an open write, "
        f"{len(run.ledger.answers)} sheets, {len(run.ledger.receipts)} receipts"
    )
    assert run.losses == []
    assert run.ledger.refusals == []
    assert run.inside >= INSIDE * run.kills
    assert len(run.ledger.receipts) > CLIENTS


def test_a_server_that_answers_before_it_commits_is_found_out(
    db: str | None, home: Path, people: Cast
) -> None:
    run = kill_again_and_again(home, db, people, kills=KILLS_OF_CONTROL, control=True)
    assert run.losses
