"""Commands that checks and scripts rely on."""

import csv
import io
import json

from flask import Flask
from sqlalchemy import select

from foundation import database
from foundation.audit import AuditRow
from tests import make
from tests.people import Cast
from tests.screening.answer_file import imported

NAME = "2026年秋季测评"


def test_tickets_are_exported_with_their_checks_and_logged(app: Flask, people: Cast) -> None:
    with database.writing() as session:
        campaign = make.campaign(session, school=people.school, klasses=[people.klass_1])
        made = make.ticket(session, of=campaign, student=people.lin)
    args = ["tickets", "export", "--campaign", NAME, "--reason", "发放答题码"]
    rows = list(csv.reader(io.StringIO(app.test_cli_runner().invoke(args=args).stdout)))
    assert rows[0] == ["code", "check", "school", "class", "student_number"]
    number = str(people.lin.student_number)
    assert rows[1] == [made.code, number[-4:], "青山中学", "七年级1班", number]
    with database.reading() as session:
        assert session.scalars(select(AuditRow).where(AuditRow.event == "tickets.exported")).one()


def test_campaigns_and_alerts_are_listed_as_json(app: Flask, people: Cast) -> None:
    imported(people.school.code)
    runner = app.test_cli_runner()
    campaigns = json.loads(runner.invoke(args=["campaign", "list", "--json"]).stdout)
    assert [(each["name"], each["submitted"]) for each in campaigns] == [("纸质测评", 32)]
    args = ["alerts", "list", "--campaign", "纸质测评", "--json"]
    alerts = json.loads(runner.invoke(args=args).stdout)
    assert len(alerts) == 14
    assert set(alerts[0]) == {"id", "ticket", "rule", "severity", "created_at", "state"}
