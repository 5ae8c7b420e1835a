"""The English catalogue is complete, contains no Chinese and keeps every placeholder."""

import re
from collections.abc import Iterator

from babel.messages.extract import extract

from foundation import i18n
from tests.support.project import PACKAGES, ROOT, modules, templates

CATALOGUES = ROOT / "web" / "translations" / "en"
CHINESE = re.compile(r"[\u3400-\u9fff]")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
WORDS = {"_": None, "_l": None}


def sentences() -> Iterator[tuple[str, str]]:
    """Every message id with the file it stands in."""
    sources = [("python", path) for path, _name in modules(*PACKAGES)]
    sources += [("jinja2", path) for path in templates()]
    for method, path in sources:
        with path.open("rb") as file:
            for _line, sentence, _comments, _context in extract(method, file, WORDS):
                yield str(sentence), str(path.relative_to(ROOT))


def test_every_sentence_is_translated() -> None:
    catalogue = i18n.merged(CATALOGUES)
    missing = sorted({(where, said) for said, where in sentences() if said not in catalogue})
    assert missing == []


def test_english_contains_no_chinese() -> None:
    mixed = [m.string for m in i18n.merged(CATALOGUES) if m.id and CHINESE.search(str(m.string))]
    assert mixed == []


def test_a_translation_keeps_the_placeholders() -> None:
    changed = [
        message.id
        for message in i18n.merged(CATALOGUES)
        if message.id
        and set(PLACEHOLDER.findall(str(message.id)))
        != set(PLACEHOLDER.findall(str(message.string)))
    ]
    assert changed == []


def test_two_files_translate_a_sentence_alike() -> None:
    assert i18n.conflicts(CATALOGUES) == []
