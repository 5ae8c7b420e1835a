"""The catalogue pages and the licence table are written from the data."""

import re
import tomllib
from pathlib import Path

import html5lib
import pytest

from instruments.library import catalogue
from instruments.library.licences import licence_table, main
from instruments.pages import site as pages_module
from instruments.pages.site import chinese, index_page, scale_page, sentences, write_pages
from instruments.pages.site import main as pages

DOCS = Path(__file__).parents[2] / "docs" / "instruments.md"


@pytest.mark.parametrize("key", list(catalogue.keys()))
def test_a_page_is_valid_and_says_what_must_be_said(key: str) -> None:
    definition = catalogue.get(key)
    text = scale_page(definition)
    html5lib.HTMLParser(strict=True).parse(text)
    assert text.count("<h1>") == 1
    assert definition.checksum in text
    for words in ("计分示例", "许可", "来源（原文）", "尚无具名复核人"):
        assert words in text
    for rule in definition.criticals:
        assert f"题 {rule.item}<" in text


def test_the_list_holds_every_scale() -> None:
    text = index_page()
    html5lib.HTMLParser(strict=True).parse(text)
    for definition in catalogue.all():
        key = definition.key
        assert f'href="{key}.html"' in text


def test_pages_are_written_into_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pages([str(tmp_path / "out")]) == 0
    written = {path.stem for path in (tmp_path / "out").glob("*.html")}
    assert written == {*catalogue.keys(), "index"}
    assert capsys.readouterr().out.startswith(f"ok {len(catalogue.keys())} scales")
    assert pages([]) == 2
    assert write_pages(tmp_path / "again") == len(catalogue.keys())


def test_the_licence_table_of_the_chapter_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert licence_table() in DOCS.read_text("utf-8")
    assert main([]) == 0
    assert capsys.readouterr().out == licence_table()
    assert main(["x"]) == 2


def test_every_source_number_of_the_data_stands_in_the_chapter() -> None:
    chapter = DOCS.read_text("utf-8")
    for definition in catalogue.all():
        for source in (*definition.provenance.sources, *(c.source for c in definition.cutsets)):
            _, found, numbers = source.partition("docs/instruments.md [")
            for number in numbers.partition("]")[0].split(",") if found else ():
                assert re.search(rf"(- |; ){number.strip()}\b", chapter), (definition.key, number)


@pytest.mark.parametrize("key", list(catalogue.keys()))
def test_a_chinese_reader_meets_no_english_sentence(key: str) -> None:
    definition = catalogue.get(key)
    text = scale_page(definition)
    for sentence in sentences(definition):
        assert re.search(r"[\u4e00-\u9fff]", chinese(sentence)), sentence
        assert chinese(sentence) != sentence or "；" in sentence, sentence
        assert f"<li>{sentence}</li>" not in text


def test_no_translation_is_left_of_a_sentence_that_is_gone() -> None:
    said = {each for definition in catalogue.all() for each in sentences(definition)}
    kept = tomllib.loads((Path(pages_module.__file__).parent / "sentences.zh.toml").read_text())
    assert set(kept["sentences"]) == said
