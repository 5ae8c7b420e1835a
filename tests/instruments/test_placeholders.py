"""A scale whose text may not ship can still take paper sheets, by item number."""

import pytest

from instruments.library import catalogue
from instruments.library.fit import fit_problems
from instruments.library.placeholders import placeholder, wording_or_placeholder


@pytest.mark.parametrize("key", list(catalogue.keys()))
def test_the_stand_in_fits_its_key(key: str) -> None:
    definition = catalogue.get(key)
    stand_in = placeholder(definition, "zh-Hans")
    assert not list(fit_problems(stand_in, definition))
    assert stand_in.items[0].text == f"第 {definition.items[0].id} 题"
    assert stand_in.origin == "placeholder"


def test_shipped_text_comes_first() -> None:
    assert wording_or_placeholder("phq-9", "zh-Hans").origin == "shipped"
    assert wording_or_placeholder("isi", "en").item(1).text == "Item 1"
    with pytest.raises(KeyError):
        placeholder(catalogue.get("isi"), "fr")
