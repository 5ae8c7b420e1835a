"""Texts keep their licence; a school's own text is compared with the key before it is used."""

from datetime import date

import pytest

from instruments.library import catalogue
from instruments.library.wording_import import Record, WordingRefused, import_wording, may_start

TODAY = date(2026, 11, 23)


def licensed(items: int = 7, codes: int = 5, licence: str = "", **fields: str) -> bytes:
    values = {"key": "isi", "language": "zh-Hans", "title": "量表", "instruction": "请作答"}
    values |= {"time_window": "过去两周", **fields}
    head = "\n".join(f'{key} = "{value}"' for key, value in values.items())
    licence = licence or (
        'holder = "版权方"\nnumber = "L-1"\ngranted_to = "某校"\nexpires_on = 2027-08-31'
    )
    options = "\n".join(f'[[options]]\ncode = {code}\ntext = "选项{code}"' for code in range(codes))
    rows = "\n".join(f'[[items]]\nn = {n}\ntext = "题目{n}"' for n in range(1, items + 1))
    return f"{head}\n[licence]\n{licence}\n{options}\n{rows}\n".encode()


def test_a_licensed_text_becomes_a_wording_with_its_record() -> None:
    found = import_wording(catalogue.get("isi"), licensed(), today=TODAY)
    assert found.wording.origin == "imported"
    assert found.wording.item(7).text == "题目7"
    assert found.wording.item(7).status == "LICENSED"
    assert found.record == Record("版权方", "L-1", "某校", date(2027, 8, 31))
    assert len(found.wording.checksum) == 64


WRONG = [
    (licensed(items=6), "are not those of isi"),
    (licensed(codes=4), "are not the codes"),
    (licensed(key="phq-9"), "the file is for phq-9"),
    (licensed(language="fr"), "language fr"),
    (licensed(licence='holder = "x"\ngranted_to = "y"'), "number is missing"),
    (licensed(licence='holder = "x"\ngranted_to = "y"\nnumber = "1"'), "expires_on is missing"),
    (
        licensed(licence='holder = "x"\ngranted_to = "y"\nnumber = "1"\nexpires_on = 2026-11-22'),
        "ended on 2026-11-22",
    ),
    (
        licensed(licence='holder = "x"\ngranted_to = "y"\nnumber = "1"\nexpires_on = "soon"'),
        "is no date",
    ),
    (licensed().replace("题目3".encode(), b" "), "item 3 has no text"),
    (b"[[", "not a TOML file"),
    (b"\xff\xfe", "not a TOML file"),
    (b'key = "isi"', "[licence] is missing"),
]


@pytest.mark.parametrize(("content", "problem"), WRONG)
def test_a_text_that_does_not_fit_is_refused_with_the_reason(content: bytes, problem: str) -> None:
    with pytest.raises(WordingRefused) as refused:
        import_wording(catalogue.get("isi"), content, today=TODAY)
    assert any(problem in each for each in refused.value.problems)


def test_an_expired_licence_stops_new_campaigns_on_the_day_after() -> None:
    isi = catalogue.get("isi")
    record = Record("x", "1", "y", TODAY)
    assert may_start(isi, record, TODAY)
    assert not may_start(isi, record, date(2026, 11, 24))
    assert not may_start(isi, None, TODAY)
    assert may_start(catalogue.get("phq-9"), None, TODAY)


def test_only_text_that_was_seen_ships_and_says_so() -> None:
    for definition in catalogue.all():
        for language in catalogue.languages(definition):
            wording = catalogue.wording(definition.key, language)
            assert wording
            assert wording.licence.statement
            assert not wording.compared
            assert definition.licence.code in ("A", "B")


def test_scales_without_a_permitted_text_hold_none() -> None:
    without = {"isi", "psqi", "mht", "sdq-s", "scl-90", "dass-21", "pss-10", "rses", "brcs", "upi"}
    for key in without:
        assert catalogue.languages(catalogue.get(key)) == ()


def test_who5_lives_in_its_own_pack() -> None:
    who = catalogue.get("who-5")
    assert catalogue.languages(who) == ("en", "zh-Hans")
    assert not list((catalogue.DATA / "who-5").glob("*/wording.*"))


def test_the_kessler_options_keep_the_printed_number_beside_the_code() -> None:
    wording = catalogue.wording("k6", "zh-Hans")
    assert wording
    first = wording.options[0]
    assert (first.code, first.printed, first.text) == (4, 1, "全部时间")


def test_the_columbia_items_of_the_adolescent_form_do_not_ship() -> None:
    wording = catalogue.wording("phq-a", "en")
    assert wording
    assert [extra.id for extra in wording.extras] == ["dysthymia_past_year", "difficulty"]


def test_a_language_is_offered_where_its_text_ships_and_the_age_fits() -> None:
    offered = {each.key for each in catalogue.offered(age=15, language="zh-Hans")}
    assert offered == {"phq-2", "phq-9", "gad-2", "gad-7", "k6", "k10", "who-5"}
    assert "pcl-5" not in {each.key for each in catalogue.offered(age=15)}
    assert {each.key for each in catalogue.offered(age=9)} >= {"mht", "who-5"}
