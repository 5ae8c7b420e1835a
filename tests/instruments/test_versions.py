"""A released version stays as it was: old responses still score, new ones say why they came."""

import pytest

from instruments.library import catalogue
from instruments.library.definition import Definition
from tests.instruments.examples import differences, of_key
from tests.instruments.printed import form_differences

VERSIONS = [(e.key, version) for e in catalogue.all() for version in catalogue.versions(e.key)]
LATER = [(key, version) for key, version in VERSIONS if version != catalogue.versions(key)[0]]


@pytest.mark.parametrize(("key", "version"), VERSIONS)
def test_every_version_scores_the_worked_examples(key: str, version: str) -> None:
    definition = catalogue.get(key, version)
    known = {None, "default", *(each.id for each in definition.cutsets)}
    examples = [each for each in of_key(key) if each.get("cutset") in known]
    assert examples
    for each in examples:
        assert not differences(definition, each), each["note"]


@pytest.mark.parametrize(("key", "version"), LATER)
def test_a_later_version_says_why_it_came(key: str, version: str) -> None:
    assert catalogue.get(key, version).provenance.reason


@pytest.mark.parametrize(("key", "version"), LATER)
def test_what_a_campaign_named_is_still_there_in_a_later_version(key: str, version: str) -> None:
    at = catalogue.versions(key).index(version)
    before = catalogue.get(key, catalogue.versions(key)[at - 1])
    after = catalogue.get(key, version)
    assert form(after) == form(before)
    assert {each.id for each in before.cutsets} <= {each.id for each in after.cutsets}
    assert before.band_names.keys() <= after.band_names.keys()
    assert set(catalogue.languages(before)) <= set(catalogue.languages(after))


def form(definition: Definition) -> list[tuple[str, tuple[int, ...], bool]]:
    """What the student fills in, which a text belongs to."""
    return [(item.id, item.codes, item.reverse) for item in definition.items]


def test_what_was_recalled_is_nowhere_called_verified() -> None:
    loose = {
        (each.key, cutset.id)
        for each in catalogue.all()
        for cutset in each.cutsets
        if each.is_verified(cutset.id)
        and ("recalled" in cutset.source or "R+" in cutset.source or "(R)" in cutset.source)
    }
    assert not loose


def test_a_set_that_includes_a_recalled_one_is_not_verified_itself() -> None:
    first = catalogue.get("scared-41", "1.0.0")
    assert first.cutset("default").verified  # type: ignore[union-attr]
    assert not first.is_verified("default")
    newest = catalogue.get("scared-41")
    assert not newest.is_verified(None)
    assert newest.is_verified("original")
    assert newest.is_verified("specific-31")


def test_a_recalled_key_makes_none_of_its_cut_sets_verified() -> None:
    psqi = catalogue.get("psqi")
    assert psqi.cutset("gt5").verified  # type: ignore[union-attr]
    assert not any(psqi.is_verified(name) for name in (None, "gt5", "cn_gt7"))
    unsure = {each.key for each in catalogue.all() if not each.key_verified}
    assert unsure == {"psqi", "rcads-25", "uls-8", "upi"}
    for key in unsure:
        assert catalogue.get(key).unverified


def test_every_text_that_ships_names_whose_it_is() -> None:
    for definition in catalogue.all():
        for language in catalogue.languages(definition):
            text = catalogue.wording(definition.key, language)
            assert text
            assert text.licence.credit, definition.key
    wants = {
        "psc-17-y": "M. Jellinek & J.M. Murphy",
        "who-5": "World Health Organization",
        "sas-sv": "Kwon",
        "swls": "Diener",
        "k6": "Kessler",
    }
    for key, name in wants.items():
        text = catalogue.wording(key, "en")
        assert text
        assert name in text.licence.credit


@pytest.mark.parametrize(("key", "version"), VERSIONS)
def test_every_version_asks_what_the_printed_form_asks(key: str, version: str) -> None:
    assert not form_differences(catalogue.get(key, version))
