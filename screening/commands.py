"""Commands of `flask --app wsgi`: campaign, tickets, alerts, answers."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from accounts.policy import Actor
from foundation.csv_safe import write_csv
from foundation.database import reading, writing
from foundation.problems import Problem
from foundation.spreadsheet_checks import UnreadableFile
from screening.reports import exports_commands
from screening.sheets import importing as answers_import

campaign_group = AppGroup("campaign", help="Campaigns of all schools.")
tickets_group = AppGroup("tickets", help="Ways into a campaign.")
alerts_group = AppGroup("alerts", help="What rules have raised.")
answers_group = AppGroup("answers", help="Answers from paper or other systems.")


def init_app(app: Flask) -> None:
    """Add the groups to the application's command line."""
    for group in (campaign_group, tickets_group, alerts_group, answers_group):
        app.cli.add_command(group)


def _actor() -> Actor:
    return Actor.system(f"command:{os.environ.get('USER') or 'console'}"[:30])


def _say(document: Any) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, default=str))


@campaign_group.command("list")
@click.option("--json", "as_json", is_flag=True)
def campaign_list(*, as_json: bool) -> None:
    """Every campaign with its school, state and counts."""
    with reading() as session:
        rows = exports_commands.campaigns(session)
    if as_json:
        _say(rows)
        return
    for row in rows:
        click.echo("\t".join(str(value) for value in row.values()))


@tickets_group.command("export")
@click.option("--campaign", required=True)
@click.option("--school")
@click.option("--limit", type=click.IntRange(min=1))
@click.option("--reason", required=True)
def tickets_export(*, campaign: str, school: str | None, limit: int | None, reason: str) -> None:
    """Codes as CSV: code, check, school, class, student_number; who asked and why is logged."""
    if not reason.strip():
        raise click.BadParameter("--reason is empty")
    with writing() as session:
        rows = exports_commands.tickets(
            session, by=_actor(), name=campaign, school=school, limit=limit, reason=reason.strip()
        )
    if rows is None:
        click.echo(f"no such campaign: {campaign}", err=True)
        sys.exit(1)
    header = ("code", "check", "school", "class", "student_number")
    click.echo(write_csv(header, rows, encoding="utf-8").decode(), nl=False)


@alerts_group.command("list")
@click.option("--campaign")
@click.option("--json", "as_json", is_flag=True)
def alerts_list(*, campaign: str | None, as_json: bool) -> None:
    """Alerts without names: id, ticket, rule, severity, created_at, state."""
    with reading() as session:
        rows = exports_commands.alerts(session, campaign)
    if as_json:
        _say(rows)
        return
    for row in rows:
        click.echo("\t".join(str(value) for value in row.values()))


@answers_group.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--map", "chart", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--campaign", required=True)
@click.option("--school")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--yes", is_flag=True, help="The count of alerts is confirmed.")
def answers_import_command(
    *, file: Path, chart: Path, campaign: str, school: str | None, dry_run: bool, yes: bool
) -> None:
    """Take the answers of FILE; prints a JSON summary."""
    try:
        planned = answers_import.plan(
            file.read_bytes(), chart.read_text("utf-8"), campaign=campaign, school=school
        )
        if not dry_run and planned.fresh:
            _confirmed(planned, yes=yes)
            answers_import.carry_out(by=_actor(), planned=planned)
    except (Problem, UnreadableFile) as refusal:
        click.echo(str(getattr(refusal, "message", refusal)), err=True)
        sys.exit(1)
    _say(planned.summary() | {"dry_run": dry_run})


def _confirmed(planned: answers_import.Plan, *, yes: bool) -> None:
    if yes or not planned.alerts:
        return
    question = f"{len(planned.fresh)} new sheets raise {planned.alerts} alerts. Go on?"
    click.confirm(question, abort=True, err=True)
