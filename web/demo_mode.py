"""Whether this installation is a demo, and which accounts one click signs in as."""

import csv
from pathlib import Path

from flask import Flask

from foundation import database

ACCOUNTS = "demo-accounts.tsv"


def init_app(app: Flask) -> None:
    """Read the demo's accounts once; without that file nothing of a demo exists."""
    app.config["DEMO"] = False
    app.config["DEMO_ROLES"] = {}
    app.config["DEMO_PLACES"] = {}
    app.context_processor(lambda: {"demo": app.config["DEMO"]})
    load(app, database.home())


def load(app: Flask, home: Path) -> None:
    """Offer one button per role (the first account listed), and one per place and role."""
    path = home / ACCOUNTS
    if not path.exists():
        return
    roles: dict[str, str] = {}
    places: dict[str, dict[str, str]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for _demo, role, username, _password, place in csv.reader(lines, delimiter="\t"):
            roles.setdefault(role, username)
            places.setdefault(place, {}).setdefault(role, username)
    app.config["DEMO"] = True
    app.config["DEMO_ROLES"] = roles
    app.config["DEMO_PLACES"] = places
