"""A counselor's Monday: 1,977 real sheets on paper become fifteen schools' results."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from foundation import database
from schools.models import Organisation, Student
from screening.models import Alert, Campaign, Response, Score
from screening.reports.queries import figures_of
from tests.support.project import ROOT

pytestmark = pytest.mark.real_data
CHART = ROOT / "docs" / "examples" / "mhp_university_students.toml"
NAME = "纸质问卷导入"


def imported(app: Flask, shared: Path, *more: str) -> dict[str, Any]:
    """The summary of one run of the command."""
    file = shared / "data" / "mhp_university_students.csv"
    if not file.is_file():
        pytest.skip(f"{file.name} is not in XINQIAO_SHARED")
    run = app.test_cli_runner().invoke(
        args=["answers", "import", str(file), "--map", str(CHART), "--campaign", NAME, *more]
    )
    assert run.exit_code == 0, run.output
    summary: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return summary


def test_every_answer_arrives_once_and_agrees_with_what_was_published(
    app: Flask, shared: Path
) -> None:
    first = imported(app, shared, "--yes")
    again = imported(app, shared, "--yes")
    assert (first["read"], first["new"], first["refused"]) == (1977, 1977, 0)
    assert (again["read"], again["new"], again["unchanged"], again["alerts"]) == (1977, 0, 1977, 0)
    for key in ("phq-9", "gad-7"):
        assert first["disagreements"][key] == {"total": 0, "band": 0}
    assert first["disagreements"]["pss-10"]["total"] > 1000
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 1977
        assert session.scalar(select(func.count()).select_from(Score)) == 3 * 1977
        assert session.scalar(select(func.count()).select_from(Student)) == 1977
        origins = session.scalars(select(Alert.origin).distinct()).all()
        assert origins == ["import"]
        item_9 = select(func.count()).where(Alert.rule == "phq-9:item-9")
        assert session.scalar(item_9) == 1215
        assert session.scalar(select(func.count()).select_from(Alert)) == first["alerts"]
        schools = session.scalars(select(Organisation).where(Organisation.kind == "school")).all()
        assert len(schools) == 15
        counted = [figures_of(session, campaign) for campaign in session.scalars(select(Campaign))]
    assert sum(each.finished for each in counted) == 1977
    assert all(each.reconciles for each in counted)


def test_a_dry_run_writes_nothing(app: Flask, shared: Path) -> None:
    assert imported(app, shared, "--dry-run")["new"] == 1977
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 0
