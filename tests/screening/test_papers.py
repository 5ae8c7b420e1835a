"""The paper of a campaign fits its lines."""

from reportlab.lib.units import mm

from foundation import database, pdf
from screening.campaigns import papers
from tests import make
from tests.people import Cast


def test_a_strip_fits_between_its_cut_lines_whatever_the_name(people: Cast) -> None:
    with database.writing() as session:
        campaign = make.campaign(session, school=people.school, klasses=[people.klass_1])
        student = make.student(session, klass=people.klass_1, name="阿卜杜热合曼·买买提依明江" * 3)
        ticket = make.ticket(session, of=campaign, student=student)
        (strip,) = papers._strip(student, ticket, "https://xinqiao.example.edu.cn")
    width, height = strip.wrap(pdf.WIDTH / 2 - papers.STRIP_EDGES, papers.STRIP_MM * mm)
    assert width <= pdf.WIDTH / 2 - papers.STRIP_EDGES
    assert height <= (papers.STRIP_MM - 4) * mm
