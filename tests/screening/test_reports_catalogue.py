"""The catalogue shows every scale; a school can bring wording it holds a licence for."""

import re
from datetime import date
from io import BytesIO

from sqlalchemy import select

from foundation import database
from instruments.interchange.fhir_questionnaire import read_questionnaire
from instruments.library import catalogue
from screening.models import WordingLicence
from tests.people import Cast, sign_in
from tests.support.pages import CheckedClient

KEY = "scl-90"


def document(expires_on: str) -> bytes:
    """Invented wording of the right shape."""
    definition = catalogue.get(KEY)
    head = f"""key = "{KEY}"
version = "{definition.version}"
language = "zh-Hans"
title = "测试量表"
instruction = "请回答"
time_window = "最近一周"
[licence]
holder = "某出版社"
number = "L-1"
granted_to = "青山中学"
expires_on = {expires_on}
"""
    codes = [f'[[options]]\ncode = {c}\ntext = "选项{c}"\n' for c in definition.items[0].codes]
    items = [f'[[items]]\nn = "{each.id}"\ntext = "题目{each.id}"\n' for each in definition.items]
    return "".join([head, *codes, *items]).encode()


def test_every_scale_has_a_page(client: CheckedClient, people: Cast) -> None:
    sign_in(client, people.counselor)
    assert client.get("/instruments").status_code == 200
    for scale in catalogue.all():
        page = client.get(f"/instruments/{scale.key}")
        assert page.status_code == 200, scale.key
        text = page.get_data(as_text=True)
        assert "Named(" not in text
        for words in ("计分方法", "计分示例", "来源"):
            assert words in text, (scale.key, words)
        assert all(note not in text for note in scale.notes), scale.key
    assert client.get("/instruments/none").status_code == 404


def listed(client: CheckedClient, query: str) -> list[str]:
    text = client.get(f"/instruments?{query}").get_data(as_text=True)
    return re.findall(r'href="/instruments/([\w-]+)"', text)


def test_a_scale_is_found_by_use_language_and_text(client: CheckedClient, people: Cast) -> None:
    sign_in(client, people.counselor)
    assert len(listed(client, "")) == len(catalogue.keys())
    assert listed(client, "q=睡眠") == ["isi", "psqi"] == listed(client, "construct=sleep")
    assert "phq-9" in listed(client, "text=ready&text_language=zh-Hans")
    assert KEY in listed(client, "text=import")
    assert listed(client, "q=none-such") == []
    empty = client.get("/instruments?q=none-such").get_data(as_text=True)
    assert "没有符合的量表" in empty
    assert listed(client, "construct=x&text=y&text_language=z") == []


def test_a_text_of_the_school_is_ready_until_its_licence_ends(
    client: CheckedClient, people: Cast
) -> None:
    sign_in(client, people.counselor)
    good = {"school_id": people.school.id, "file": (BytesIO(document("2099-01-01")), "a.toml")}
    client.post(f"/instruments/{KEY}/wording", data=good, content_type="multipart/form-data")
    assert KEY in listed(client, "text=ready")
    with database.writing() as session:
        session.scalars(select(WordingLicence)).one().expires_on = date(2020, 1, 1)
    assert KEY in listed(client, "text=import")
    assert "已到期" in client.get(f"/instruments/{KEY}").get_data(as_text=True)


def test_the_page_is_whole_in_english(client: CheckedClient, people: Cast) -> None:
    sign_in(client, people.counselor)
    text = client.get("/instruments/phq-9?lang=en").get_data(as_text=True)
    for words in ("Worked example", "not yet compared with the publisher", "Cut-offs", "[4]"):
        assert words in text


def test_a_scale_leaves_for_other_programs_without_the_text_of_a_school(
    client: CheckedClient, people: Cast
) -> None:
    sign_in(client, people.counselor)
    good = {"school_id": people.school.id, "file": (BytesIO(document("2099-01-01")), "a.toml")}
    client.post(f"/instruments/{KEY}/wording", data=good, content_type="multipart/form-data")
    sent = client.get(f"/instruments/{KEY}/questionnaire.json")
    assert sent.mimetype == "application/fhir+json"
    assert "题目1" not in sent.get_data(as_text=True)
    assert read_questionnaire(sent.get_json(force=True)).differences(catalogue.get(KEY)) == []
    assert "做事时提不起劲" in client.get("/instruments/phq-9/questionnaire.json").text
    book = client.get(f"/instruments/{KEY}/codebook.csv")
    assert book.mimetype == "text/csv"
    assert "scl90_1,第 1 题,-9,未作答,yes" in book.text
    assert client.get("/instruments/none/questionnaire.json").status_code == 404
    assert client.get("/instruments/none/codebook.csv").status_code == 404


def test_a_school_brings_its_licensed_wording(client: CheckedClient, people: Cast) -> None:
    sign_in(client, people.counselor)
    address = f"/instruments/{KEY}/wording"
    assert "第 90 题" in client.get(address).get_data(as_text=True)
    late = {"school_id": people.school.id, "file": (BytesIO(document("2020-01-01")), "a.toml")}
    refused = client.post(address, data=late, content_type="multipart/form-data")
    assert refused.status_code == 422
    assert "许可已于 2020-01-01 到期：请导入续期后的许可" in refused.get_data(as_text=True)
    good = {"school_id": people.school.id, "file": (BytesIO(document("2099-01-01")), "a.toml")}
    kept = client.post(address, data=good, content_type="multipart/form-data")
    assert kept.status_code == 303, kept.get_data(as_text=True)
    with database.reading() as session:
        row = session.scalars(select(WordingLicence)).one()
    assert (row.key, row.number) == (KEY, "L-1")


def test_who_may_not_import_finds_no_form(client: CheckedClient, people: Cast) -> None:
    sign_in(client, people.homeroom)
    assert client.get("/instruments").status_code == 200
    assert client.get(f"/instruments/{KEY}/wording").status_code == 404
