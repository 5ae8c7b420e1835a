"""`python -m instruments wording form | import`: a licensed text is filled in, then tried."""

import sys
from datetime import date
from pathlib import Path

from instruments.library import catalogue
from instruments.library.wording_form import wording_form
from instruments.library.wording_import import WordingRefused, import_wording

USAGE = (
    "usage: python -m instruments wording form KEY LANGUAGE (zh-Hans or en)\n"
    "       python -m instruments wording import KEY FILE DAY (as 2026-11-23)\n"
)


def main(arguments: list[str]) -> int:
    """Print the form, or what a file holds, or every reason against it; 0, 1 or (usage) 2."""
    match arguments:
        case ["form", key, language]:
            return _form(key, language)
        case ["import", key, name, day]:
            return _try(key, Path(name), day)
    sys.stderr.write(USAGE)
    return 2


def _form(key: str, language: str) -> int:
    try:
        sys.stdout.write(wording_form(catalogue.get(key), language))
    except KeyError as unknown:
        sys.stderr.write(f"{unknown}\n")
        return 1
    return 0


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
    sys.stdout.write(
        f"ok {wording.key} {wording.version} {wording.language}: {len(wording.items)} items, "
        f"{record.holder}, {record.number}, until {record.expires_on}, {wording.checksum}\n"
    )
    return 0
