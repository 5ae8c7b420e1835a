"""A roster is previewed, carried out and taken back through the pages."""

import io
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from foundation import clock, database, outbox
from foundation.spreadsheets import write_xlsx
from schools.models import Guardian, Klass, RosterImport, RosterRow, Student, StudentIdentifier
from schools.roster import actions as roster_actions
from schools.roster import commit as roster_commit
from tests import make, people
from tests.people import Cast, sign_in
from tests.schools.make_files import citizen

FILES = Path(__file__).with_name("files")
HEADER = ("学号", "姓名", "性别", "出生日期", "班级", "身份证号", "监护人", "监护人电话")


@pytest.fixture
def cast(app: object) -> Cast:
    with database.writing() as session:
        return people.cast(session)


@pytest.fixture
def admin(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.school_admin)


def upload(client: FlaskClient, cast: Cast, data: bytes, name: str = "名单.xlsx") -> object:
    form = {"organisation": cast.school.id, "file": (io.BytesIO(data), name)}
    return client.post("/roster", data=form, content_type="multipart/form-data")


def book(*rows: tuple[object, ...]) -> bytes:
    return write_xlsx(HEADER, rows)


def preview(client: FlaskClient, cast: Cast, data: bytes) -> str:
    answer = upload(client, cast, data)
    assert answer.status_code == 303, answer.get_data(as_text=True)[:3000]
    return str(answer.location)


def students(cast: Cast) -> dict[str, Student]:
    with database.reading() as session:
        rows = session.scalars(select(Student).where(Student.school_id == cast.school.id))
        return {student.name: student for student in rows}


def last_import() -> RosterImport:
    with database.reading() as session:
        return session.scalars(select(RosterImport).order_by(RosterImport.id.desc())).first()


def registered(cast: Cast) -> list[tuple[object, ...]]:
    """The rows under which the school's students are known already."""
    names = {"lin": "七年级1班", "zhou": "七年级1班", "wu": "七年级2班"}
    return [
        (getattr(cast, who).student_number, getattr(cast, who).name, "", "", klass, "", "", "")
        for who, klass in names.items()
    ]


def new_rows() -> list[tuple[object, ...]]:
    return [
        (
            "20269001",
            "张𬭸",
            "男",
            "2013-03-05",
            "七年级1班",
            citizen("20130305", 21),
            "张母",
            "13900000001",
        ),
        ("20269002", "阿依古丽•买买提", "女", "", "七年级3班", "", "", ""),
    ]


def test_a_preview_changes_nothing_and_counts_by_kind(admin: FlaskClient, cast: Cast) -> None:
    before = set(students(cast))
    where = preview(admin, cast, book(*registered(cast), *new_rows()))
    page = admin.get(where).get_data(as_text=True)
    assert "会新建 1 个班级：七年级 3班" in page
    assert set(students(cast)) == before
    counts = last_import().counts
    assert (counts["new"], counts["unchanged"], counts["leaving"]) == (2, 3, 0)


def test_carrying_out_adds_students_with_pinyin_numbers_and_guardians(
    admin: FlaskClient, cast: Cast
) -> None:
    where = preview(admin, cast, book(*registered(cast), *new_rows()))
    assert admin.post(where + "/commit").status_code == 303
    zhang, ayi = students(cast)["张𬭸"], students(cast)["阿依古丽·买买提"]
    assert (ayi.pinyin, ayi.initials) == ("ayigulimaimaiti", "ayglmmt")
    assert zhang.klass_id == cast.klass_1.id
    with database.reading() as session:
        number = session.scalars(
            select(StudentIdentifier).where(StudentIdentifier.student_id == zhang.id)
        ).one()
        guardian = session.scalars(select(Guardian).where(Guardian.student_id == zhang.id)).one()
    assert number.value == citizen("20130305", 21)
    assert (guardian.name, guardian.phone) == ("张母", "13900000001")
    assert last_import().state == "committed"


def test_a_new_class_joins_the_grade_that_the_school_calls_otherwise(
    admin: FlaskClient, cast: Cast
) -> None:
    row = ("20269009", "甲乙", "", "", "初一（9）班", "", "", "")
    where = preview(admin, cast, book(row))
    admin.post(where + "/commit")
    made = students(cast)["甲乙"]
    with database.reading() as session:
        room = session.get_one(Klass, made.klass_id)
    assert (room.name, room.grade_id) == ("9班", cast.klass_1.grade_id)


def test_changes_moves_and_leaving_are_carried_out_and_undone(
    admin: FlaskClient, cast: Cast
) -> None:
    rows = registered(cast)
    lin, zhou, wu = rows
    moved = (*zhou[:4], "七年级2班", *zhou[5:])
    renamed = (lin[0], "林晓禾", *lin[2:])
    where = preview(admin, cast, book(renamed, moved, wu))
    assert admin.post(where + "/commit").status_code == 303
    after = students(cast)
    assert after["林晓禾"].pinyin == "linxiaohe"
    assert after["周一帆"].klass_id == cast.klass_2.id
    assert admin.post(where + "/undo").status_code == 303
    again = students(cast)
    assert again["林小禾"].pinyin != ""
    assert again["周一帆"].klass_id == cast.klass_1.id


def klasses(cast: Cast) -> set[str]:
    with database.reading() as session:
        rows = session.scalars(select(Klass).where(Klass.school_id == cast.school.id))
        return {f"{klass.grade.name}{klass.name}" for klass in rows}


def test_the_classes_that_an_import_opened_go_with_it(admin: FlaskClient, cast: Cast) -> None:
    before = klasses(cast)
    lin, *others = registered(cast)
    moved = (*lin[:4], "八年级1班", *lin[5:])
    where = preview(admin, cast, book(moved, *others, *new_rows()))
    admin.post(where + "/commit")
    assert klasses(cast) == before | {"七年级3班", "八年级1班"}
    admin.post(where + "/undo")
    assert klasses(cast) == before
    assert "八年级" not in admin.get("/students").get_data(as_text=True)


def test_an_opened_class_that_somebody_needs_stays_and_the_page_says_why(
    admin: FlaskClient, cast: Cast
) -> None:
    where = preview(admin, cast, book(*registered(cast), *new_rows()))
    admin.post(where + "/commit")
    with database.writing() as session:
        opened = session.scalars(select(Klass).where(Klass.name == "3班")).one()
        teacher = make.user(session, name="新班主任")
        make.role(session, of=teacher, role=people.Role.HOMEROOM, at=cast.school, klass=opened)
    admin.post(where + "/undo")
    assert "七年级3班" in klasses(cast)
    assert "七年级 3班：有班主任、联系人或邀请" in admin.get(where).get_data(as_text=True)


def test_who_is_missing_from_a_class_in_the_file_leaves_but_keeps_his_record(
    admin: FlaskClient, cast: Cast
) -> None:
    where = preview(admin, cast, book(registered(cast)[0]))
    assert "不在名单里" in admin.get(where + "?kind=leaving").get_data(as_text=True)
    admin.post(where + "/commit", data={"scope": "whole"})
    assert students(cast)["周一帆"].status == "left"
    assert students(cast)["吴晓晓"].status == "enrolled", "his class is not in the file"


def test_what_changed_since_the_preview_is_not_overwritten(admin: FlaskClient, cast: Cast) -> None:
    lin, *others = registered(cast)
    where = preview(admin, cast, book((lin[0], "林晓禾", *lin[2:]), *others))
    with database.writing() as session:
        session.get_one(Student, cast.lin.id).version += 1
    admin.post(where + "/commit")
    assert "林小禾" in students(cast)
    assert last_import().counts["review"] == 1
    assert "请重新上传核对" in admin.get(where).get_data(as_text=True)


def test_a_number_taken_since_the_preview_makes_no_second_student(
    admin: FlaskClient, cast: Cast
) -> None:
    rows = book(*registered(cast), *new_rows())
    first, second = preview(admin, cast, rows), preview(admin, cast, rows)
    admin.post(first + "/commit")
    admin.post(second + "/commit")
    with database.reading() as session:
        twice = session.scalars(select(Student).where(Student.student_number == "20269001")).all()
    assert len(twice) == 1


def test_an_import_with_answers_cannot_be_undone(admin: FlaskClient, cast: Cast) -> None:
    where = preview(admin, cast, book(*registered(cast), *new_rows()))
    admin.post(where + "/commit")
    with database.writing() as session:
        zhang = session.scalars(select(Student).where(Student.name == "张𬭸")).one()
        campaign = make.campaign(session, school=cast.school, klasses=[cast.klass_1])
        make.consent(session, to=campaign, by=zhang)
    answer = admin.post(where + "/undo")
    assert answer.status_code == 422
    assert "不能撤销" in answer.get_data(as_text=True)
    assert "张𬭸" in students(cast)


def test_after_seven_days_an_import_stays(admin: FlaskClient, cast: Cast) -> None:
    where = preview(admin, cast, book(*registered(cast), *new_rows()))
    admin.post(where + "/commit")
    with database.writing() as session:
        made = session.scalars(select(RosterImport)).one()
        made.committed_at = clock.now() - timedelta(days=8)
    assert admin.post(where + "/undo").status_code == 409


def test_the_users_own_file_comes_back_with_one_column_more(admin: FlaskClient, cast: Cast) -> None:
    bad = ("", "=HYPERLINK(1)", "火星", "", "七年级1班", "", "", "")
    where = preview(admin, cast, book(*registered(cast), bad))
    answer = admin.get(where + "/file")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    rows = list(sheet.values)
    assert rows[0][:8] == HEADER
    assert rows[0][9] == "处理结果"
    assert "性别：这里请填：男、女。" in rows[4][9]
    assert sheet["B5"].data_type == "s", "text stays text"


@pytest.mark.parametrize(
    "name", ["renamed-program.xlsx", "bomb.xlsx", "macro.xlsx", "empty.csv", "no-header.csv"]
)
def test_a_wrong_file_is_refused_in_words_and_nothing_is_stored(
    admin: FlaskClient, cast: Cast, name: str
) -> None:
    answer = upload(admin, cast, (FILES / name).read_bytes(), name)
    assert answer.status_code == 422
    assert last_import() is None


def test_another_schools_file_is_refused_and_nothing_is_stored(
    admin: FlaskClient, cast: Cast
) -> None:
    with database.writing() as session:
        senior = make.grade(session, school=cast.school, name="高一")
        for name in ("1班", "2班"):
            room = make.klass(session, school=cast.school, grade=senior, name=name)
            for n in range(20):
                make.student(session, klass=room, name=f"生{'甲' * (n + 1)}")
    answer = upload(admin, cast, (FILES / "other-school.xlsx").read_bytes())
    assert answer.status_code == 422
    assert "像是别的学校" in answer.get_data(as_text=True)
    assert last_import() is None


def test_a_file_that_names_another_school_is_refused(admin: FlaskClient, cast: Cast) -> None:
    data = write_xlsx(("学校", "学号", "姓名", "班级"), [("海棠中学", "1", "甲乙", "七年级1班")])
    answer = upload(admin, cast, data)
    assert answer.status_code == 422
    assert "海棠中学" in answer.get_data(as_text=True)


def test_a_class_turned_over_needs_the_tick(admin: FlaskClient, cast: Cast) -> None:
    with database.writing() as session:
        for n in range(12):
            make.student(session, klass=cast.klass_1, name=f"生{'乙' * (n + 1)}")
    where = preview(admin, cast, book(*registered(cast)))
    whole = {"scope": "whole"}
    assert admin.post(where + "/commit", data=whole).status_code == 422
    assert last_import().state == "previewed"
    assert admin.post(where + "/commit", data=whole | {"confirmed": "y"}).status_code == 303


def test_uploaded_rows_are_unreadable_in_the_database_and_gone_after_30_days(
    admin: FlaskClient, cast: Cast
) -> None:
    preview(admin, cast, book(*registered(cast)))
    with database.reading() as session:
        raw = session.connection().exec_driver_sql("SELECT cells, wanted FROM roster_row").all()
    assert raw
    assert not any("林小禾".encode() in bytes(cell) for row in raw for cell in row)
    roster_actions.remove_upload({"import_id": last_import().id}, "key")
    with database.reading() as session:
        assert session.scalars(select(RosterRow)).all() == []


def test_a_county_uploads_one_file_for_its_schools(client: FlaskClient, cast: Cast) -> None:
    with database.writing() as session:
        viewer = make.user(session, name="县级")
        make.role(session, of=viewer, role=people.Role.COUNTY_VIEWER, at=cast.county)
        second = make.organisation(session, name="碧水中学", under=cast.county)
    sign_in(client, viewer)
    rows = [("青山中学", *row[:5]) for row in registered(cast)] + [
        ("碧水中学", "1", "甲乙", "", "", "八年级1班"),
        ("外县中学", "2", "丙丁", "", "", "八年级1班"),
    ]
    data = write_xlsx(("学校", *HEADER[:5]), rows)
    form = {"organisation": cast.county.id, "file": (io.BytesIO(data), "全县.xlsx")}
    answer = client.post("/roster", data=form, content_type="multipart/form-data")
    assert answer.status_code == 303
    assert "没有找到这所学校" in client.get(answer.location + "?kind=refused").get_data(
        as_text=True
    )
    client.post(answer.location + "/commit")
    with database.reading() as session:
        made = session.scalars(select(Student).where(Student.school_id == second.id)).one()
    assert made.name == "甲乙"


def test_another_schools_import_does_not_exist_for_me(
    client: FlaskClient, admin: FlaskClient, cast: Cast
) -> None:
    where = preview(admin, cast, book(*registered(cast)))
    sign_in(client, cast.other_counselor)
    for path in (where, where + "/file"):
        assert client.get(path).status_code == 404
    for verb in ("commit", "cancel", "undo"):
        assert client.post(f"{where}/{verb}").status_code == 404


def test_an_abandoned_preview_keeps_no_row(admin: FlaskClient, cast: Cast) -> None:
    where = preview(admin, cast, book(*registered(cast)))
    assert admin.post(where + "/cancel").status_code == 303
    with database.reading() as session:
        assert session.scalars(select(RosterRow)).all() == []
    assert admin.post(where + "/commit").status_code == 409


def test_a_large_roster_is_carried_out_by_the_worker(
    admin: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster_commit, "AT_ONCE", 1)
    where = preview(admin, cast, book(*registered(cast), *new_rows()))
    assert admin.post(where + "/commit").status_code == 303
    assert "正在后台导入：已处理 0 / 2 行" in admin.get(where).get_data(as_text=True)
    assert admin.post(where + "/cancel").status_code == 409, "it was asked for already"
    outbox.drain()
    assert "张𬭸" in students(cast)
    assert last_import().state == "committed"
    outbox.HANDLERS[roster_commit.COMMIT](
        {"import_id": last_import().id, "user_id": cast.school_admin.id}, "again"
    )
    assert len(students(cast)) == 5, "a repeated delivery changes nothing"


def test_an_interrupted_import_goes_on_where_it_stopped(
    admin: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster_commit, "SLICE", 1)
    where = preview(admin, cast, book(*registered(cast), *new_rows()))
    usual, calls = roster_commit._Slice.run, []

    def failing(part: object) -> None:
        calls.append(part)
        if len(calls) == 2:
            raise RuntimeError("power cut")
        usual(part)

    monkeypatch.setattr(roster_commit._Slice, "run", failing)
    with pytest.raises(RuntimeError):
        roster_commit.carry_out(by=people.actor(cast.school_admin), import_id=last_import().id)
    assert len(students(cast)) == 4
    monkeypatch.setattr(roster_commit._Slice, "run", usual)
    assert admin.post(where + "/commit").status_code == 303
    assert len(students(cast)) == 5
