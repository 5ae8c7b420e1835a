"""Read an uploaded spreadsheet in a process of its own, with little memory and little time.

A file made to break the parser breaks that process, not the one that serves students.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from foundation import spreadsheet_checks as checks
from foundation import spreadsheets
from foundation.spreadsheet_checks import Fault, UnreadableFile
from foundation.spreadsheets import Cell, Sheet

MEMORY = 2 * 1024**3  # address space; 100,000 rows need less than half of it
CPU_S = 60
WALL_S = 120
REFUSED = 3
PROJECT = Path(__file__).parents[1]
MAKERS: Mapping[Fault, Callable[[], UnreadableFile]] = {
    Fault.EMPTY: spreadsheets.empty,
    Fault.KIND: checks.wrong_kind,
    Fault.DAMAGED: checks.damaged,
    Fault.ACTIVE: checks.active_content,
    Fault.TOO_LARGE: checks.too_large,
    Fault.TOO_MANY_ROWS: checks.too_many_rows,
    Fault.PROTECTED: spreadsheets.protected,
}


def read(data: bytes) -> list[Sheet]:
    """As spreadsheets.read, which does the work; beyond the limits the file is too large."""
    command = [sys.executable, "-m", "foundation.spreadsheets_apart", str(MEMORY), str(CPU_S)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            command, input=data, capture_output=True, timeout=WALL_S, check=False, cwd=PROJECT
        )
    except subprocess.TimeoutExpired as problem:
        raise checks.too_large() from problem
    if done.returncode == REFUSED:
        refusal = MAKERS[Fault(done.stdout.decode("ascii"))]()
        raise refusal
    if done.returncode:
        raise checks.too_large()
    found = json.loads(done.stdout, object_hook=_moment)
    return [Sheet(name, rows) for name, rows in found]


def _tagged(value: Cell) -> dict[str, Any]:
    """Say what JSON has no word for."""
    if isinstance(value, timedelta):
        return {"timedelta": value.total_seconds()}
    if isinstance(value, datetime | date | time):
        return {type(value).__name__: value.isoformat()}
    raise TypeError(type(value).__name__)


def _moment(tagged: dict[str, Any]) -> Cell:
    [(kind, value)] = tagged.items()
    if kind == "timedelta":
        return timedelta(seconds=value)
    kinds: dict[str, type[datetime | date | time]] = {
        "datetime": datetime,
        "date": date,
        "time": time,
    }
    return kinds[kind].fromisoformat(value)


def main() -> int:
    """The process itself: limits first, then the file from its input."""
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        sheets = spreadsheets.read(sys.stdin.buffer.read())
    except UnreadableFile as problem:
        sys.stdout.write(problem.fault.value)
        return REFUSED
    sys.stdout.write(json.dumps([[each.name, each.rows] for each in sheets], default=_tagged))
    return 0


if __name__ == "__main__":
    sys.exit(main())
