"""A class that takes a questionnaire over HTTP, for the tests of taking."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from accounts.policy import Actor
from foundation.database import writing
from screening.models import Campaign, Ticket
from screening.tickets.actions import issue
from tests import make

ITEMS = {"phq-9": 9, "gad-7": 7}
TOKEN = re.compile(r'csrf-token" content="([^"]+)"')


@dataclass
class Room:
    """The campaign and the tickets of a class; every consent is given unless said otherwise."""

    campaign: Campaign
    tickets: list[Ticket]
    checks: list[str]


def room(
    students: int = 1, *, birth_date: date = date(2013, 3, 15), agreed: bool = True, **values: Any
) -> Room:
    """A class of students who are thirteen, whose guardians agreed."""
    with writing() as session:
        school = make.organisation(session, name="青山中学")
        klass = make.klass(session, school=school, grade=make.grade(session, school=school))
        campaign = make.campaign(session, school=school, klasses=[klass], **values)
        campaign.instruments = [each | {"from_band": "moderate"} for each in campaign.instruments]
        people = [
            make.student(session, klass=klass, birth_date=birth_date) for _ in range(students)
        ]
        for person in people if agreed else []:
            make.consent(session, to=campaign, by=person)
        tickets = issue(session, by=Actor.system("tests"), campaign=campaign, students=people)
        return Room(campaign, tickets, [str(each.student_number)[-4:] for each in people])


@dataclass
class Browser:
    """One student at one browser."""

    client: FlaskClient
    page: str = ""
    seq: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    def enter(self, room: Room, number: int = 0, **fields: str) -> TestResponse:
        """Type the code and whatever else; remembers the page that opened."""
        code = room.tickets[number].code
        answer = self.client.post("/take", data={"code": code} | fields)
        if answer.status_code == 303:
            self.page = answer.headers["Location"]
        return answer

    def first(self, room: Room, number: int = 0, pin: str = "2468") -> "Browser":
        """Enter for the first time."""
        assert self.enter(room, number, check=room.checks[number], pin=pin).status_code == 303
        return self

    def put(self, answers: object) -> TestResponse:
        """Save answers as they are given."""
        return self.client.put(f"{self.page}/answers", json={"answers": answers})

    def save(self, **codes: int | None) -> TestResponse:
        """Save answers to PHQ-9, such as q1=0, q9=2."""
        self.seq += 1
        items = {name[1:]: {"v": code, "seq": self.seq} for name, code in codes.items()}
        return self.put({"phq-9": items})

    def submit(self, answers: object, **more: object) -> TestResponse:
        """Hand the sheet in as the script does."""
        return self.client.post(f"{self.page}/submit", json={"answers": answers} | more)


def told(answer: TestResponse) -> dict[str, Any]:
    """What a JSON answer says."""
    said = answer.get_json()
    assert isinstance(said, dict)
    return said


def browser(app: Flask) -> Browser:
    """A browser without cookies."""
    return Browser(app.test_client())


def whole(code: int = 0, seq: int = 1) -> dict[str, dict[str, dict[str, int]]]:
    """A full sheet with one code."""
    return {
        key: {str(n): {"v": code, "seq": seq} for n in range(1, count + 1)}
        for key, count in ITEMS.items()
    }
