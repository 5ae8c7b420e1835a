"""Texts keep their licence; a school's own text is compared with the key before it is used."""

import re
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from instruments.library import catalogue, refusals
from instruments.library.wording_import import Record, WordingRefused, import_wording

TODAY = date(2026, 11, 23)


def licensed(
    items: int = 7, codes: Iterable[int] = range(5), licence: str = "", **fields: str
) -> bytes:
    values = {"key": "isi", "language": "zh-Hans", "title": "量表", "instruction": "请作答"}
    values |= {"time_window": "过去两周", **fields}
    head = "\n".join(f'{key} = "{value}"' for key, value in values.items())
    licence = licence or (
        'holder = "版权方"\nnumber = "L-1"\ngranted_to = "某校"\nexpires_on = 2027-08-31'
    )
    options = "\n".join(f'[[options]]\ncode = {code}\ntext = "选项{code}"' for code in codes)
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
    (licensed(items=6), "the items are not those of isi"),
    (licensed(codes=range(4)), "the options are not the codes of isi"),
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
    assert any(problem in str(each) for each in refused.value.problems)


PLAIN = licensed().decode()
HOSTILE = [
    (PLAIN.encode("gb18030"), "not a TOML file in UTF-8"),
    (PLAIN.encode("utf-16"), "not a TOML file in UTF-8"),
    (b"a = " + b"[" * 100_000, "not a TOML file"),
    (PLAIN.replace("题目3", "长" * 4_000_000).encode(), "a text has at most"),
    (PLAIN.replace("题目3", "长" * 5000).encode(), "item 3 has 5000 characters"),
    (licensed(items=700), "700 items"),
    (PLAIN.replace("题目3", "<script>alert(1)</script>").encode(), "item 3 holds mark-up"),
    (PLAIN.replace("选项3", "<b>很多</b>").encode(), "option 3 holds mark-up"),
    (PLAIN.replace("题目3", "\u202e题目").encode(), "invisible character U+202E"),
    (PLAIN.replace("题目3", "\\u0000题目").encode(), "invisible character U+0000"),
    (PLAIN.replace('text = "题目3"', "text = 3").encode(), "item 3: 3 is no text"),
    (PLAIN.replace('text = "题目3"\n', "").encode(), "item 3: None is no text"),
    (PLAIN.replace('text = "题目3"', 'text = ""').encode(), "item 3 has no text"),
    (PLAIN.replace("code = 3", 'code = "3"').encode(), "code = '3' is no number"),
    (PLAIN.replace("code = 1\n", "code = true\n").encode(), "code = True is no number"),
    (PLAIN.replace('instruction = "请作答"', "instruction = {a = 1}").encode(), "is no text"),
    (PLAIN.replace('holder = "版权方"', "holder = 5").encode(), "holder is missing"),
    (PLAIN.replace('"L-1"', '"<b>L-1</b>"').encode(), "[licence] number holds mark-up"),
    (PLAIN.replace("[licence]", "[licence]\ncite = 5").encode(), "[licence] cite: 5 is no text"),
    (PLAIN.replace("[licence]", "[[licence]]").encode(), "[licence] is missing"),
    (PLAIN.replace("n = 3\n", "n = 2\n").encode(), "are not those of isi"),
    (PLAIN.split("[[items]]")[0].encode(), "[[items]] is missing"),
    (('items = "x"\n' + PLAIN.split("[[items]]")[0]).encode(), "[[items]] is missing"),
    (b"", "[licence] is missing"),
    (b"PK\x03\x04" + bytes(500), "not a TOML file"),
]


@pytest.mark.parametrize(("content", "problem"), HOSTILE)
def test_a_hostile_or_damaged_file_is_refused_in_a_sentence(content: bytes, problem: str) -> None:
    with pytest.raises(WordingRefused) as refused:
        import_wording(catalogue.get("isi"), content, today=TODAY)
    assert any(problem in str(each) for each in refused.value.problems), refused.value.problems
    assert all(len(str(each)) < 500 for each in refused.value.problems)


def test_every_reason_is_said_in_both_languages() -> None:
    seen = set()
    for content, _ in [*WRONG, *HOSTILE]:
        with pytest.raises(WordingRefused) as refused:
            import_wording(catalogue.get("isi"), content, today=TODAY)
        for each in refused.value.problems:
            seen.add(each.code)
            assert re.search("[\u4e00-\u9fff]", each.said("zh"))
            assert "{" not in each.said("zh").replace(str(each.values.get("value", "")), "")
            assert each.said("en") == str(each)
    assert seen == sentences_of("zh") - {"not_filled_in"}
    assert sentences_of("zh") == sentences_of("en")


def sentences_of(language: str) -> set[str]:
    path = Path(refusals.__file__).with_suffix(".toml")
    codes = tomllib.loads(path.read_text("utf-8"))[language]
    return {code for code in codes if not code.startswith("at_")}


def test_a_byte_order_mark_is_no_obstacle() -> None:
    found = import_wording(catalogue.get("isi"), b"\xef\xbb\xbf" + licensed(), today=TODAY)
    assert found.wording.item(3).text == "题目3"


def test_a_school_cannot_call_its_text_official_shipped_or_compared() -> None:
    claims = 'compared_by = "me"\norigin = "shipped"\ninstruction_status = "OFFICIAL"\n'
    content = claims + PLAIN.replace('text = "题目3"', 'text = "题目3"\nstatus = "OFFICIAL"')
    found = import_wording(catalogue.get("isi"), content.encode(), today=TODAY).wording
    assert (found.origin, found.compared, found.instruction.status) == (
        "imported",
        False,
        "LICENSED",
    )
    assert {item.status for item in found.items} == {"LICENSED"}
    assert found.licence.credit == "版权方"


@pytest.mark.parametrize("key", ["dsrsc", "isi", "dass-21"])
@pytest.mark.parametrize("field", ["holder", "number", "granted_to", "expires_on"])
def test_no_text_of_a_school_comes_in_without_its_whole_licence(key: str, field: str) -> None:
    definition = catalogue.get(key)
    content = licensed(items=len(definition.items), codes=definition.items[0].codes, key=key)
    assert import_wording(definition, content, today=TODAY).record.number == "L-1"
    lines = [line for line in content.decode().splitlines() if not line.startswith(f"{field} =")]
    with pytest.raises(WordingRefused, match=rf"\[licence\] {field} is missing"):
        import_wording(definition, "\n".join(lines).encode(), today=TODAY)


def test_the_last_day_of_a_licence_still_counts() -> None:
    last = licensed().decode().replace("2027-08-31", "2026-11-23").encode()
    assert import_wording(catalogue.get("isi"), last, today=TODAY).record.expires_on == TODAY


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
