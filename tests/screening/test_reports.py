"""Reports add up, hide small cells, and open only for those who may read them."""

from io import BytesIO

import pikepdf
from sqlalchemy import select

from foundation import clock, database
from foundation.audit import AuditRow
from instruments.library import catalogue
from schools.models import Student, StudentStatus
from screening.models import Campaign, Consent, Response
from screening.reports.figures import COURSE, Figures, Part, Taken
from screening.reports.pdf import funnel_notes
from screening.reports.queries import figures_of
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


def test_coverage_stays_when_the_students_have_left(people: Cast) -> None:
    campaign_id = campaign_of(people)
    with database.reading() as session:
        before = figures_of(session, session.get_one(Campaign, campaign_id)).coverage
    with database.writing() as session:
        for student in session.scalars(select(Student)):
            student.status = StudentStatus.GRADUATED.value
    with database.reading() as session:
        after = figures_of(session, session.get_one(Campaign, campaign_id)).coverage
    assert after.count == before.count > 0
    assert after.of >= after.count


def test_a_campaign_that_is_over_leads_to_its_report(client: CheckedClient, people: Cast) -> None:
    campaign_id = campaign_of(people)
    with database.writing() as session:
        session.get_one(Campaign, campaign_id).state = "closed"
    link = f'href="/campaigns/{campaign_id}/report"'
    assert link in sign_in(client, people.counselor).get(f"/campaigns/{campaign_id}").text
    assert link not in sign_in(client, people.school_admin).get(f"/campaigns/{campaign_id}").text


def test_a_small_class_shows_no_positives(people: Cast) -> None:
    campaign_id = campaign_of(people)
    with database.reading() as session:
        groups = figures_of(session, session.get_one(Campaign, campaign_id)).by("klass")
    assert [group.positive for group in groups] == [None, None]


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


def test_a_group_of_classes_and_its_grades_hide_together() -> None:
    def klass(grade: str, name: str, valid: int, positive: int) -> list[Taken]:
        return [
            Taken(number, Part.VALID, grade, f"{grade} {name}", "f", True, number < positive)
            for number in range(valid)
        ]

    people = [
        *klass("高一", "10班", 45, 14),
        *klass("高一", "2班", 45, 12),
        *klass("七年级", "1班", 45, 3),
        *klass("八年级", "1班", 45, 15),
    ]
    figures = Figures(180, 180, people, {}, {}, {})
    grades, klasses = figures.by("grade"), figures.by("klass")
    assert [group.label for group in grades] == ["七年级", "八年级", "高一"]
    assert [group.label for group in klasses[2:]] == ["高一 2班", "高一 10班"]
    # the three of 七年级 follow neither from their class, nor their grade, nor the school's total
    assert klasses[0].positive is None
    assert grades[0].positive is None
    hidden = sum(group.positive is None for group in klasses)
    assert hidden >= 2
    assert sum(group.positive is None for group in grades) != 1


def test_the_funnel_tells_whom_it_leaves_out() -> None:
    far = frozenset(COURSE)
    people = [
        Taken(1, Part.VALID, "七年级", "七年级 1班", "f", True, True, course=far),
        Taken(2, Part.VALID, "七年级", "七年级 1班", "f", True, True, course=far - {"interviewed"}),
        Taken(
            3,
            Part.VALID,
            "七年级",
            "七年级 1班",
            "f",
            True,
            True,
            course=frozenset({"interviewed"}),
        ),
        Taken(4, Part.INVALID, "七年级", "七年级 1班", "f", True, alerted=True),
        Taken(5, Part.DECLINED, "七年级", "七年级 1班", "f", False),
    ]
    figures = Figures(5, 4, people, {}, {}, {})
    assert figures.reconciles
    assert [count for _step, count in figures.funnel] == [5, 4, 4, 3, 3, 2, 1, 1, 1, 1]
    assert (figures.out_of_order, figures.alerted_outside) == (1, 1)
    assert len(funnel_notes(figures)) == 3


def test_a_rule_is_told_in_words(client: CheckedClient, people: Cast) -> None:
    campaign_id = campaign_of(people)
    sign_in(client, people.counselor)
    with database.reading() as session:
        response_id = session.scalars(
            select(Response.id).where(Response.campaign_id == campaign_id, Response.any_critical)
        ).first()
    page = client.get(f"/results/{response_id}").get_data(as_text=True)
    wording = catalogue.wording("phq-9", "zh-Hans")
    assert wording is not None
    assert f"第 9 题：{wording.item(9).text}，选了“" in page
    assert "规则 phq-9:" in page
    assert "value =" not in page
    assert "n_symptoms" not in page
    assert wording.item(3).text in page


def test_a_summary_says_who_agreed_how_and_when(client: CheckedClient, people: Cast) -> None:
    imported(people.school.code)
    with database.writing() as session:
        sheet = session.scalars(select(Response)).first()
        assert sheet is not None
        assert sheet.consent_basis is not None
        basis, sheet.consent_basis = sheet.consent_basis, None
        path = f"/results/{sheet.id}"
        for party, method in (("guardian", "link"), ("student", "online")):
            session.add(
                Consent(
                    campaign_id=sheet.campaign_id,
                    student_id=sheet.student_id,
                    party=party,
                    signed_name="林妈妈" if party == "guardian" else None,
                    decision="granted",
                    method=method,
                    text_version="1",
                    recorded_by="system:tests",
                    recorded_at=clock.now(),
                )
            )
    sign_in(client, people.counselor)
    page = client.get(path).get_data(as_text=True)
    today = f"{clock.local(clock.now()):%Y-%m-%d}"
    assert f"监护人 林妈妈 同意（家长网页，{today}" in page
    assert f"学生本人同意（答题前在网页上，{today}" in page
    assert basis not in page
    with database.writing() as session:
        for each in session.scalars(select(Consent)):
            session.delete(each)
    assert "没有登记过同意" in client.get(path).get_data(as_text=True)
