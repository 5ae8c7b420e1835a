"""One alert for a rule and a ticket, however it is found and however many find it at once."""

import multiprocessing
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path

from sqlalchemy import select

from accounts.policy import Actor
from foundation import clock, crypto, database
from screening.models import Alert, AlertChange, Ticket
from screening.triage.raising import raise_alert
from tests import make
from tests.people import Cast

RULE, BEFORE_COMMIT_S = "phq-9:9>=1", 0.5
STARTED = multiprocessing.get_context("spawn")


def ticket_of(people: Cast) -> int:
    with database.writing() as session:
        campaign = make.campaign(session, school=people.school)
        return make.ticket(session, of=campaign, student=people.lin).id


def raised(ticket_id: int, origin: str, rule: str = RULE) -> int:
    with database.writing() as session:
        ticket = session.get_one(Ticket, ticket_id)
        return raise_alert(
            session, ticket=ticket, rule=rule, severity=3, inputs={}, origin=origin
        ).id


def finder(url: str | None, home: Path, ticket_id: int, together: Barrier) -> None:
    """A process of its own that finds the same thing and is slow to commit."""
    database.configure(url, home)
    crypto.configure(home)
    together.wait()
    with database.writing() as session:
        ticket = session.get_one(Ticket, ticket_id)
        raise_alert(session, ticket=ticket, rule=RULE, severity=3, inputs={})
        time.sleep(BEFORE_COMMIT_S)


def test_two_processes_that_find_the_same_at_once_raise_one_alert(
    people: Cast, db: str | None, home: Path
) -> None:
    ticket, together = ticket_of(people), STARTED.Barrier(2)
    found = [STARTED.Process(target=finder, args=(db, home, ticket, together)) for _n in range(2)]
    for process in found:
        process.start()
    for process in found:
        process.join(60)
    assert [process.exitcode for process in found] == [0, 0]
    with database.reading() as session:
        assert session.query(Alert).count() == 1
        assert list(session.scalars(select(AlertChange.event))) == ["raised"]


def test_what_was_found_live_is_found_again_on_paper(people: Cast) -> None:
    ticket = ticket_of(people)
    first = raised(ticket, "live")
    assert raised(ticket, "paper") == raised(ticket, "import") == first


def test_a_call_for_help_is_one_while_it_is_open_and_comes_anew_afterwards(people: Cast) -> None:
    ticket = ticket_of(people)
    first = raised(ticket, "request", "ask")
    assert raised(ticket, "request", "ask") == first
    with database.writing() as session:
        alert = session.get_one(Alert, first)
        alert.state, alert.ended_at, alert.ended_by = "closed", clock.now(), Actor.system("x").ref
    again = raised(ticket, "request", "ask")
    assert again != first
    assert raised(ticket, "request", "ask") == again


def test_another_rule_of_the_same_ticket_is_another_alert(people: Cast) -> None:
    ticket = ticket_of(people)
    assert raised(ticket, "live") != raised(ticket, "live", "phq-9:severe")
