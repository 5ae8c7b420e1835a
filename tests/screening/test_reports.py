"""Reports add up, hide small cells, and open only for those who may read them."""

from io import BytesIO

import pikepdf
from sqlalchemy import select

from foundation import database
from foundation.audit import AuditRow
from screening.models import Campaign, Response
from screening.report_figures import Part, region
from screening.report_queries import figures_of
from tests.people import Cast, sign_in
from tests.screening.answer_file import imported
from tests.support.pages import CheckedClient


def campaign_of(people: Cast) -> int:
    """The campaign of the imported file."""
    imported(people.school.code)
    with database.reading() as session:
        return session.scalars(select(Campaign.id)).one()


def test_the_parts_add_up_to_everybody(people: Cast) -> None:
    campaign_id = campaign_of(people)
    with database.reading() as session:
        figures = figures_of(session, session.get_one(Campaign, campaign_id))
    assert figures.reconciles
    assert figures.parts[Part.VALID] + figures.parts[Part.INVALID] == 32
    assert figures.positive == 14
    assert figures.positives.interval is not None
    assert sum(figures.bands["phq-9"].values()) == figures.parts[Part.VALID]


def test_a_small_class_shows_no_positives(people: Cast) -> None:
    campaign_id = campaign_of(people)
    with database.reading() as session:
        groups = figures_of(session, session.get_one(Campaign, campaign_id)).by("klass")
    assert [group.positive for group in groups] == [None, None]


def test_a_region_hides_what_could_be_worked_out() -> None:
    rows = [
        ("甲校", 100, True, 60, 50, 20),
        ("乙校", 50, True, 40, 38, 3),
        ("丙校", 9, False, 0, 0, 0),
    ]
    schools, _totals = region(rows, 10)
    assert schools[1].positive is None
    assert schools[0].positive is None
    assert not schools[2].started


def test_a_group_in_which_everybody_is_positive_is_hidden_with_another() -> None:
    rows = [("甲校", 90, True, 60, 60, 20), ("乙校", 12, True, 12, 12, 12)]
    schools, _totals = region(rows, 10)
    assert [school.positive for school in schools] == [None, None]


def test_the_report_opens_as_page_and_pdf(client: CheckedClient, people: Cast) -> None:
    campaign_id = campaign_of(people)
    sign_in(client, people.counselor)
    assert client.get("/reports").status_code == 200
    page = client.get(f"/campaigns/{campaign_id}/report")
    assert "筛查不是诊断" in page.get_data(as_text=True)
    content = client.get(f"/campaigns/{campaign_id}/report.pdf").data
    assert len(pikepdf.open(BytesIO(content)).pages) >= 1


def test_a_summary_is_on_record_before_it_is_shown(client: CheckedClient, people: Cast) -> None:
    campaign_id = campaign_of(people)
    sign_in(client, people.counselor)
    assert client.get(f"/campaigns/{campaign_id}/results").status_code == 200
    with database.reading() as session:
        response_id = session.scalars(select(Response.id).where(Response.any_critical)).first()
    page = client.get(f"/results/{response_id}")
    assert "phq-9" in page.get_data(as_text=True)
    assert client.get(f"/results/{response_id}/summary.pdf").mimetype == "application/pdf"
    with database.reading() as session:
        reads = session.scalars(select(AuditRow).where(AuditRow.event == "result.read")).all()
    assert [row.subject for row in reads] == [f"response:{response_id}"] * 2


def test_nobody_else_finds_them(client: CheckedClient, people: Cast) -> None:
    campaign_id = campaign_of(people)
    for user in (people.other_counselor, people.homeroom, people.city_viewer, people.contact):
        sign_in(client, user)
        assert client.get(f"/campaigns/{campaign_id}/report").status_code == 404
        assert client.get("/results/1").status_code == 404
    sign_in(client, people.secretary)
    assert client.get(f"/campaigns/{campaign_id}/report").status_code == 200
    assert client.get(f"/campaigns/{campaign_id}/results").status_code == 404


def test_a_region_is_counts_only(client: CheckedClient, people: Cast) -> None:
    campaign_of(people)
    sign_in(client, people.city_viewer)
    page = client.get("/region").get_data(as_text=True)
    assert people.school.name in page
    assert people.other_school.name not in page
    assert "云江" not in page
