"""The triage queue and the completion board of 55,000 students: statements counted, seconds shown.

`python -m benchmarks.queue [STUDENTS]`. One campaign holds everybody, a tenth are flagged. The limit
of the queue is measured in the same run: what the same page takes for a small school whose flags
fill one page, plus what it takes to load the alerts as objects: it means the same on every machine.
A board, which a whole room watches, has half a second however large the school.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import insert, select

from accounts.actions import start_session
from accounts.models import User
from accounts.policy import Actor, Role
from foundation import clock, database
from foundation.database import Model, writing
from schools.models import Grade, Klass, Organisation, StaffRole, Student
from screening.models import Alert, Campaign, CampaignKlass, Consent, Ticket
from tests.support.statements import counted

STUDENTS, KLASS_SIZE, FLAGGED_OF = 55_000, 50, 10
SMALL = 500
REPEATS = 3
MOST_STATEMENTS = 30
BY = "system:benchmark"
PAGES = ("/alerts", "/alerts?page=50", "/alerts?whose=overdue&severity=3", "/alerts/poll")
BOARDS = ("board", "projector", "board.json")
BOARD_S = 0.5


def place() -> tuple[int, User]:
    """A school with one counselor, who is a demo account and needs no second factor."""
    with writing() as session:
        school = Organisation(kind="school", path="/1/", code="Q1", name="学校", stage="junior")
        person = User(username="q", name="老师", demo=True, created_at=clock.now())
        session.add_all([school, person])
        session.flush()
        school.path = f"/{school.id}/"
        held = StaffRole(user_id=person.id, organisation_id=school.id, granted_by=BY)
        held.role, held.granted_at = Role.COUNSELOR.value, clock.now()
        session.add(held)
        return school.id, person


def fill(school: int, person: User, number: int) -> int:
    """A campaign with so many students in classes of fifty; its id."""
    with writing() as session:
        grade = Grade(school_id=school, name=f"{number} 人的年级", entry_year=2026)
        campaign = Campaign(school_id=school, name=f"{number} 人", state="approved", instruments=[])
        campaign.opens_at, campaign.created_at = clock.now() - timedelta(days=1), clock.now()
        campaign.closes_at, campaign.created_by = clock.now() + timedelta(days=1), BY
        session.add_all([grade, campaign])
        session.flush()
        rooms = range(1, max(1, number // KLASS_SIZE) + 1)
        klasses = [Klass(school_id=school, grade_id=grade.id, name=f"{n}班") for n in rooms]
        session.add_all(klasses)
        session.flush()
        ids = [each.id for each in klasses]
        first = (session.query(Student.id).order_by(Student.id.desc()).first() or (0,))[0] + 1
        for table, rows in tables(
            school, campaign.id, person.id, ids, range(first, first + number)
        ):
            session.execute(insert(table), rows)
        return campaign.id


def tables(
    school: int, campaign: int, person: int, klasses: list[int], ids: range
) -> Iterator[tuple[type[Model], list[dict[str, Any]]]]:
    """(table, rows) in the order in which they refer to one another."""
    now, born = clock.now(), clock.today().replace(year=2013, month=3, day=1)
    room = {student: klasses[n % len(klasses)] for n, student in enumerate(ids)}
    yield CampaignKlass, [{"campaign_id": campaign, "klass_id": each} for each in klasses]
    yield (
        Student,
        [
            {
                "id": each,
                "school_id": school,
                "klass_id": room[each],
                "name": f"学生{each}",
                "student_number": f"26{each:07}",
                "birth_date": born,
                "created_at": now,
            }
            for each in ids
        ],
    )
    granted: dict[str, object] = {
        "party": "guardian",
        "decision": "granted",
        "method": "paper",
        "text_version": "1",
    }
    granted |= {"recorded_by": BY, "campaign_id": campaign}
    yield Consent, [granted | {"student_id": each, "recorded_at": now} for each in ids]
    yield Ticket, [ticket(campaign, each, room[each]) for each in ids]
    yield Alert, [alert(school, each, person) for each in ids if each % FLAGGED_OF == 0]


def ticket(campaign: int, student: int, room: int) -> dict[str, Any]:
    """Two of three are through."""
    through = student % 3 > 0
    return {
        "campaign_id": campaign,
        "student_id": student,
        "klass_id": room,
        "state": "submitted" if through else "issued",
        "submitted_at": clock.now() if through else None,
        "code": f"C{student}",
        "code_index": f"{student:064}",
        "created_at": clock.now(),
    }


def alert(school: int, student: int, person: int) -> dict[str, Any]:
    """An open flag of one of three severities."""
    return {
        "school_id": school,
        "student_id": student,
        "rule": "phq-9:9>=1",
        "inputs": {},
        "severity": 1 + student // FLAGGED_OF % 3,
        "owner_organisation_id": school,
        "duty_role": "counselor",
        "owner_user_id": person,
        "due_at": clock.now() + timedelta(minutes=student % 999 - 100),
        "created_at": clock.now(),
    }


def seconds(act: Callable[[], object]) -> float:
    """The median of a few runs; one before them is not counted."""
    act()
    took = []
    for _repeat in range(REPEATS):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return sorted(took)[REPEATS // 2]


def read(client: FlaskClient, path: str) -> tuple[float, int]:
    """(seconds, SELECT statements) of a page."""

    def get() -> None:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)

    took = seconds(get)
    with counted() as seen:
        get()
    return took, sum(statement.lstrip().startswith("SELECT") for statement in seen)


def loading(kinds: tuple[type[Model], ...]) -> float:
    """Seconds to load the rows of the tables as objects."""

    def load() -> None:
        with database.reading() as session:
            for kind in kinds:
                session.scalars(select(kind)).all()

    return seconds(load)


def signed_in(app: Any, person: User) -> FlaskClient:
    """A browser of the counselor."""
    with writing() as session:
        token = start_session(session, by=Actor.system("benchmark"), user=person)
    client: FlaskClient = app.test_client()
    secure = app.config["SECURE_COOKIES"]
    client.set_cookie("__Host-xq" if secure else "xq", token, secure=secure)
    return client


def measured(client: FlaskClient, small: dict[str, float]) -> int:
    """Print a line per page of the queue; how many are beyond their limit."""
    beyond, rows = 0, loading((Alert,))
    for path in PAGES:
        took, statements = read(client, path)
        limit = small[path] + rows
        beyond += took > limit or statements > MOST_STATEMENTS
        print(f"{path:<34}{took:7.3f} s  limit {limit:7.3f} s", end="")
        print(
            f"  (small school {small[path]:.3f} s, loading {rows:.3f} s)  {statements} statements"
        )
    return beyond


def boards(client: FlaskClient, campaign: int, number: int) -> int:
    """Print a line per board of a school with so many students, and of a poll without news."""
    beyond = 0
    for name in BOARDS:
        path = f"/campaigns/{campaign}/{name}"
        took, statements = read(client, path)
        beyond += took > BOARD_S or statements > MOST_STATEMENTS
        print(f"{name:<16}{number:>8,} students{took:9.3f} s  limit {BOARD_S} s", end="")
        print(f"  {statements} statements")
    tag = {"If-None-Match": client.get(path).headers["ETag"]}
    quiet = seconds(lambda: client.get(path, headers=tag))
    print(f"{'unchanged poll':<16}{number:>8,} students{quiet:9.3f} s  limit {BOARD_S} s")
    return beyond + (quiet > BOARD_S)


def main() -> int:
    """Print the figures; exit 1 when a page is beyond its limit."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else STUDENTS
    with tempfile.TemporaryDirectory() as folder:
        app = application(Path(folder))
        school, person = place()
        client = signed_in(app, person)
        one = fill(school, person, SMALL)
        small = {path: read(client, path)[0] for path in (*PAGES[:1], *PAGES[2:])}
        small[PAGES[1]] = small[PAGES[0]]
        began = time.perf_counter()
        everybody = fill(school, person, number)
        print(f"{number:,} students written in {time.perf_counter() - began:.1f} s")
        beyond = measured(client, small)
        beyond += boards(client, one, SMALL) + boards(client, everybody, number)
        database.dispose()
    return int(beyond > 0)


def application(folder: Path) -> Any:
    """The application on an empty database."""
    os.environ["XINQIAO_HOME"] = str(folder)
    os.environ.pop("XINQIAO_DATABASE_URL", None)
    app = import_module("web").create_app()
    app.config.update(TESTING=True)
    Model.metadata.create_all(database.engine())
    return app


if __name__ == "__main__":
    sys.exit(main())
