"""Answers from paper: refused rows have a reason, nothing is taken twice, alerts are confirmed."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from foundation import database
from foundation.outbox import OutboxMessage
from foundation.problems import Refused
from instruments.library import catalogue
from screening.models import Alert, Response
from screening.sheets import importing
from screening.sheets.import_map import parse
from tests.people import Cast
from tests.screening.answer_file import HEAD, MAP, line, ordinary, written

NINE, TWO = 'items = ["1", "2", "3", "4", "5", "6", "7", "8", "9"]', 'items = ["1", "2"]'


def run(app: Flask, folder: Path, people: Cast, content: str, *more: str, **how: Any) -> Result:
    """The command on a file for the cast's school."""
    place = ["--campaign", "纸质测评", "--school", people.school.code]
    args = ["answers", "import", *written(folder, content), *place, *more]
    return app.test_cli_runner().invoke(args=args, **how)


def count(model: type) -> int:
    """Rows of a table."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_file_is_taken_once(app: Flask, people: Cast, tmp_path: Path) -> None:
    first = json.loads(run(app, tmp_path, people, ordinary(), "--yes").stdout)
    again = json.loads(run(app, tmp_path, people, ordinary(), "--yes").stdout)
    assert (first["new"], first["refused"], first["unchanged"]) == (32, 0, 0)
    assert (again["new"], again["refused"], again["unchanged"]) == (0, 0, 32)
    assert count(Response) == 32
    assert count(Alert) == first["alerts"] == 12 + 2


def test_without_confirmation_nothing_is_written(app: Flask, people: Cast, tmp_path: Path) -> None:
    refused = run(app, tmp_path, people, ordinary(), input="n\n")
    assert refused.exit_code == 1
    assert count(Response) == 0


def test_a_wrong_answer_refuses_its_row_only(app: Flask, people: Cast, tmp_path: Path) -> None:
    rows = [line(1, [0] * 9), line(2, [7, *[0] * 8]), line(3, ["", *[0] * 8])]
    summary = json.loads(run(app, tmp_path, people, "\n".join([HEAD, *rows]), "--yes").stdout)
    assert (summary["new"], summary["refused"]) == (2, 1)
    assert summary["refused_rows"][0]["row"] == 3
    assert "phq-9" in summary["refused_rows"][0]["why"]


def test_a_refused_row_with_a_critical_answer_asks_for_a_person(
    app: Flask, people: Cast, tmp_path: Path
) -> None:
    rows = [line(1, [7, *[0] * 7, 3]), line(2, [0] * 9)]
    summary = json.loads(run(app, tmp_path, people, "\n".join([HEAD, *rows]), "--yes").stdout)
    assert "请马上人工处理" in summary["refused_rows"][0]["why"]
    second = "\n".join([HEAD, line(2, [*[0] * 8, 2])])
    summary = json.loads(run(app, tmp_path, people, second, "--yes").stdout)
    assert "请马上人工处理" in summary["refused_rows"][0]["why"]


def test_a_school_is_told_even_if_the_run_is_cut_short_after_it(
    app: Flask, people: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_all: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "_finish", cut)
    run(app, tmp_path, people, ordinary(), "--yes")
    assert count(Alert) == 12 + 2
    monkeypatch.undo()
    run(app, tmp_path, people, ordinary(), "--yes")
    with database.reading() as session:
        digests = session.query(OutboxMessage).filter_by(kind=importing.DIGEST).count()
    assert digests == 1


def test_a_total_that_differs_is_told(app: Flask, people: Cast, tmp_path: Path) -> None:
    content = "\n".join([HEAD, line(1, [1] * 9), line(2, [1, *[0] * 8], total=5)])
    summary = json.loads(run(app, tmp_path, people, content, "--dry-run").stdout)
    assert summary["disagreements"] == {"phq-9": {"total": 1, "band": 0}}


def test_a_second_sheet_of_a_student_is_refused(app: Flask, people: Cast, tmp_path: Path) -> None:
    run(app, tmp_path, people, "\n".join([HEAD, line(1, [0] * 9)]), "--yes")
    other = "\n".join([HEAD, line(1, [1] * 9)])
    summary = json.loads(run(app, tmp_path, people, other, "--yes").stdout)
    assert (summary["new"], summary["refused"]) == (0, 1)


def test_a_school_nobody_knows_is_refused(app: Flask, people: Cast, tmp_path: Path) -> None:
    args = ["answers", "import", *written(tmp_path, ordinary()), "--campaign", "x"]
    refused = app.test_cli_runner().invoke(args=[*args, "--school", "NONE", "--yes"])
    assert refused.exit_code == 1
    assert "NONE" in refused.stderr


def test_a_map_may_name_the_version_that_the_campaign_was_opened_with() -> None:
    old = parse(MAP.replace('key = "phq-9"', 'key = "PHQ-2"\nversion = "1.0.0"').replace(NINE, TWO))
    assert (old.scales[0].definition.key, old.scales[0].definition.version) == ("phq-2", "1.0.0")
    new = parse(MAP.replace('key = "phq-9"', 'key = "phq-2"').replace(NINE, TWO))
    assert new.scales[0].definition.version == catalogue.versions("phq-2")[-1]
    with pytest.raises(Refused, match=r"9\.9\.9"):
        parse(MAP.replace('key = "phq-9"', 'key = "phq-9"\nversion = "9.9.9"'))
