"""A campaign's sheets leave without names: as SPSS, as CSV with a codebook, as FHIR; asked why, logged."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pyreadstat
import pytest
from sqlalchemy import select

from foundation import database
from foundation.audit import AuditRow
from instruments.interchange.fhir_response import read_response
from instruments.library import catalogue
from schools.models import Student
from screening.models import Campaign, Export, Response, Score
from tests.instruments.fhir_check import CHECK
from tests.people import Cast, sign_in
from tests.screening.answer_file import imported
from tests.support.pages import CheckedClient

WHY = "统计教研"


@pytest.fixture
def campaign(client: CheckedClient, people: Cast) -> str:
    """The address of a campaign with 32 sheets, its counselor signed in."""
    imported(people.school.code)
    with database.reading() as session:
        found = session.scalars(select(Campaign.id)).one()
    sign_in(client, people.counselor)
    return f"/campaigns/{found}/dataset"


def sent(client: CheckedClient, address: str, kind: str) -> bytes:
    answer = client.post(address, data={"reason": WHY, "format": kind})
    assert answer.status_code == 200
    return bytes(answer.data)


def stored() -> tuple[list[Any], list[Any], list[str]]:
    """Responses and scores as they are kept, and what must not leave."""
    with database.reading() as session:
        responses = session.scalars(select(Response)).all()
        scores = session.scalars(select(Score)).all()
        students = session.scalars(select(Student)).all()
        names = [each for s in students for each in (s.name, s.student_number)]
        answers = [response.answers for response in responses]
        return answers, [(each.instrument, each.result["scores"]) for each in scores], names


def test_spss_opens_with_every_answer_and_no_name(
    client: CheckedClient, campaign: str, tmp_path: Path
) -> None:
    content = sent(client, campaign, "sav")
    path = tmp_path / "a.sav"
    path.write_bytes(content)
    data, meta = pyreadstat.read_sav(str(path), output_format="dict", user_missing=True)
    answers, scores, names = stored()
    items = catalogue.get("phq-9").item_ids
    ours = sorted([sheet["phq-9"][i] for i in items] for sheet in answers)
    there = sorted(
        [None if data[f"phq9_{i}"][n] == -9 else data[f"phq9_{i}"][n] for i in items]
        for n in range(len(answers))
    )
    assert there == ours
    totals = sorted(s["total"] for key, s in scores if key == "phq-9")
    assert sorted(data["phq9_total"]) == totals
    assert meta.variable_value_labels["phq9_1"][-9] == "未作答"
    assert not any(name and name.encode() in content for name in names if len(name) > 1)
    with database.reading() as session:
        mark = session.scalars(select(Export.mark)).one()
    assert mark in meta.file_label
    assert mark in meta.notes[0]


def test_csv_comes_with_its_codebook(client: CheckedClient, campaign: str) -> None:
    packed = zipfile.ZipFile(io.BytesIO(sent(client, campaign, "zip")))
    rows = list(csv.reader(io.StringIO(packed.read("data.csv").decode("utf-8-sig"))))
    book = list(csv.reader(io.StringIO(packed.read("codebook.csv").decode("utf-8-sig"))))
    answers, _scores, _names = stored()
    assert len(rows) == 1 + len(answers)
    assert {line[0] for line in book[1:] if len(line) > 1} == set(rows[0])
    assert any("导出编号" in line[0] for line in book)


def test_fhir_is_valid_and_gives_the_answers_back(client: CheckedClient, campaign: str) -> None:
    bundle = json.loads(sent(client, campaign, "json"))
    found = [entry["resource"] for entry in bundle["entry"]]
    for resource in found:
        CHECK.validate(resource)
    definition = catalogue.get("phq-9")
    mine = f"/Questionnaire/phq-9|{definition.version}"
    back = [
        read_response(each, definition)
        for each in found
        if each["resourceType"] == "QuestionnaireResponse" and each["questionnaire"].endswith(mine)
    ]
    answers, _scores, names = stored()
    order = [tuple(sheet[i] for i in definition.item_ids) for sheet in back]
    assert sorted(order, key=str) == sorted(
        (tuple(sheet["phq-9"][i] for i in definition.item_ids) for sheet in answers), key=str
    )
    text = json.dumps(bundle, ensure_ascii=False)
    assert not any(name in text for name in names if len(name) > 2)


def test_it_is_shown_first_asked_for_and_logged(client: CheckedClient, campaign: str) -> None:
    page = client.get(campaign)
    assert page.status_code == 200
    assert "phq9_1" in page.text
    refused = client.post(campaign, data={"format": "sav"})
    assert refused.status_code == 422
    sent(client, campaign, "sav")
    with database.reading() as session:
        taken = session.scalars(select(Export)).one()
        events = session.scalars(select(AuditRow.event)).all()
    assert (taken.kind, taken.format, taken.reason) == ("results", "sav", WHY)
    assert {"results.previewed", "results.exported"} <= set(events)
    assert WHY in client.get(campaign).text


def test_a_campaign_without_sheets_gives_an_empty_file(
    client: CheckedClient, campaign: str, tmp_path: Path
) -> None:
    with database.writing() as session:
        for score in session.scalars(select(Score)):
            session.delete(score)
        session.flush()
        for response in session.scalars(select(Response)):
            session.delete(response)
    assert client.get(campaign).status_code == 200
    path = tmp_path / "a.sav"
    path.write_bytes(sent(client, campaign, "sav"))
    _data, meta = pyreadstat.read_sav(str(path), output_format="dict")
    assert meta.number_rows == 0


def test_who_may_not_export_finds_nothing(
    client: CheckedClient, people: Cast, campaign: str
) -> None:
    sign_in(client, people.secretary)
    assert client.get(campaign).status_code == 404
