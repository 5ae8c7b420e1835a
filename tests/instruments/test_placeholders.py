"""A scale whose text may not ship can still take paper sheets, by item number."""

from datetime import date

import pytest

from instruments.library import catalogue
from instruments.library.fit import fit_problems
from instruments.library.placeholders import placeholder
from instruments.library.wording_command import main
from instruments.library.wording_form import wording_form
from instruments.library.wording_import import WordingRefused, import_wording


@pytest.mark.parametrize("key", list(catalogue.keys()))
def test_the_stand_in_fits_its_key(key: str) -> None:
    definition = catalogue.get(key)
    stand_in = placeholder(definition, "zh-Hans")
    assert not list(fit_problems(stand_in, definition))
    assert stand_in.items[0].text == f"第 {definition.items[0].id} 题"
    assert stand_in.origin == "placeholder"


def test_a_language_without_a_stand_in_is_unknown() -> None:
    with pytest.raises(KeyError):
        placeholder(catalogue.get("isi"), "fr")


def blank(key: str) -> str:
    day = "expires_on = 1970-01-01"
    form = wording_form(catalogue.get(key), "zh-Hans").replace(day, "expires_on = 2099-12-31")
    return form.replace('= ""', '= "某某"')


@pytest.mark.parametrize("key", list(catalogue.keys()))
def test_the_form_once_filled_in_is_the_text_of_its_key(key: str) -> None:
    filled = blank(key).replace(' 题"', ' 题的文字"')
    found = import_wording(catalogue.get(key), filled.encode(), today=date(2026, 11, 22))
    assert [item.item for item in found.wording.items] == list(catalogue.get(key).item_ids)
    assert found.wording.items[0].text.endswith("题的文字")


def test_the_form_as_it_was_given_out_is_no_text() -> None:
    with pytest.raises(WordingRefused, match="the form was not filled in"):
        import_wording(catalogue.get("isi"), blank("isi").encode(), today=date(2026, 11, 22))
    given_out = wording_form(catalogue.get("isi"), "zh-Hans").encode()
    with pytest.raises(WordingRefused, match="holder is missing"):
        import_wording(catalogue.get("isi"), given_out, today=date(2026, 11, 22))


def test_the_command_prints_the_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["form", "PSQI", "en"]) == 0
    assert 'n = "latency_min"' in capsys.readouterr().out
    assert main(["form", "PSQI", "fr"]) == 1
    assert main(["form"]) == 2
