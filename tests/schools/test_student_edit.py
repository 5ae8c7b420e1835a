"""One student by hand: enrolled, corrected, moved, left and back; guardians; two people at once."""

from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from foundation import database
from foundation.audit import AuditRow
from schools.models import Guardian, Student, StudentIdentifier
from tests import make
from tests.people import Cast, sign_in
from tests.support.pages import CheckedClient

BLANK = {"pinyin": "", "sex": "", "birth_date": "", "boarding": ""}
NUMBERS = {"xueji": "", "id_card": "", "exam": ""}


@pytest.fixture
def office(client: CheckedClient, people: Cast) -> CheckedClient:
    """The school's administrator."""
    sign_in(client, people.school_admin)
    return client


def form(people: Cast, **values: Any) -> dict[str, Any]:
    usual = {"name": "新同学", "klass": people.klass_1.id, "student_number": "S-1"}
    return BLANK | NUMBERS | usual | values


def words(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def student(student_id: int) -> Student:
    with database.reading() as session:
        return session.get_one(Student, student_id)


def saved(people: Cast, **values: Any) -> dict[str, Any]:
    """The edit form of Lin as the page shows it, with some fields changed."""
    lin = student(people.lin.id)
    shown = {
        "version": lin.version,
        "name": lin.name,
        "klass": lin.klass_id,
        "student_number": lin.student_number,
        "birth_date": lin.birth_date.isoformat() if lin.birth_date else "",
        "sex": {"f": "女", "m": "男", None: ""}[lin.sex],
    }
    return BLANK | NUMBERS | shown | values


def test_a_newcomer_is_added_with_a_rare_name_and_found_by_pinyin(
    office: CheckedClient, people: Cast
) -> None:
    answer = office.post(
        "/students/new", data=form(people, name="㛃 𬭚·阿依", student_number="Ｓ88")
    )
    assert answer.status_code == 303
    with database.reading() as session:
        added = session.scalars(select(Student).where(Student.student_number == "S88")).one()
        events = set(session.scalars(select(AuditRow.event)))
    assert added.name == "㛃𬭚·阿依"
    assert added.klass_id == people.klass_1.id
    assert added.status == "enrolled"
    assert "student.added" in events


def test_the_pinyin_of_a_name_with_two_readings_can_be_written(
    office: CheckedClient, people: Cast
) -> None:
    office.post("/students/new", data=form(people, name="曾乐", pinyin="Zeng Yue"))
    assert "曾乐" in words(office.get("/students?q=zengyue"))
    assert "曾乐" in words(office.get("/students?q=zy"))
    with database.reading() as session:
        yue = session.scalars(select(Student).where(Student.name == "曾乐")).one()
    fields = form(people, name="曾乐", version=yue.version, exam="K-1")
    assert office.post(f"/students/{yue.id}/edit", data=fields).status_code == 303
    assert student(yue.id).pinyin == "zengyue"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": "王?明"}, "生僻字在保存时丢失"),
        ({"name": ""}, "请输入姓名"),
        ({"id_card": "110105201303079999"}, "身份证号的校验位不对"),
        ({"birth_date": "2031-02-30"}, "看不懂这个日期"),
        ({"student_number": ""}, "至少要填一项"),
        ({"klass": 99999}, "这个选项不对"),
    ],
)
def test_the_rules_of_a_roster_file_hold_on_the_page(
    office: CheckedClient, people: Cast, values: dict[str, Any], sentence: str
) -> None:
    answer = office.post("/students/new", data=form(people, **values))
    assert answer.status_code == 422
    assert sentence in words(answer)
    with database.reading() as session:
        assert session.scalars(select(Student).where(Student.name == "新同学")).all() == []


def test_who_is_on_the_roster_already_is_not_added_again(
    office: CheckedClient, people: Cast
) -> None:
    number = people.wu.student_number
    answer = office.post("/students/new", data=form(people, name="吴晓晓", student_number=number))
    assert answer.status_code == 422
    assert "本校名单里已有这名学生（七年级 2班）" in words(answer)


def test_a_student_is_corrected_and_moved_with_the_fields_in_the_audit(
    office: CheckedClient, people: Cast
) -> None:
    answer = office.post(
        f"/students/{people.lin.id}/edit",
        data=saved(people, name="林晓禾", klass=people.klass_2.id, boarding="住校", exam="K-77"),
    )
    assert answer.status_code == 303
    lin = student(people.lin.id)
    assert (lin.name, lin.klass_id, lin.boarding) == ("林晓禾", people.klass_2.id, True)
    assert lin.initials == "lxh"
    with database.reading() as session:
        exam = session.scalars(select(StudentIdentifier)).one()
        row = session.scalars(select(AuditRow).where(AuditRow.event == "student.edited")).one()
    assert (exam.kind, exam.value) == ("exam", "K-77")
    assert row.details == {"fields": ["boarding", "exam", "klass", "name"]}


def test_a_number_left_blank_stays_and_shows_its_ends_only(
    office: CheckedClient, people: Cast
) -> None:
    office.post(f"/students/{people.lin.id}/edit", data=saved(people, exam="2026070088"))
    office.post(f"/students/{people.lin.id}/edit", data=saved(people))
    page = words(office.get(f"/students/{people.lin.id}/edit"))
    assert "202…0088" in page
    assert "2026070088" not in page


def test_another_students_number_is_refused_by_name(office: CheckedClient, people: Cast) -> None:
    number = people.wu.student_number
    answer = office.post(
        f"/students/{people.lin.id}/edit", data=saved(people, student_number=number)
    )
    assert answer.status_code == 422
    assert "这个号码是 吴*晓（七年级 2班）的" in words(answer)


def test_of_two_people_who_edit_at_once_the_second_is_told_and_loses_nothing(
    office: CheckedClient, people: Cast
) -> None:
    first, second = saved(people, name="林一"), saved(people, name="林二")
    office.post(f"/students/{people.lin.id}/edit", data=first)
    answer = office.post(f"/students/{people.lin.id}/edit", data=second)
    assert answer.status_code == 409
    assert "有人刚刚修改了这名学生的资料" in words(answer)
    assert 'value="林二"' in words(answer)
    assert student(people.lin.id).name == "林一"


def test_leaving_is_registered_and_taken_back(office: CheckedClient, people: Cast) -> None:
    address = f"/students/{people.lin.id}"
    version = {"version": student(people.lin.id).version}
    assert office.post(f"{address}/leave", data=version | {"why": "left"}).status_code == 303
    assert student(people.lin.id).status == "left"
    assert office.post(f"{address}/leave", data=version).status_code == 409
    assert office.post(f"{address}/return", data={"version": 0}).status_code == 409
    version = {"version": student(people.lin.id).version}
    assert office.post(f"{address}/return", data=version).status_code == 303
    assert student(people.lin.id).status == "enrolled"
    office.post(
        f"{address}/leave",
        data={"version": student(people.lin.id).version, "why": "graduated"},
    )
    assert student(people.lin.id).status == "graduated"


def guardian_fields(guardian_id: int, people: Cast, **values: Any) -> dict[str, Any]:
    usual = {"name": "林妈妈", "relation": "母亲", "phone": "139 1234 5678", "status": "present"}
    sent = usual | {"version": student(people.lin.id).version} | values
    return {f"guardian{guardian_id}-{name}": value for name, value in sent.items()}


def test_a_guardian_is_added_and_gets_a_new_number(office: CheckedClient, people: Cast) -> None:
    address = f"/students/{people.lin.id}/guardians"
    assert office.post(address, data=guardian_fields(0, people)).status_code == 303
    with database.reading() as session:
        kept = session.scalars(select(Guardian)).one()
    assert (kept.name, kept.phone) == ("林妈妈", "13912345678")
    wrong = office.post(
        f"{address}/{kept.id}", data=guardian_fields(kept.id, people, phone="1391234")
    )
    assert wrong.status_code == 422
    assert "手机应为 11 位" in words(wrong)
    right = guardian_fields(kept.id, people, phone="0571-88001234", status="absent")
    assert office.post(f"{address}/{kept.id}", data=right).status_code == 303
    with database.reading() as session:
        kept = session.scalars(select(Guardian)).one()
    assert (kept.phone, kept.status) == ("0571-88001234", "absent")


def test_a_guardian_suspected_of_harm_keeps_that_mark(office: CheckedClient, people: Cast) -> None:
    with database.writing() as session:
        harm = make.guardian(session, of=people.lin, status="suspected")
    address = f"/students/{people.lin.id}/guardians/{harm.id}"
    assert office.post(address, data=guardian_fields(harm.id, people)).status_code == 303
    with database.reading() as session:
        assert session.get_one(Guardian, harm.id).status == "suspected"


def test_only_who_keeps_the_roster_may_do_it_and_only_at_home(
    client: CheckedClient, people: Cast
) -> None:
    for user, status in (
        (people.counselor, 200),
        (people.school_admin, 200),
        (people.school_lead, 404),
        (people.homeroom, 404),
        (people.other_counselor, 404),
        (people.city_viewer, 404),
    ):
        answer = sign_in(client, user).get(f"/students/{people.lin.id}/edit")
        assert answer.status_code == status, user.username
    foreign = sign_in(client, people.counselor).post(
        "/students/new", data=form(people, klass=people.other_klass.id)
    )
    assert foreign.status_code == 422
