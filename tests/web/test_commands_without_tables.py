"""A command on a database that was never migrated says so; one without rows is in order."""

import pytest
from flask import Flask

from foundation import database
from foundation.database import Model


@pytest.mark.parametrize(
    "command",
    [
        ["audit", "verify"],
        ["outbox", "status"],
        ["campaign", "list", "--json"],
        ["alerts", "list"],
        ["keys", "rotate"],
        ["worker"],
    ],
)
def test_without_tables_a_command_says_what_to_do(app: Flask, command: list[str]) -> None:
    Model.metadata.drop_all(database.engine())
    said = app.test_cli_runner().invoke(args=command)
    assert said.exit_code == 1
    assert isinstance(said.exception, SystemExit)
    assert "flask --app wsgi db upgrade" in said.stderr
    assert "Traceback" not in said.output


def test_an_empty_trail_is_in_order(app: Flask) -> None:
    said = app.test_cli_runner().invoke(args=["audit", "verify"])
    assert (said.exit_code, said.stdout) == (0, "ok 0 rows, 0 seals\n")
