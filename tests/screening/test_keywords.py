"""The keyword watch finds what it must, however it is written."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, strategies

from screening.league import keywords

SENTENCES = tomllib.loads(Path(__file__).with_name("keyword_sentences.toml").read_text("utf-8"))
EXPECTED = [(kind, text) for kind, texts in SENTENCES["expected"].items() for text in texts]
HARMLESS = [text for texts in SENTENCES["harmless"].values() for text in texts]


def test_the_data_file_has_at_least_150_phrases() -> None:
    assert sum(map(len, keywords.phrases().values())) >= 150


def test_the_labelled_set_has_at_least_150_sentences_of_every_kind() -> None:
    assert len(EXPECTED) + len(HARMLESS) >= 150
    kinds = {"plain", "negation", "quotation", "spaced", "traditional", "homophone"}
    assert kinds <= set(SENTENCES["expected"])


def test_recall_is_at_least_98_percent_and_false_hits_are_printed() -> None:
    missed = [(kind, text) for kind, text in EXPECTED if not keywords.watch(text)]
    false = [(text, keywords.watch(text)) for text in HARMLESS if keywords.watch(text)]
    recall = 1 - len(missed) / len(EXPECTED)
    print(f"recall {recall:.4f} of {len(EXPECTED)}; missed: {missed}")
    print(f"false hits {len(false)} of {len(HARMLESS)}:")
    for text, hits in false:
        print(f"  {text}: {[(hit.phrase, hit.by) for hit in hits]}")
    assert recall >= 0.98


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("她想過輕生嗎", "輕生"),
        ("割 腕了", "割 腕"),
        ("他 自🔪杀 过", "自🔪杀"),
        ("ＫＭＳ！", "ＫＭＳ"),
        ("他zi sha了", "zi sha"),
    ],
)
def test_a_hit_names_its_place_in_the_text_as_written(text: str, piece: str) -> None:
    hit = keywords.watch(text)[0]
    assert text[hit.start : hit.end] == piece


@given(text=strategies.text(alphabet="自杀不想活 了abc。💔", max_size=40))
def test_places_always_lie_in_the_text_and_urgency_never_falls(text: str) -> None:
    hits = keywords.watch(text)
    assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)
    assert keywords.urgency(keywords.URGENT, hits) == keywords.URGENT
    assert keywords.urgency(keywords.WORRIED, hits) == (
        keywords.URGENT if hits else keywords.WORRIED
    )


def test_the_teapot_is_no_hit_but_the_word_that_hides_behind_it_is() -> None:
    assert not keywords.watch("爷爷的紫砂壶")
    assert keywords.watch("他说想紫砂")
