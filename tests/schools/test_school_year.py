"""A new school year: classes go up with their people, the last ones graduate, nobody is lost."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import select

from accounts.policy import Role
from foundation import clock, database
from schools.models import Grade, Klass, StaffRole, Student
from schools.year import rules
from tests import make
from tests.people import Cast, cast, sign_in
from tests.schools.test_roster_import import book, last_import, preview, upload
from tests.support.pages import CheckedClient

AUTUMN = datetime(2026, 9, 10, 9, 0, tzinfo=clock.SHANGHAI)
SUMMER = datetime(2027, 8, 25, 9, 0, tzinfo=clock.SHANGHAI)


@pytest.fixture
def people(app: object) -> Iterator[Cast]:
    """青山中学 a year ago: the cast in grade seven, Xu in grade nine; now it is August."""
    with clock.frozen(AUTUMN), database.writing() as session:
        found = cast(session)
        nine = make.grade(session, school=found.school, name="九年级")
        room = make.klass(session, school=found.school, grade=nine, name="1班")
        make.student(session, klass=room, name="许毕业", student_number="2024001")
        teacher = make.user(session, name="毕业班班主任", username="nine")
        make.role(session, of=teacher, role=Role.HOMEROOM, at=found.school, klass=room)
    with clock.frozen(SUMMER):
        yield found


@pytest.fixture
def admin(client: CheckedClient, people: Cast) -> CheckedClient:
    sign_in(client, people.school_admin)
    return client


def grades(people: Cast) -> dict[str, int]:
    with database.reading() as session:
        rows = session.scalars(select(Grade).where(Grade.school_id == people.school.id))
        return {grade.name: grade.id for grade in rows}


def up(people: Cast) -> dict[str, str | int]:
    now = grades(people)
    chosen = {f"grade-{now['七年级']}": "八年级", f"grade-{now['九年级']}": rules.GRADUATE}
    return {"organisation": people.school.id, "confirmed": "y", **chosen}


def student(name: str) -> Student:
    with database.reading() as session:
        return session.scalars(select(Student).where(Student.name == name)).one()


def test_the_page_proposes_the_next_grade_and_what_graduates(
    admin: CheckedClient, people: Cast
) -> None:
    page = admin.get("/school-year").text
    assert "2027-2028 学年" in page
    assert '<option value="八年级" selected>' in page
    now = grades(people)
    ninth = page.partition(f'name="grade-{now["九年级"]}"')[2].partition("</select>")[0]
    assert f'<option value="{rules.GRADUATE}" selected>' in ninth


def test_a_class_goes_up_with_its_students_and_its_teacher(
    admin: CheckedClient, people: Cast
) -> None:
    assert admin.post("/school-year", data=up(people)).status_code == 303
    assert set(grades(people)) == {"八年级", "2027届九年级"}
    assert "2027-2028 学年" in admin.get("/school-year").text
    lin = student(people.lin.name)
    assert (lin.id, lin.klass_id, lin.status) == (people.lin.id, people.klass_1.id, "enrolled")
    with database.reading() as session:
        assert session.get_one(Klass, people.klass_1.id).grade.name == "八年级"
        held = select(StaffRole).where(StaffRole.user_id == people.homeroom.id)
        assert session.scalars(held).one().ended_at is None


def test_who_graduates_keeps_his_record_and_his_teachers_role_ends(
    admin: CheckedClient, people: Cast
) -> None:
    admin.post("/school-year", data=up(people))
    xu = student("许毕业")
    assert xu.status == "graduated"
    with database.reading() as session:
        room = session.get_one(Klass, xu.klass_id)
        assert not room.active
        role = session.scalars(select(StaffRole).where(StaffRole.klass_id == room.id)).one()
        assert role.ended_at is not None
    sign_in(admin, people.counselor)
    assert "2027届九年级" not in admin.get("/campaigns/new").text
    assert "许毕业" in admin.get("/students?left=1").text


def test_it_is_done_once_and_needs_the_tick(admin: CheckedClient, people: Cast) -> None:
    form = up(people)
    refused = admin.post("/school-year", data=form | {"confirmed": ""})
    assert refused.status_code == 422
    assert "勾选确认" in refused.text
    assert admin.post("/school-year", data=form).status_code == 303
    assert admin.post("/school-year", data=form).status_code == 409


def test_two_grades_never_get_one_name(admin: CheckedClient, people: Cast) -> None:
    with clock.frozen(AUTUMN), database.writing() as session:
        eight = make.grade(session, school=people.school, name="八年级")
        make.klass(session, school=people.school, grade=eight)
    refused = admin.post("/school-year", data=up(people))
    assert refused.status_code == 422
    assert "两个年级都叫“八年级”" in refused.text
    both = up(people) | {f"grade-{grades(people)['八年级']}": "九年级"}
    assert admin.post("/school-year", data=both).status_code == 303
    assert set(grades(people)) == {"八年级", "九年级", "2027届九年级"}


def test_a_school_that_joined_this_summer_has_nothing_to_move(
    admin: CheckedClient, people: Cast
) -> None:
    with database.writing() as session:
        for each in session.scalars(select(Student)):
            each.created_at = clock.now()
    page = admin.get("/school-year").text
    assert "现在还不用升级" in page
    assert 'name="confirmed"' not in page
    assert admin.post("/school-year", data=up(people)).status_code == 409


def test_it_can_be_taken_back_within_seven_days(admin: CheckedClient, people: Cast) -> None:
    before = grades(people)
    admin.post("/school-year", data=up(people))
    form = {"organisation": people.school.id}
    assert admin.post("/school-year/undo", data=form).status_code == 303
    assert grades(people) == before
    xu = student("许毕业")
    assert xu.status == "enrolled"
    with database.reading() as session:
        assert session.get_one(Klass, xu.klass_id).active
        role = session.scalars(select(StaffRole).where(StaffRole.klass_id == xu.klass_id)).one()
        assert role.ended_at is None
    assert admin.post("/school-year", data=up(people)).status_code == 303, "and done again"


def test_it_is_not_taken_back_over_the_new_years_classes(
    admin: CheckedClient, people: Cast
) -> None:
    admin.post("/school-year", data=up(people))
    where = preview(admin, people, book(("2027001", "新生", "女", "", "七年级1班", "", "", "")))
    admin.post(where + "/commit", data={"confirmed": "y"})
    refused = admin.post("/school-year/undo", data={"organisation": people.school.id})
    assert refused.status_code == 422
    assert "新学年的“七年级”已经建立" in refused.text


def test_another_schools_year_is_not_mine(admin: CheckedClient, people: Cast) -> None:
    form = {"organisation": people.other_school.id, "confirmed": "y"}
    assert admin.get(f"/school-year?organisation={people.other_school.id}").status_code == 404
    assert admin.post("/school-year", data=form).status_code == 404
    assert admin.post("/school-year/undo", data=form).status_code == 404


def many(people: Cast) -> list[tuple[object, ...]]:
    """Twelve more of class 1, and the rows of a list in which all of them are in grade eight."""
    with clock.frozen(AUTUMN), database.writing() as session:
        found = [
            make.student(session, klass=people.klass_1, name=f"生{'子' * (n + 1)}")
            for n in range(12)
        ]
    return [(s.student_number, s.name, "", "", "八年级1班", "", "", "") for s in found]


def test_next_years_roster_before_the_move_is_sent_to_the_move(
    admin: CheckedClient, people: Cast
) -> None:
    rows = many(people)
    refused = upload(admin, people, book(*rows))
    assert refused.status_code == 422
    assert "请先在“新学年”升级" in refused.text
    assert last_import() is None


def test_next_years_roster_after_the_move_knows_everybody(
    admin: CheckedClient, people: Cast
) -> None:
    rows = many(people)
    admin.post("/school-year", data=up(people))
    preview(admin, people, book(*rows, ("2027001", "新生", "女", "", "七年级1班", "", "", "")))
    counts = last_import().counts
    assert (counts["unchanged"], counts["moved"], counts["new"]) == (12, 0, 1)


def test_last_years_roster_after_the_move_asks_first(admin: CheckedClient, people: Cast) -> None:
    rows = [(*row[:4], "七年级1班", *row[5:]) for row in many(people)]
    admin.post("/school-year", data=up(people))
    where = preview(admin, people, book(*rows))
    assert "像是上个学年的名单" in admin.get(where).text
    assert admin.post(where + "/commit").status_code == 422


def test_a_list_that_puts_wrong_grades_right_is_not_sent_away(
    admin: CheckedClient, people: Cast
) -> None:
    """The school began this summer with wrong grades: there is no year to move."""
    rows = many(people)
    with database.writing() as session:
        for each in session.scalars(select(Student)):
            each.created_at = clock.now()
    preview(admin, people, book(*rows))
    assert last_import().counts["moved"] == 12
