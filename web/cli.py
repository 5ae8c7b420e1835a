"""Commands of `flask --app wsgi`: database, demo, worker, audit, backup, outbox."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from accounts.actions import offer_recovery
from accounts.policy import Actor
from accounts.queries import user_named
from foundation import backup, crypto, database, jobs, outbox, push, seals
from screening import commands as screening_commands
from web import database_commands, demo, documents, worker

db = AppGroup("db", help="The database's structure.")
demo_group = AppGroup("demo", help="The demo district.")
audit = AppGroup("audit", help="The audit trail.")
backups = AppGroup("backup", help="One encrypted file with everything.")
outbox_group = AppGroup("outbox", help="What waits to leave.")
keys = AppGroup("keys", help="The keys that data are encrypted with.")
accounts_group = AppGroup("accounts", help="People who sign in.")
docs = AppGroup("docs", help="Pages of docs/ written from the code.")
WITHOUT_TABLES = frozenset(
    {"db upgrade", "db downgrade", "db check", "docs write", "backup verify", "backup restore"}
)
NO_TABLES = (
    "数据库还没有建表，请先运行： The database has no tables yet, first run: "
    "flask --app wsgi db upgrade"
)

NO_USER = "没有这个用户名： No such user name: {}"


def init_app(app: Flask) -> None:
    """Add the groups to the application's command line."""
    for group in (db, demo_group, audit, backups, outbox_group, keys, accounts_group, docs):
        app.cli.add_command(group)
    app.cli.add_command(worker_command)
    screening_commands.init_app(app)
    for name, command in _all(app.cli.commands):
        if name not in WITHOUT_TABLES:
            command.callback = _with_tables(command.callback)


def _all(commands: Mapping[str, click.Command], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in commands.items():
        if isinstance(command, click.Group):
            yield from _all(command.commands, f"{name} ")
        else:
            yield above + name, command


def _with_tables(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command, which on a database that was never migrated says so in a sentence (exit 1)."""

    @wraps(command)
    def checked(*args: Any, **options: Any) -> Any:
        if not database_commands.has_tables():
            click.echo(NO_TABLES, err=True)
            sys.exit(1)
        return command(*args, **options)

    return checked


@db.command("upgrade")
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the database to a revision (head)."""
    database_commands.upgrade(revision)


@db.command("downgrade")
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the database back to a revision."""
    database_commands.downgrade(revision)


@db.command("check")
def check() -> None:
    """Exit 1 when the models and the migrations differ."""
    differences = database_commands.drift()
    for difference in differences:
        click.echo(difference)
    sys.exit(1 if differences else 0)


@demo_group.command("load")
def demo_load() -> None:
    """Fill an empty database with the demo district; every name in it is invented."""
    click.echo(f"{demo.load(database.home())} accounts")


@click.command("worker")
def worker_command() -> None:
    """Drain the outbox on this machine until stopped."""
    worker.run()


@audit.command("verify")
def verify() -> None:
    """Print `ok N rows, M seals` or `broken ORGANISATION row ID` (exit 1)."""
    verdict = seals.verify()
    click.echo(str(verdict))
    sys.exit(0 if verdict.ok else 1)


@backups.command("create")
@click.argument("file", type=click.Path(path_type=Path))
def backup_create(file: Path) -> None:
    """Write everything into one encrypted file."""
    click.echo(backup.create(file))


@backups.command("verify")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
def backup_verify(file: Path) -> None:
    """Open a backup and compare every count and digest."""
    click.echo(backup.verify(file))


@backups.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option("--replace", is_flag=True, help="Replace what this home holds.")
def backup_restore(file: Path, *, replace: bool) -> None:
    """Put a backup into this home; a home that holds data is refused without --replace."""
    click.echo(backup.restore(file, replace=replace))


@outbox_group.command("status")
@click.option("--json", "as_json", is_flag=True)
def outbox_status(*, as_json: bool) -> None:
    """How much waits to leave, for how long, and what the reconcilers found."""
    with database.reading() as session:
        alarms = [
            {"name": run.name, "found": run.found, "last_error": run.last_error}
            for run in jobs.alarms(session)
        ]
    status = {**outbox.status(), "alarms": alarms}
    if as_json:
        click.echo(json.dumps(status, ensure_ascii=False, default=str))
        return
    for name, value in status.items():
        click.echo(f"{name}\t{value}")


@accounts_group.command("recover")
@click.argument("username")
def accounts_recover(username: str) -> None:
    """Print a one-time address with which this person sets a new password (24 hours)."""
    with database.writing() as session:
        user = user_named(session, username)
        if user is None:
            click.echo(NO_USER.format(username), err=True)
            sys.exit(1)
        token = offer_recovery(session, by=Actor.system("command line"), user=user)
    click.echo(f"{push.public_url()}/recover/{token}")


@keys.command("rotate")
def keys_rotate() -> None:
    """Make a new key and encrypt everything with it; older backups keep their own keys."""
    key = crypto.rotate()
    with database.writing() as session:
        click.echo(f"{key} {crypto.reencrypt(session)} values")


@docs.command("write")
def docs_write() -> None:
    """Write permissions.md, states.md and data-inventory.md anew."""
    for path in documents.write():
        click.echo(path.name)
