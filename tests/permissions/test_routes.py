"""Every route, read and unsafe, as every role, on records of four sides, against a written matrix."""

import csv
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import ColumnElement, true
from werkzeug.routing import Rule

from accounts.actions import start_session
from accounts.policy import Actor
from foundation import clock, crypto, database
from schools import queries
from tests.conftest import MONDAY_MORNING
from tests.permissions.world import SIDES, World, build
from tests.support.databases import Fresh

MATRIX = Path(__file__).with_name("matrix.csv")
SEES_NOTHING = {302, 400, 401, 403, 404, 405, 409, 410, 422}
OPEN = "anybody"
# Parameters that mean different records under different addresses.
TICKETS = {"/hotline": "hotline_ticket_id", "/campaigns": "take_ticket_id"}
EVENTS = {
    "/campaigns": "close",
    "/hospital": "receive",
    "/referrals": "cancel",
    "/hotline": "accept",
    "/cases": "start_care",
    "/alerts": "acknowledge",
    "/concerns": "acknowledge",
    "/tasks": "accept",
    "/handovers": "accept",
}
# Its organisation is the hospital's, not the school's.
HOSPITAL = "/hospital/<int:organisation_id>"


def rules(app: Flask) -> list[Rule]:
    """The guarded routes in the order of their addresses."""
    views = app.view_functions
    found = [r for r in app.url_map.iter_rules() if hasattr(views[r.endpoint], "permission")]
    return sorted(found, key=lambda rule: (rule.rule, sorted(rule.methods or ())))


def address(app: Flask, rule: Rule, ids: dict[str, int]) -> str:
    """The route with the ids of one side; an unknown parameter must be taught to world.py."""
    values: dict[str, object] = {}
    top = "/" + rule.rule.strip("/").split("/")[0]
    for name in rule.arguments:
        key = TICKETS.get(top, name) if name == "ticket_id" else name
        if rule.rule.startswith(HOSPITAL) and name == "organisation_id":
            key = "hospital_id"
        fixed = {"event": EVENTS.get(top), "key": "phq-9", "token": "not-ours"}
        values[name] = fixed[name] if name in fixed else ids[key]
    with app.test_request_context():
        return str(app.url_map.bind("localhost").build(rule.endpoint, values))


class Sweep:
    """The world on disk, set back after every request that may have changed it."""

    def __init__(self, app: Flask, home: Path, keep: Path) -> None:
        """Write the world once and keep a copy of its database."""
        self.app, self.home, self.keep = app, home, keep
        with database.writing() as session:
            self.world: World = build(session)
            self.tokens = {
                role: start_session(session, by=Actor.system("tests"), user=user)
                for role, user in self.world.users.items()
            }
        database.dispose()
        shutil.copytree(home, keep)
        database.configure(None, home)

    def reset(self) -> None:
        """Everything as it was."""
        database.dispose()
        for name in ("xinqiao.db", "xinqiao.db-wal", "xinqiao.db-shm"):
            (self.home / name).unlink(missing_ok=True)
            if (self.keep / name).exists():
                shutil.copy(self.keep / name, self.home / name)
        database.configure(None, self.home)

    def client(self, role: str) -> FlaskClient:
        """A plain client signed in as the role."""
        client = FlaskClient(self.app, self.app.response_class)
        client.set_cookie("xq", self.tokens[role])
        return client

    def row(self, rule: Rule, method: str, side: str) -> dict[str, str]:
        """One line of the matrix: the status for every role."""
        ids = self.world.sides[side].ids
        line = {"method": method, "route": rule.rule, "side": side}
        for role in self.world.users:
            answer = self.client(role).open(address(self.app, rule, ids), method=method)
            line[role] = str(answer.status_code)
            self._check_canaries(rule, method, side, role, answer.get_data(), answer.status_code)
            if method != "GET" and answer.status_code not in SEES_NOTHING:
                self.reset()
        return line

    def _check_canaries(
        self, rule: Rule, method: str, side: str, role: str, body: bytes, status: int
    ) -> None:
        for other, record in self.world.sides.items():
            shown = [word for word in record.canaries if word.encode() in body]
            if shown and not may_see(role, other, asked=side, status=status):
                pytest.fail(f"{method} {rule.rule} of {side} shows {shown} of {other} to {role}")


SCHOOL_WIDE = {
    "counselor",
    "supervising_counselor",
    "school_lead",
    "school_admin",
    "school_league_secretary",
    "duty_person",
}
OWN_CLASS = {"homeroom", "branch_contact", "branch_adviser"}


def may_see(role: str, other: str, *, asked: str, status: int) -> bool:
    """Whether the role may ever read a word of that side's records."""
    if role in SCHOOL_WIDE:
        return other in {"own", "sibling"}
    if role in OWN_CLASS:
        return other == "own"
    if role in {"hospital_contact", "operator", "supervisor"}:
        return other in {"own", "sibling"}  # what is addressed to them
    return False


@pytest.fixture
def sweep(
    application: Flask, fresh_databases: Fresh, home: Path, tmp_path: Path
) -> Iterator[Sweep]:
    """The world of this test on a database of its own."""
    url = fresh_databases.make(home)
    if url is not None:
        pytest.skip(
            "the sweep sets a file back after each write: SQLite only, the rule is the same"
        )
    database.configure(url, home)
    crypto.configure(home)
    with clock.frozen(MONDAY_MORNING):
        yield Sweep(application, home, tmp_path / "keep")
    database.dispose()


def lines(sweep: Sweep) -> list[dict[str, str]]:
    """The whole matrix as it is now."""
    found = []
    for rule in rules(sweep.app):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            sides = SIDES if rule.arguments - {"event", "key", "token"} else ("own",)
            found += [sweep.row(rule, method, side) for side in sides]
    return found


def test_every_cell_is_as_written(sweep: Sweep) -> None:
    now = lines(sweep)
    if os.environ.get("XINQIAO_WRITE_MATRIX"):
        with MATRIX.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(now[0]))
            writer.writeheader()
            writer.writerows(now)
    with MATRIX.open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert now == written


def test_no_cell_is_a_fault_of_ours() -> None:
    with MATRIX.open(encoding="utf-8", newline="") as file:
        broken = {line["route"] for line in csv.DictReader(file) if "500" in line.values()}
    assert broken == set()


def test_nothing_of_another_school_is_ever_more_than_missing() -> None:
    """The matrix itself: outside their scope everybody gets the answer of a missing record."""
    with MATRIX.open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    reach = {"province_viewer", "city_viewer", "county_viewer", *ADMINS}
    wrong = [
        (line["method"], line["route"], line["side"], role, status)
        for line in written
        if line["side"] in {"other_school", "other_city"}
        for role, status in line.items()
        if role not in {"method", "route", "side"} | reach and status not in {"404", "405"}
    ]
    assert wrong == []


ADMINS = {"system_admin", "security_admin", "audit_admin"}


def test_the_sweep_notices_a_removed_filter(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: with the scope rule gone, a page of another school opens."""

    def everything(*_args: object, **_kwargs: object) -> ColumnElement[bool]:
        return true()

    monkeypatch.setattr(queries, "in_scope", everything)
    rule = next(rule for rule in rules(sweep.app) if rule.rule == "/students/<int:student_id>")
    with pytest.raises(pytest.fail.Exception, match="shows"):
        sweep.row(rule, "GET", "other_city")
