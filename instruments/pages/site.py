"""`python -m instruments pages OUTDIR`: the catalogue as static pages in both languages."""

import shutil
import sys
from functools import cache
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from instruments.library import catalogue
from instruments.library.definition import Definition
from instruments.pages.language import CHINESE, CODES, FOLDER, Language, language
from instruments.pages.listing import Entry, entry
from instruments.pages.scale import scale_page

TEMPLATES = FOLDER / "templates"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def address(name: str, code: str) -> str:
    """The file of a page in a language: Chinese has the plain name."""
    return f"{name}.html" if code == CHINESE else f"{name}.{code}.html"


def _drawn(template: str, name: str, reader: Language, title: str, **values: object) -> str:
    drawn = _environment().get_template(f"instrument/{template}.html")
    there = address(name, reader.other.code)
    return drawn.render(language=reader, title=title, there=there, **values) + "\n"


def scale_html(reader: Language, definition: Definition) -> str:
    """The page of one scale as a whole document."""
    page = scale_page(reader, definition)
    index = address("index", reader.code)
    return _drawn("scale", definition.key, reader, page.title, page=page, index=index)


def index_html(reader: Language) -> str:
    """The list of all scales by what they are for."""
    return _drawn(
        "index",
        "index",
        reader,
        reader.word("library"),
        groups=by_construct(reader),
        address=lambda key: address(key, reader.code),
    )


def by_construct(reader: Language) -> list[tuple[str, list[Entry]]]:
    """Every scale under what it is for, in the order of the words file."""
    order = list(reader.constructs)
    entries = [entry(reader, each) for each in catalogue.all()]
    entries.sort(key=lambda each: order.index(each.construct))
    return [(key, list(found)) for key, found in groupby(entries, lambda each: each.construct)]


def write_pages(folder: Path) -> int:
    """Write all pages and their style sheet into the folder; the number of scales."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(FOLDER / "style.css", folder / "style.css")
    for reader in map(language, CODES):
        (folder / address("index", reader.code)).write_text(index_html(reader), "utf-8")
        for definition in catalogue.all():
            name = address(definition.key, reader.code)
            (folder / name).write_text(scale_html(reader, definition), "utf-8")
    return len(catalogue.keys())


def main(arguments: list[str]) -> int:
    """Write the pages; 2 for wrong usage."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m instruments pages OUTDIR\n")
        return 2
    count = write_pages(Path(arguments[0]))
    sys.stdout.write(f"ok {count} scales in {arguments[0]}\n")
    return 0
