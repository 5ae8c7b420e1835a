"""A long list is shown page by page, with how many there are."""

from foundation import database
from foundation.paging import page_of, page_of_rows
from schools.models import Student
from schools.queries import students_visible_to
from tests import make
from tests.people import Cast, actor


def test_a_page_says_where_it_stands_and_a_number_outside_is_the_nearest_end(
    people: Cast,
) -> None:
    with database.writing() as session:
        for n in range(5):
            make.student(session, klass=people.klass_1, name=f"学生{n}")
    query = students_visible_to(actor(people.counselor)).order_by(Student.id)
    with database.reading() as session:
        last = page_of(session, query, 99, size=3)
        first = page_of(session, query, -1, size=3)
        pairs = page_of_rows(session, query.with_only_columns(Student.id, Student.name), 2, size=3)
    assert (len(first.rows), first.number, first.pages, first.total) == (3, 1, 3, 8)
    assert (len(last.rows), last.number) == (2, 3)
    assert [name for _id, name in pairs] == ["学生0", "学生1", "学生2"]
