"""`python -m instruments wording import KEY FILE DAY`: tries a licensed text before it is stored."""

import sys
from datetime import date
from pathlib import Path

from instruments.library import catalogue
from instruments.library.wording_import import WordingRefused, import_wording

USAGE = "usage: python -m instruments wording import KEY FILE DAY (as 2026-11-23)\n"


def main(arguments: list[str]) -> int:
    """Print what the file holds, or every reason against it; 0, 1 or (usage) 2."""
    match arguments:
        case ["import", key, name, day]:
            return _try(key, Path(name), day)
    sys.stderr.write(USAGE)
    return 2


def _try(key: str, path: Path, written: str) -> int:
    try:
        day = date.fromisoformat(written)
        definition = catalogue.get(key)
        found = import_wording(definition, path.read_bytes(), today=day)
    except WordingRefused as refused:
        sys.stdout.write("".join(f"{problem}\n" for problem in refused.problems))
        return 1
    except (OSError, KeyError, ValueError) as unreadable:
        sys.stderr.write(f"{unreadable}\n")
        return 1
    wording, record = found.wording, found.record
    until = record.expires_on or "no end"
    sys.stdout.write(
        f"ok {wording.key} {wording.version} {wording.language}: {len(wording.items)} items, "
        f"{record.holder}, {record.number or 'no number'}, until {until}, {wording.checksum}\n"
    )
    return 0
