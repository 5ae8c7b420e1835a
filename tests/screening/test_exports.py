"""An export needs a reason, is logged, names its reader, and holds no formula."""

import csv
import io

from sqlalchemy import select

from foundation import database, spreadsheets
from foundation.audit import AuditRow
from schools.models import Student
from screening.models import Campaign, Export
from tests.people import Cast, sign_in
from tests.screening.answer_file import imported
from tests.support.pages import CheckedClient


def test_an_export_is_logged_and_safe(client: CheckedClient, people: Cast) -> None:
    imported(people.school.code)
    with database.writing() as session:
        campaign_id = session.scalars(select(Campaign.id)).one()
        student = session.scalars(select(Student).where(Student.student_number == "P00001")).one()
        student.name = "=1+1"
    sign_in(client, people.counselor)
    address = f"/campaigns/{campaign_id}/export"
    assert client.get(address).status_code == 200
    assert client.post(address, data={"format": "csv"}).status_code == 422
    given = {"reason": "教研室抽查", "format": "csv"}
    text = client.post(address, data=given).data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 33
    assert "'=1+1" in [row[1] for row in rows]
    assert all("陈老师" in row[-1] for row in rows[1:])
    book = client.post(address, data=given | {"format": "xlsx"}).data
    assert len(spreadsheets.read(book)[0].rows) == 33
    with database.reading() as session:
        taken = session.scalars(select(Export).order_by(Export.id)).all()
        logged = session.scalars(
            select(AuditRow).where(AuditRow.event == "results.exported").order_by(AuditRow.id)
        ).all()
    assert [row.reason for row in taken] == ["教研室抽查"] * 2
    assert [row.subject for row in logged] == [f"export:{row.id}" for row in taken]
    assert "教研室抽查" not in str([row.details for row in logged])
    assert all(taken[0].mark in row[-1] for row in rows[1:])
    assert "教研室抽查" in client.get(address).text


def test_what_leaves_is_shown_before_it_leaves(client: CheckedClient, people: Cast) -> None:
    imported(people.school.code)
    sign_in(client, people.counselor)
    page = client.get("/campaigns/1/export").text
    assert "32 行" in page
    assert "P00001" in page
    with database.reading() as session:
        seen = session.scalars(select(AuditRow.event).where(AuditRow.subject == "campaign:1"))
        assert "results.previewed" in seen.all()


def test_who_may_not_export_finds_nothing(client: CheckedClient, people: Cast) -> None:
    imported(people.school.code)
    sign_in(client, people.secretary)
    assert client.get("/campaigns/1/export").status_code == 404
