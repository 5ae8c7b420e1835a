"""`python -m instruments check`: every finding about the library, one a line."""

import sys

from instruments.check.library import check_library
from instruments.library.catalogue import DATA


def main(arguments: list[str]) -> int:
    """Print the findings; 0 when there are none, 1 otherwise, 2 for wrong usage."""
    if arguments:
        sys.stderr.write("usage: python -m instruments check\n")
        return 2
    findings = check_library()
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    if not findings:
        count = len(list(DATA.glob("*/*/definition.toml")))
        sys.stdout.write(f"ok {count} definitions\n")
    return 1 if findings else 0
