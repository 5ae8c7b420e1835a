"""Pages of docs/ that are written from the tables in the code: permissions, states, columns."""

import enum
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

from accounts.policy import EXCLUSIVE_ADMINS, GRANTS, NEEDS_SECOND_FACTOR, Permission, Role
from foundation.database import Model

DOCS = Path(__file__).parents[1] / "docs"
WRITTEN_BY = "<!-- Written by `flask --app wsgi docs write`; do not edit by hand. -->"
DOMAINS = ("screening", "referrals")


def write(folder: Path = DOCS) -> list[Path]:
    """Write every generated page; returns the files."""
    written = []
    for name, text in pages().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def pages() -> dict[str, str]:
    """File name -> text of every generated page."""
    return {
        "permissions.md": permissions(),
        "states.md": states(),
        "data-inventory.md": inventory(),
    }


def permissions() -> str:
    """Which role holds which permission, with who may not be the same person."""
    rows = [
        [f"`{permission}`", *("x" if permission in GRANTS[role] else "" for role in Role)]
        for permission in Permission
    ]
    admins = ", ".join(f"`{role}`" for role in EXCLUSIVE_ADMINS)
    factor = ", ".join(f"`{role}`" for role in Role if role in NEEDS_SECOND_FACTOR)
    return _page(
        "Permissions",
        "A role is held for one organisation and everything below it, or for one class or branch. "
        "What is not marked is denied. Source: `accounts/policy.py`.",
        f"- One person holds at most one of {admins} (also a rule of the database).",
        f"- A second factor is asked of {factor}.",
        "",
        *_table(["permission", *(f"`{role}`" for role in Role)], rows),
    )


def tables() -> dict[str, Mapping[Any, Any]]:
    """Module name -> state table, of every module of the domains that makes one."""
    found = {}
    for name in _modules():
        table = getattr(import_module(name), "TRANSITIONS", None)
        if table and _states(table).__module__ == name:
            found[name] = table
    return found


def _states(table: Mapping[Any, Any]) -> type[enum.Enum]:
    """The enumeration of a table's states."""
    kind: type[enum.Enum] = type(next(iter(table))[0])
    return kind


def _modules() -> Iterable[str]:
    for domain in DOMAINS:
        package = import_module(domain)
        yield from sorted(each.name for each in walk_packages(package.__path__, f"{domain}."))


def states() -> str:
    """Every state table with its diagram."""
    lines: list[str] = []
    for name, table in tables().items():
        lines += ["", f"## `{name}`", "", *_diagram(table), "", *_rows(table)]
    return _page(
        "States",
        "Buttons, refusals (409 with the allowed events), tests and this page come from the same "
        "tables. An empty `who` is a clock: it reminds and never moves anything.",
        *lines,
    )


def _rows(table: Mapping[Any, Any]) -> list[str]:
    rows = [
        [state, event, row.to, _who(row), ", ".join(_needs(row))]
        for (state, event), row in table.items()
    ]
    return _table(["state", "event", "leads to", "who", "requires"], rows)


def _who(row: Any) -> str:
    return f"`{row.permission}`" if row.permission else ""


def _needs(row: Any) -> Sequence[str]:
    return [str(each) for each in row.requires]


def _diagram(table: Mapping[Any, Any]) -> list[str]:
    edges = [f"    {state} --> {row.to}: {event}" for (state, event), row in table.items()]
    return ["```mermaid", "stateDiagram-v2", *edges, "```"]


def inventory() -> str:
    """Every column with its class, its retention rule and how it is kept."""
    lines: list[str] = []
    for table in sorted(Model.metadata.tables.values(), key=lambda each: each.name):
        rows = [
            [column.name, _stored(column.type), column.info["data_class"], column.info["keep"]]
            for column in table.columns
        ]
        lines += ["", f"## {table.name}", "", *_table(["column", "stored", "class", "keep"], rows)]
    return _page(
        "Data inventory",
        "Every column with how much harm a leak of it does (public, internal, personal, clinical) "
        "and its retention rule. Columns stored as Encrypted are AES-256-GCM ciphertext at rest.",
        *lines,
    )


def _stored(kind: Any) -> str:
    return type(kind).__name__


def _table(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]


def _page(title: str, *lines: str) -> str:
    return "\n".join([f"# {title}", "", WRITTEN_BY, "", lines[0], "", *lines[1:]]) + "\n"
