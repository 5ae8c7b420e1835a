"""What happens between the look at a ticket and the unit that writes: the later truth counts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import reading, writing
from screening.models import Campaign, Consent, Response
from screening.taking.views import browser as taking_browser
from tests.screening.taking_room import Browser, Room, browser, room, told, whole

Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture
def here(app: Flask, frozen: datetime) -> Room:
    return room()


@pytest.fixture
def student(app: Flask, here: Room) -> Browser:
    return browser(app).first(here)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Lets something happen while the next request waits for its turn to write."""

    def happens(deed: Callable[[], object]) -> None:
        @contextmanager
        def later() -> Iterator[Session]:
            monkeypatch.undo()
            deed()
            with writing() as session:
                yield session

        monkeypatch.setattr(taking_browser, "writing", later)

    return happens


def responses() -> list[Response]:
    with reading() as session:
        return list(session.scalars(select(Response)))


def withdraw() -> None:
    with writing() as session:
        given = session.scalars(select(Consent)).one()
        session.add(
            Consent(
                campaign_id=given.campaign_id,
                student_id=given.student_id,
                party=given.party,
                guardian_id=given.guardian_id,
                decision="withdrawn",
                method="paper",
                text_version="1",
                recorded_by="user:1",
                recorded_at=clock.now(),
            )
        )


@pytest.mark.parametrize("verb", ["put", "submit"])
def test_a_consent_that_is_withdrawn_in_between_stops_the_request(
    student: Browser, meanwhile: Meanwhile, verb: str
) -> None:
    meanwhile(withdraw)
    answer = student.put(whole()) if verb == "put" else student.submit(whole())
    assert answer.status_code == 409
    assert told(answer) == {"state": "not_needed"}
    assert responses() == []


def test_what_another_device_saved_in_between_is_part_of_the_sheet(
    app: Flask, student: Browser, here: Room, meanwhile: Meanwhile
) -> None:
    second = browser(app)
    assert second.enter(here, pin="2468").status_code == 303
    meanwhile(lambda: second.put({"phq-9": {"2": {"v": 3, "seq": 9}}}))
    assert student.submit(whole(code=1)).status_code == 200
    (sheet,) = responses()
    assert sheet.answers["phq-9"]["2"] == 3
    assert sheet.answers["phq-9"]["1"] == 1


def test_a_submit_of_another_device_in_between_gives_its_receipt(
    app: Flask, student: Browser, here: Room, meanwhile: Meanwhile
) -> None:
    second = browser(app)
    second.enter(here, pin="2468")
    first: list[str] = []
    meanwhile(lambda: first.append(told(second.submit(whole()))["receipt"]))
    assert told(student.submit(whole(code=1)))["receipt"] == first[0]
    assert len(responses()) == 1


def test_the_end_of_the_window_while_waiting_falls_into_the_time_of_grace(
    student: Browser, meanwhile: Meanwhile
) -> None:
    with reading() as session:
        closes = session.scalars(select(Campaign.closes_at)).one()
    bell = closes - timedelta(seconds=1)
    patience = pytest.MonkeyPatch()
    patience.setattr(clock, "now", lambda: bell)
    meanwhile(lambda: patience.setattr(clock, "now", lambda: closes + timedelta(seconds=5)))
    try:
        assert student.submit(whole()).status_code == 200
    finally:
        patience.undo()
