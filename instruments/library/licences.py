"""`python -m instruments licences`: the licence table of docs/instruments.md, from the data."""

import sys

from instruments.library import catalogue

HEADS = ("key", "class", "holder", "text", "evidence", "ships in")


def licence_table() -> str:
    """A Markdown table of every scale, by key."""
    rows = [HEADS, ("---",) * len(HEADS)]
    for each in catalogue.all():
        licence = each.licence
        ships = ", ".join(catalogue.languages(each)) or "nothing: key and importer"
        if licence.pack and catalogue.languages(each):
            ships += f" (pack {licence.pack})"
        code = licence.code + (", dated record" if licence.record_required else "")
        rows.append((each.key, code, licence.holder, licence.text, licence.evidence, ships))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def main(arguments: list[str]) -> int:
    """Print the table; 2 for wrong usage."""
    if arguments:
        sys.stderr.write("usage: python -m instruments licences\n")
        return 2
    sys.stdout.write(licence_table())
    return 0
