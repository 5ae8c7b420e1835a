"""The catalogue pages are written from the data, whole in both languages, with sources to follow."""

import re
from html import unescape
from pathlib import Path

import html5lib
import pytest

from instruments.library import catalogue
from instruments.library.definition import Definition, Operation, Rounding
from instruments.library.licences import licence_table
from instruments.library.licences import main as licences
from instruments.pages import example, listing
from instruments.pages.citations import (
    REFERENCE,
    bibliography,
    cited,
    everything_cited,
    numbers_in,
    source_list,
    sources,
)
from instruments.pages.citations import main as sources_command
from instruments.pages.language import CODES, language
from instruments.pages.scale import sentences
from instruments.pages.site import address, index_html, scale_html, write_pages
from instruments.pages.site import main as pages
from instruments.pages.texts import shipped

DOCS = Path(__file__).parents[2] / "docs" / "instruments.md"
CHINESE = re.compile(r"[\u3400-\u9fff]")
TAGS = re.compile(r"<[^>]+>")
QUOTED = re.compile(r'<(span|a)\b[^>]*\blang="zh[^>]*>.*?</\1>', re.DOTALL)
KEYS = list(catalogue.keys())
EVERY_VERSION = [catalogue.get(key, v) for key in KEYS for v in catalogue.versions(key)]
ZH, EN = language("zh"), language("en")


def test_both_languages_have_the_same_words_and_patterns() -> None:
    for part in ("words", "constructs", "algorithms", "scores"):
        ours, theirs = getattr(ZH, part), getattr(EN, part)
        assert ours.keys() == theirs.keys()
        holes = re.compile(r"{(\w+)}")
        for key in ours:
            assert set(holes.findall(ours[key])) == set(holes.findall(theirs[key])), key


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("key", KEYS)
def test_a_page_is_valid_and_says_what_must_be_said(key: str, code: str) -> None:
    reader, definition = language(code), catalogue.get(key)
    text = scale_html(reader, definition)
    assert text.count("<h1>") == 1
    assert f'<html lang="{reader.word("html")}">' in text
    assert f'href="{address(key, reader.other.code)}" lang="{reader.other.word("html")}"' in text
    assert definition.checksum in text
    for word in ("key", "cutsets", "example", "licence", "texts", "sources", "not_checked"):
        assert reader.word(word) in text, word
    for rule in definition.criticals:
        assert f"<span>{reader.word('item_number', n=rule.item)}</span></th>" in text
    for cutset in definition.cutsets:
        assert reader.named(cutset.population) in text
        assert f"<code>{cutset.id}</code>" in text


@pytest.mark.parametrize("key", KEYS)
def test_a_page_is_valid_html(key: str) -> None:
    html5lib.HTMLParser(strict=True).parse(scale_html(ZH, catalogue.get(key)))


@pytest.mark.parametrize("key", KEYS)
def test_an_english_reader_meets_chinese_in_quotations_and_names_only(key: str) -> None:
    definition = catalogue.get(key)
    text = unescape(TAGS.sub(" ", QUOTED.sub("", scale_html(EN, definition))))
    names = [source.text for source in sources().values()]
    names += [name for wording in shipped(definition) for name in wording.sources]
    for name in (*names, *everything_cited(definition)):
        text = text.replace(name, "")
    assert CHINESE.findall(text) == []


@pytest.mark.parametrize("definition", EVERY_VERSION, ids=lambda d: f"{d.key} {d.version}")
def test_a_chinese_reader_meets_no_english_sentence(definition: Definition) -> None:
    for sentence in sentences(definition):
        assert CHINESE.search(ZH.said(sentence)), sentence


def test_no_translation_is_left_of_a_sentence_that_is_gone() -> None:
    said = {each for found in EVERY_VERSION for each in sentences(found)}
    cited_ = {each for found in EVERY_VERSION for each in everything_cited(found)}
    assert set(ZH.sentences) - said - cited_ == set()
    assert set(EN.sentences) <= said


@pytest.mark.parametrize("code", CODES)
def test_the_list_holds_every_scale(code: str) -> None:
    text = index_html(language(code))
    html5lib.HTMLParser(strict=True).parse(text)
    assert all(f'href="{address(key, code)}"' in text for key in KEYS)


def test_pages_are_written_into_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pages([str(tmp_path / "out")]) == 0
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"style.css", *(address(n, c) for n in (*KEYS, "index") for c in CODES)}
    assert capsys.readouterr().out.startswith(f"ok {len(KEYS)} scales")
    assert pages([]) == 2
    assert write_pages(tmp_path / "again") == len(KEYS)
    for page in (tmp_path / "out").glob("*.html"):
        links = re.findall(r'href="([^"#:]+)"', page.read_text("utf-8"))
        assert set(links) <= written, page.name


@pytest.mark.parametrize("key", KEYS)
def test_every_link_inside_a_page_arrives(key: str) -> None:
    text = scale_html(EN, catalogue.get(key))
    assert set(re.findall(r'href="#([\w-]+)"', text)) <= set(re.findall(r'id="([\w-]+)"', text))


@pytest.mark.parametrize("key", KEYS)
def test_the_arithmetic_of_the_example_gives_the_score(key: str) -> None:
    """What stands on the page is computed again, by hand of Python, and compared."""
    definition = catalogue.get(key)
    answers = example.sheet(definition)
    scored = example.worked(definition, answers)
    for scale in definition.scales:
        value = scored.scores[scale.key]
        text = example.arithmetic(EN, definition, scale, answers, value)
        assert value is not None
        if scale.operation is Operation.COUNT:
            assert text.endswith(f": {value}")
            continue
        first = text.partition(" = ")[0]
        exact = eval(first.replace("×", "*"))  # noqa: S307  # digits and signs of our own page
        if scale.operation is Operation.MEAN:
            exact /= len(scale.items)
        exact *= float(scale.multiply)
        assert abs(exact - value) < (1 if scale.rounding is not Rounding.NONE else 1e-9), text


def test_an_example_shows_reversed_items_blanks_and_rounding() -> None:
    text = TAGS.sub("", scale_html(EN, catalogue.get("sdq-s")))
    assert "item 7 2 − 0 = 2" in text
    phq9 = TAGS.sub("", scale_html(EN, catalogue.get("phq-9")))
    assert "× 9 ÷ 7" in phq9
    assert "half-up" in phq9


def test_numbers_in_a_source_lead_to_the_entry() -> None:
    cell = cited(EN, "Kroenke 2001; docs/instruments.md [1, 2]")
    assert [getattr(piece, "url", piece) for piece in cell] == [
        "Kroenke 2001; ",
        "#source-1",
        "#source-2",
    ]
    entries = bibliography(EN, catalogue.get("phq-9"))
    assert "source-4" in entries.anchors
    assert "recalled, no source seen" in str(cited(EN, "recalled (R+), no source seen"))
    assert "R+" not in str(cited(ZH, "K6 的题（R+）"))


def test_every_source_number_of_the_data_has_an_entry() -> None:
    for definition in EVERY_VERSION:
        for text in everything_cited(definition):
            assert set(numbers_in(text)) <= set(sources()), (definition.key, text)
    assert REFERENCE.search("docs/instruments.md, settled rules")


def test_the_tables_of_the_chapter_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    chapter = DOCS.read_text("utf-8")
    for table, command in (
        (licence_table(), licences),
        (source_list(sources().values()), sources_command),
    ):
        assert table in chapter
        assert command([]) == 0
        assert capsys.readouterr().out == table
        assert command(["x"]) == 2


def found(**wanted: str) -> list[str]:
    asked = listing.Wanted(**wanted)
    entries = [listing.entry(ZH, each) for each in listing.matching(catalogue.all(), asked)]
    return [each.key for each in entries if listing.kept(each, asked)]


def test_a_scale_is_found_by_name_use_language_and_text() -> None:
    assert found() == KEYS
    assert found(words="gad 7") == ["gad-7"]
    assert "phq-9" in found(words="抑郁 PHQ")
    assert found(words="睡眠") == ["isi", "psqi"] == found(construct="sleep")
    assert "asq" in found(language="en")
    assert "asq" not in found(language="zh-Hans")
    assert "phq-9" in found(text="ready")
    assert set(found(text="ready")) | set(found(text="import")) == set(KEYS)
    assert found(words="nothing") == []


def test_a_text_of_the_school_makes_a_scale_ready() -> None:
    entry = listing.entry(ZH, catalogue.get("isi"), ["zh-Hans"])
    assert entry.ready
    assert listing.kept(entry, listing.Wanted(language="zh-Hans", text="ready"))
